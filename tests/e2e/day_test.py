# SPDX-License-Identifier: MIT
"""A generated day through the real daemon: nothing missing, nothing twice, energy as the power says."""
import collections
import unittest

import rig


class Day(rig.Case):
    def test_a_day_at_one_hertz_is_kept_whole(self):
        rig.run("run", "--demo", "--listen", "127.0.0.1:0", "--data", self.data, "--house", "generated:7",
                "--start", "2026-06-01T00:00:00Z", "--speed", "max", "--for", "24h")

        times = 0
        power = collections.Counter()
        previous = ""
        for reading in self.readings("--from", "2026-05-31", "--channels", "p,p_a,p_c"):
            self.assertGreater(reading["time"], previous)
            previous = reading["time"]
            self.assertEqual(reading["flags"], "simulated")
            times += 1
            for channel in ("p", "p_a", "p_c"):
                watts = float(reading[channel])
                power[channel, "import_wh" if watts > 0 else "export_wh"] += abs(watts) / 3600
        self.assertEqual(times, 86_400)
        self.assertEqual(previous, "2026-06-01T23:59:59.000Z")

        energy = self.energy()
        self.assertEqual(energy["time"], previous)
        for way in ("import_wh", "export_wh"):
            for channel, ledger in (("p", energy["net"]), ("p_a", energy["lines"]["a"]), ("p_c", energy["lines"]["c"])):
                # A second's sample stands for the second here; the exact integral is tests/day_test.cc's.
                self.assertLess(abs(ledger[way] / power[channel, way] - 1), 0.01, (channel, way))
        counted = energy["counted"]
        for way in ("import_wh", "export_wh"):
            self.assertAlmostEqual(counted[way], energy["lines"]["a"][way] + energy["lines"]["c"][way], places=3)
            self.assertGreaterEqual(counted[way] + 1, energy["net"][way], "netting can only lessen both")

    def test_the_same_seed_is_the_same_day(self):
        days = []
        for run in ("one", "two"):
            self.data = self.folder / run
            rig.run("run", "--listen", "127.0.0.1:0", "--data", self.data, "--house", "generated:3",
                    "--start", "2026-03-01T06:00:00Z", "--speed", "max", "--for", "10m")
            days.append(self.readings("--from", "2026-03-01"))
        self.assertEqual(len(days[0]), 600)
        self.assertEqual(days[0], days[1])


if __name__ == "__main__":
    unittest.main()
