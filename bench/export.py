#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How long an export takes and how much memory, beside pandas' own and beside the original's way, in one run.

Use: bench/export.py [BINARY [HOURS]]; a month is generated first, unless build/bench-month has it.

The original read document after document out of MongoDB into dicts and made a DataFrame of them; here the documents come
from memory, one by one, so what a MongoDB and its network take is not in it.
"""
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHON = "/usr/bin/python3"
LOAD = ("import sys; sys.path.insert(0, 'python'); import fithome, pandas as pd\n"
        "data = fithome.MonitorData(data=sys.argv[1])\n")
WAYS = {
    "the store to pandas, `to_pickle` of pandas": LOAD + "data.readings().to_pickle(sys.argv[2])",
    "the store to pandas, `MonitorData.to_pickle`": LOAD + "data.to_pickle(sys.argv[2])",
    "documents one by one, as the original": (
        "import sys, pandas as pd\n"
        "def documents():\n"
        "    for line in sys.stdin:\n"
        "        time, active, reactive, _ = line.split(',')\n"
        "        if time != 'time': yield {'_id': time, 'Pa': float(active), 'Pr': float(reactive)}\n"
        "frame = pd.DataFrame.from_records(documents())\n"
        "frame.index = pd.to_datetime(frame.pop('_id'), utc=True)\n"
        "frame.to_pickle(sys.argv[2])"),
}


def measured(command, **kwargs):
    """Seconds, and the most memory it had at once, in MB."""
    begin = time.monotonic()
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, **kwargs)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{command}: status {child.returncode}")
    return time.monotonic() - begin, used.ru_maxrss / 1024


def report(way, file, seconds, memory):
    print(f"| {way} | {seconds:.1f} | {memory:.0f} | {file.stat().st_size / 1e6:.1f} |", flush=True)


def main():
    binary = sys.argv[1] if len(sys.argv) > 1 else ROOT / "build/release/fithome"
    hours = sys.argv[2] if len(sys.argv) > 2 else "720"
    folder = ROOT / "build" / f"bench-{hours}h"
    data = folder / "data"
    if not data.exists():
        subprocess.run([binary, "run", "--demo", "--listen", "127.0.0.1:0", "--data", data, "--start", "2026-09-01T00:00:00Z",
                        "--speed", "max", "--for", f"{hours}h"], check=True, capture_output=True)
    print(f"{hours} hours, a reading a second\n\n| way | s | MB of memory | MB of file |\n|---|---|---|---|")
    for name, channels in (("aggregate.pkl.zip", "Pa,Pr"), ("two.csv", "Pa,Pr"), ("two.parquet", "Pa,Pr"), ("all.parquet", "all"),
                           ("all.csv.gz", "all"), ("all.npz", "all")):
        file = folder / name
        report(f"`fithome export -o {name} --channels {channels}`", file,
               *measured([binary, "export", "--data", data, "-o", file, "--channels", channels]))
    for way, program in WAYS.items():
        file = folder / "pandas.pkl.zip"
        with open(folder / "two.csv") as documents:
            report(way, file, *measured([PYTHON, "-c", program, data, file], stdin=documents))


if __name__ == "__main__":
    main()
