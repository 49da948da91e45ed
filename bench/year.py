#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A store with a year in it, as a house would ask it.

    bench/year.py DIRECTORY [BINARY]

DIRECTORY holds a year's store that has ended by now; it is copied first, beside it. Asks for `fithome status`, for a
year as 974 points by the API, for the kWh of its days, all of them warm and with the store's pages thrown out of the
cache, and reads the daemon's memory while it makes an export of the year, fetched by HTTP. The least and the median of
several rounds.
"""
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

from daemon import ROOT, memory, start

ROUNDS = 9


def forget(folder):
    """The kernel's copies of these files, and of no other's."""
    for file in filter(pathlib.Path.is_file, pathlib.Path(folder).iterdir()):
        with open(file, "rb") as handle:
            os.fsync(handle.fileno())
            os.posix_fadvise(handle.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def timed(work, before=lambda: None):
    took = []
    for _ in range(ROUNDS):
        before()
        begin = time.monotonic()
        work()
        took.append(1e3 * (time.monotonic() - begin))
    return f"{min(took):.1f} ms, median {statistics.median(took):.1f}"


def fetch(url):
    """The size of the answer, once it is ready."""
    with urllib.request.urlopen(url) as answer:
        if answer.status == 202:
            answer.read()
            time.sleep(0.5)
            return fetch(url)
        size = 0
        while some := answer.read(1 << 20):
            size += len(some)
        return size


def most_memory_while(pid, work):
    """Resident, all and its own, the most there was."""
    most, stop = [memory(pid)], threading.Event()

    def look():
        while not stop.wait(0.05):
            most.append(memory(pid))

    watcher = threading.Thread(target=look)
    watcher.start()
    begin = time.monotonic()
    size = work()
    took = time.monotonic() - begin
    stop.set()
    watcher.join()
    return most[0], max(most), size, took


def main():
    source = pathlib.Path(sys.argv[1])
    binary = sys.argv[2] if len(sys.argv) > 2 else ROOT / "build/release/fithome"
    with tempfile.TemporaryDirectory(dir=source.parent) as data:
        for name in ("readings.db", "journal"):
            shutil.copy(source / name, data)
        run = lambda *words: subprocess.run([binary, *words, "--data", data], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        print(f"fithome status, no daemon: {timed(lambda: run('status'))}; the store cold: "
              f"{timed(lambda: run('status'), lambda: forget(data))} (goal 50)")
        process, url = start(binary, data)
        try:
            for name, target, goal in (("a year in 974 points", "api/v1/readings?from=-365d&every=9h&channels=p", "20, cold 150"),
                                       ("a year in 974 points, all channels", "api/v1/readings?from=-365d&every=9h", ""),
                                       ("the energy", "api/v1/energy", ""), ("the status", "api/v1/status", "")):
                size = fetch(url + target)
                print(f"API, {name} ({size} bytes): {timed(lambda: fetch(url + target))}; cold: "
                      f"{timed(lambda: fetch(url + target), lambda: forget(data))}" + (f" (goal {goal})" if goal else ""))
            for name in ("aggregate.pkl.zip?channels=Pa,Pr", "year.csv?channels=all"):
                before, most, size, took = most_memory_while(process.pid, lambda: fetch(f"{url}api/v1/export/{name}&from=-400d"))
                print(f"API, export/{name}: {size / 1e6:.0f} MB in {took:.0f} s; resident before {before[0] / 1e6:.1f} MB, at most "
                      f"{most[0] / 1e6:.1f} MB, {most[1] / 1e6:.1f} MB of it its own (goal 30)")
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    main()
