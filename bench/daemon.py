#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Start-up and memory of the daemon, as a house would see them.

    bench/daemon.py [BINARY] [--hours N]

Starts the demo, takes the time from exec to the first stored reading (five times); then measures a minute in real time and
tells how far its last reading is from where the first and its number say (drift) and the latest tick; then runs an hour
(unless told) of a house at sixty times its pace and reads the resident memory at its end.
"""
import argparse
import json
import pathlib
import re
import statistics
import subprocess
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[1]
PACE = 60


def start(binary, data, *args):
    process = subprocess.Popen([binary, "run", "--demo", "--listen", "127.0.0.1:0", "--data", data, *args],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    for line in process.stdout:
        if found := re.search(r"http://\S+/", line):
            return process, found.group(0)
    raise SystemExit("the daemon did not start")


def status(url):
    with urllib.request.urlopen(url + "api/v1/status") as answer:
        return json.load(answer)


def memory(pid):
    """Resident bytes: all, and those that are the process's own."""
    fields = {}
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if value.endswith(" kB"):
            fields[name] = int(value.split()[0]) * 1024
    return fields["VmRSS"], fields["RssAnon"]


def first_reading(binary):
    with tempfile.TemporaryDirectory() as data:
        begin = time.monotonic()
        process, url = start(binary, data)
        while status(url)["readings"] == 0:
            time.sleep(0.005)
        took = time.monotonic() - begin
        process.terminate()
        process.wait()
        return took


def drift(binary):
    """Of a minute: readings, ms that the last is off the first and its number, ms that the latest tick was late."""
    with tempfile.TemporaryDirectory() as data:
        process, url = start(binary, data)
        while status(url)["readings"] <= 60:
            time.sleep(0.1)
        late = status(url)["late_worst_s"]
        with urllib.request.urlopen(url + "api/v1/readings?from=-1h&channels=p") as answer:
            stamps = [row[0] for row in json.load(answer)["rows"]][1:]  # the very first comes before its tick
        process.terminate()
        process.wait()
    return len(stamps), (stamps[-1] - stamps[0]) - 1000 * (len(stamps) - 1), 1000 * late


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("binary", nargs="?", default=ROOT / "build/release/fithome")
    options.add_argument("--hours", type=float, default=1)
    told = options.parse_args()

    took = [first_reading(told.binary) for _ in range(5)]
    print(f"first stored reading after {statistics.median(took):.2f} s (median of 5; worst {max(took):.2f} s; goal 2 s)")

    count, off, late = drift(told.binary)
    print(f"{count} readings in real time: the last {off} ms off the first and its number (goal 0), the latest tick {late:.1f} ms late")

    with tempfile.TemporaryDirectory() as data:
        process, url = start(told.binary, data, "--speed", str(PACE))
        end = time.monotonic() + told.hours * 3600 / PACE
        while time.monotonic() < end:
            time.sleep(1)
            with urllib.request.urlopen(url) as page:  # somebody looks at the page meanwhile
                page.read()
            with urllib.request.urlopen(url + "api/v1/readings?from=-1h&every=10s") as chart:
                chart.read()
        resident, own = memory(process.pid)
        now = status(url)
        process.terminate()
        process.wait()
    print(f"after {told.hours:g} h of readings ({now['readings']} stored, {now['missed']} missed at pace {PACE}): "
          f"{resident / 1e6:.1f} MB resident, {own / 1e6:.1f} MB of it its own (goal 12 MB resident)")


if __name__ == "__main__":
    main()
