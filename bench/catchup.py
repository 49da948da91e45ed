#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How late a meter is read, and how large the daemon grows, while days that a MongoDB missed catch up.

Use: bench/catchup.py [BINARY [HOURS]]; 30 hours unless told. The server, nx-27017 of PyPI, runs on the same processors, in Python,
with nice 10: it is another computer in a house. Goal: 20 ms late at most, no reading missed, memory flat.
"""
import os
import sys
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
import mongo_rig  # pylint: disable=wrong-import-position
import rig  # pylint: disable=wrong-import-position


def resident(process):
    """In MB."""
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024


class CatchUp(mongo_rig.Case):
    def test_it(self):
        self.fill()
        os.setpriority(os.PRIO_PROCESS, self.server.process.pid, 10)
        begin, sizes = time.monotonic(), []
        daemon = self.measure(self.config())
        while (sink := self.sink(daemon))["state"] != "up_to_date":
            time.sleep(0.5)
            sizes.append(resident(daemon.process))
        took, status = time.monotonic() - begin, daemon.json("/api/v1/status")
        daemon.stop()
        print(f"\n{sink['delivered']} readings in {took:.1f} s, {sink['delivered'] / took:.0f} a second, {sink['failures']} failures\n"
              f"latest tick {status['late_worst_s'] * 1000:.1f} ms, {status['late_ticks']} later than they may, "
              f"{status['missed']} missed\n"
              f"resident {sizes[0]:.1f} MB at first, {max(sizes):.1f} at most, {sizes[-1]:.1f} at last")


if __name__ == "__main__":
    rig.BINARY = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "build/release/fithome")
    mongo_rig.HOURS = int(sys.argv[2]) if len(sys.argv) > 2 else 30
    unittest.main(argv=sys.argv[:1])
