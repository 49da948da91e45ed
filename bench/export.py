#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How long an export takes and how much memory, beside pandas' own and beside the original's way, in one run.

Use: bench/export.py [BINARY [HOURS]]; a month is generated first, 8760 hours for a year, unless build/bench-HOURSh has it.

The original read document after document out of MongoDB into dicts and made a DataFrame of them; here the documents come
from a file of text, one by one, so what a MongoDB and its network take is not in it. They are those of a month at the most: a
year of them would not fit into the memory of many a computer. Loading is the least of three, in turns.
"""
import json
import resource
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
import rig  # pylint: disable=wrong-import-position

PYTHON = "/usr/bin/python3"
MOST_DOCUMENTS = 30 * 86400
LOAD = ("import sys; sys.path.insert(0, 'python'); import fithome, pandas as pd\n"
        "data = fithome.MonitorData(data=sys.argv[1])\n")
WAYS = {
    "the store to pandas, `to_pickle` of pandas": ("pandas.pkl.zip", LOAD + "data.readings().to_pickle(sys.argv[2])"),
    "the store to pandas, `MonitorData.to_pickle`": ("monitor_data.pkl.zip", LOAD + "data.to_pickle(sys.argv[2])"),
    "documents one by one, as the original": ("original.pkl.zip", (
        "import itertools, sys, pandas as pd\n"
        "def documents():\n"
        f"    for line in itertools.islice(sys.stdin, {MOST_DOCUMENTS} + 1):\n"
        "        time, active, reactive, _ = line.split(',')\n"
        "        if time != 'time': yield {'_id': time, 'Pa': float(active), 'Pr': float(reactive)}\n"
        "frame = pd.DataFrame.from_records(documents())\n"
        "frame.index = pd.to_datetime(frame.pop('_id'), utc=True)\n"
        "frame.to_pickle(sys.argv[2])")),
}


READ = "import sys, time, pandas as pd; begin = time.process_time(); pd.read_pickle(sys.argv[1]); print(time.process_time() - begin)"


def of_process(process, what):
    """VmRSS or VmHWM of a process, in MB; 0 of one that has ended."""
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith(what):
            return int(line.split()[1]) / 1024
    return 0


def measured(command, **kwargs):
    """Seconds, of them of a processor, and the most memory it had at once, in MB.

    Looked at fifty times a second: what wait4 tells is never less than this program's own.
    """
    begin, used, most = time.monotonic(), processor_seconds_of_children(), 0
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, **kwargs) as child:
        while child.poll() is None:
            most = max(most, of_process(child, "VmHWM"))
            time.sleep(0.02)
    if child.returncode != 0:
        sys.exit(f"{command}: status {child.returncode}")
    return time.monotonic() - begin, processor_seconds_of_children() - used, most


def processor_seconds_of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def report(way, file, seconds, of_processor, memory):
    print(f"| {way} | {seconds:.1f} | {of_processor:.1f} | {memory:.0f} | {file.stat().st_size / 1e6:.1f} |", flush=True)


def report_loading(files):
    """In turns, for the machine may be busier for one than for the other."""
    times = {file: [] for file in files}
    for file in files * 3:
        done = subprocess.run([PYTHON, "-c", READ, file], capture_output=True, text=True, check=True)
        times[file].append(float(done.stdout))
    print("\n| `pandas.read_pickle` of | s of a processor |\n|---|---|")
    for file, all_of_it in times.items():
        print(f"| `{file.name}` | {min(all_of_it):.2f} ({', '.join(f'{one:.2f}' for one in all_of_it)}) |", flush=True)


def made_by_daemon(binary, data, names):
    """What the same takes of the daemon's memory, when it is asked over HTTP while it measures."""
    port = rig.free_port()
    with subprocess.Popen([binary, "run", "--demo", "--listen", f"127.0.0.1:{port}", "--data", data], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True) as daemon:
        for line in daemon.stdout:
            if "http://" in line:
                break
        base = f"http://127.0.0.1:{port}/api/v1"
        time.sleep(5)
        print("\n| the daemon makes it while it measures | MB before | most meanwhile | s |\n|---|---|---|---|")
        for name in names:
            before, begin = of_process(daemon, "VmRSS"), time.monotonic()
            Path(f"/proc/{daemon.pid}/clear_refs").write_text("5")  # the peak begins anew
            while True:
                with urllib.request.urlopen(f"{base}/export/{name}?channels=Pa,Pr") as answer:
                    if answer.status == 200:
                        break
                    json.load(answer)
                time.sleep(0.2)
            print(f"| `{name}` | {before:.1f} | {of_process(daemon, 'VmHWM'):.1f} | {time.monotonic() - begin:.1f} |", flush=True)
        with urllib.request.urlopen(f"{base}/status") as answer:
            status = json.load(answer)
        print(f"\nThe latest tick came {status['late_worst_s'] * 1000:.1f} ms late, {status['late_ticks']} more than it may.")
        daemon.terminate()


def main():
    binary = sys.argv[1] if len(sys.argv) > 1 else ROOT / "build/release/fithome"
    hours = sys.argv[2] if len(sys.argv) > 2 else "720"
    folder = ROOT / "build" / f"bench-{hours}h"
    data = folder / "data"
    if not data.exists():
        subprocess.run([binary, "run", "--demo", "--listen", "127.0.0.1:0", "--data", data, "--start", "2026-09-01T00:00:00Z",
                        "--speed", "max", "--for", f"{hours}h"], check=True, capture_output=True)
    print(f"{hours} hours, a reading a second\n\n| way | s | of a processor | MB of memory | MB of file |\n|---|---|---|---|---|")
    for name, channels in (("aggregate.pkl.zip", "Pa,Pr"), ("two.csv", "Pa,Pr"), ("two.parquet", "Pa,Pr"), ("all.csv", "all"),
                           ("all.parquet", "all"), ("all.csv.gz", "all"), ("all.npz", "all")):
        file = folder / name
        report(f"`fithome export -o {name} --channels {channels}`", file,
               *measured([binary, "export", "--data", data, "-o", file, "--channels", channels]))
    for way, (name, program) in WAYS.items():
        with open(folder / "two.csv") as documents:
            report(way, folder / name, *measured([PYTHON, "-c", program, data, folder / name], stdin=documents))
    report_loading([folder / "aggregate.pkl.zip", folder / "pandas.pkl.zip"])
    made_by_daemon(binary, data, ("aggregate.pkl.zip", "two.csv", "two.parquet"))


if __name__ == "__main__":
    main()
