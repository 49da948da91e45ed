# SPDX-License-Identifier: MIT
"""A disk that is full: nothing that is there goes, what is measured waits, and room makes all well again."""
import os
import subprocess
import unittest

import rig

SPEED = 200  # of a house measured once a second


def may_mount():
    return subprocess.run(["unshare", "-Urm", "true"], capture_output=True).returncode == 0


class FullDisk(rig.Case):
    def setUp(self):
        super().setUp()
        if not may_mount():
            rig.skip("this system lets no test mount a file system")
        self.data.mkdir()

    def begin(self):
        """A daemon whose data directory is a disk of its own, which others see below /proc."""
        small_disk = f'mount -t tmpfs -o size=12m tmpfs {self.data} && exec "$0" "$@"'
        daemon = self.daemon("--data", self.data, "--house", "generated:1", "--speed", SPEED, "--start", "2026-06-01T00:00Z",
                             env=self.lights(), prefix=["unshare", "-Urm", "sh", "-c", small_disk])
        self.inside = f"/proc/{daemon.process.pid}/root{self.data}"
        return daemon

    def fill(self):
        with open(f"{self.inside}/other", "wb", buffering=0) as other:
            for size in (1 << 20, 4096):
                try:
                    while True:
                        other.write(bytes(size))
                except OSError:
                    pass

    def test_what_is_measured_waits_until_there_is_room(self):
        daemon = self.begin()
        faults = lambda: {fault["name"]: fault for fault in daemon.json("/api/v1/status")["faults"]}
        rig.until(lambda: daemon.json("/api/v1/status")["readings"] > 100, "readings")
        self.assertFalse(self.is_lit("red"))
        self.fill()
        rig.until(lambda: "store_failing" in faults(), "the fault")
        self.assertIn("full", faults()["store_failing"]["what"])
        self.assertIn("make room", faults()["store_failing"]["remedy"])
        rig.until(lambda: self.is_lit("red"), "the red light")
        before = daemon.live(1)[0]["time"]
        self.assertGreater(rig.seconds(daemon.live(SPEED)[-1]["time"]), rig.seconds(before), "it is measured on")
        os.remove(f"{self.inside}/other")
        rig.until(lambda: not faults(), "all well again")
        rig.until(lambda: not self.is_lit("red"), "the red light to go out")
        stored = daemon.json("/api/v1/status")["readings"]
        names, *lines = daemon.get("/api/v1/readings?from=2026-06-01T00:00Z&channels=p&format=csv").splitlines()
        rows = [dict(zip(names.split(","), line.split(","))) for line in lines]
        self.assertGreaterEqual(len(rows), stored)
        self.assertEqual(daemon.json("/api/v1/status")["dropped"], 0)
        causes = [event["cause"] for event in daemon.json("/api/v1/events?from=2026-06-01T00:00Z")["events"]]
        self.assertFalse([cause for cause in causes if "store" in cause], "a late tick at this speed may be; a lost one not")
        code, _, said = daemon.stop()
        self.assertEqual(code, 0, said)
        self.assertEqual(said.count("store_failing"), 2, "once when it began, once when it ended")


if __name__ == "__main__":
    unittest.main()
