# SPDX-License-Identifier: MIT
"""Calibrates a running daemon and takes it back: no reading and no count is lost by it."""
import json
import unittest

import rig
from rig import run, until


class CalibratingARunningDaemon(rig.Case):
    def setUp(self):
        super().setUp()
        self.running = self.daemon("--demo", "--data", self.data)
        until(lambda: self.stored() >= 2, "readings")

    def stored(self):
        return self.running.json("/api/v1/status")["readings"]

    def calibrate(self, *args, check=True):
        return run("calibrate", *args, "--data", self.data, check=check)

    def stop(self):
        status, _, err = self.running.stop()
        self.assertEqual(status, 0, err)

    def test_loses_no_reading_and_no_count_and_is_undone(self):
        before = json.loads(self.calibrate("show", "--json").stdout)["settings"]
        missed = self.running.json("/api/v1/status")["missed"]
        done = json.loads(self.calibrate("voltage", "--line", "a", "--reference", "125", "--json", "--note",
                                         "by the test").stdout)[0]
        self.assertTrue(done["applied"])
        self.assertLess(abs(done["error_after"]), 0.01)  # the demo's mains wander
        after = json.loads(self.calibrate("show", "--json").stdout)["settings"]
        self.assertEqual(after["lines"]["a"]["voltage_gain"], done["after"]["voltage_gain"])
        self.assertEqual(after["lines"]["c"], before["lines"]["c"])

        self.calibrate("undo")
        self.assertEqual(json.loads(self.calibrate("show", "--json").stdout)["settings"], before)
        count = self.stored()
        until(lambda: self.stored() > count + 1, "readings after it")
        self.assertEqual(self.running.json("/api/v1/status")["missed"], missed)
        self.stop()
        self.assert_no_hole(self.readings(), 1)

        history = json.loads(self.calibrate("history", "--json").stdout)
        self.assertEqual([h["kind"] for h in history], ["configuration", "voltage", "undo"])
        self.assertEqual(history[1]["undone_by"], history[2]["id"])
        self.assertEqual(history[1]["note"], "by the test")
        self.assertEqual([h["first_sequence"] for h in history],
                         sorted(h["first_sequence"] for h in history))

    def test_it_is_still_in_effect_after_a_restart(self):
        self.calibrate("voltage", "--line", "a", "--reference", "125", "--yes")
        gains = json.loads(self.calibrate("show", "--json").stdout)
        self.stop()
        again = self.daemon("--demo", "--data", self.data)
        until(lambda: again.json("/api/v1/status")["readings"] >= 1, "readings")
        self.assertEqual(json.loads(self.calibrate("show", "--json").stdout), gains)

    def test_what_cannot_be_is_refused_and_nothing_changes(self):
        refused = self.calibrate("voltage", "--line", "a", "--reference", "12", "--yes", check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("12", refused.stderr)
        unsaid = self.calibrate("voltage", "--yes", check=False)
        self.assertNotEqual(unsaid.returncode, 0)
        self.assertIn("--reference", unsaid.stderr)
        history = json.loads(self.calibrate("history", "--json").stdout)
        self.assertEqual([h["kind"] for h in history], ["configuration"])

    def test_the_totals_are_set_to_the_utilitys_meter(self):
        run("ledger", "set", "--import", "4711.5", "--yes", "--data", self.data)
        energy = self.running.json("/api/v1/energy")
        until(lambda: self.running.json("/api/v1/energy")["net"]["import_wh"] >= 4_711_500, "the total")
        energy = self.running.json("/api/v1/energy")
        self.assertLess(energy["net"]["import_wh"], 4_711_600)
        self.assertLess(energy["today"]["net"]["import_wh"], 1000, "a correction is no consumption")
        events = self.running.json("/api/v1/status")["events"]
        self.assertTrue(any(e["kind"] == "ledger_set" and "4711.5" in e["cause"] for e in events), events)
        self.stop()
        self.assertGreaterEqual(self.energy()["net"]["import_wh"], 4_711_500)

    def test_the_totals_are_set_without_a_daemon_too(self):
        self.stop()
        run("ledger", "set", "--import", "17", "--line", "a", "--yes", "--data", self.data)
        line = self.energy()["lines"]["a"]
        self.assertEqual(line["import_wh"], 17_000)
        self.assertGreater(line["corrected_import_wh"], 16_000)


class CalibratingOneOfSeveralMeters(rig.Case):
    CONFIG = """house = "mains + solar"

[[meter]]
name = "mains"

[[meter]]
name = "solar"
device = "/dev/spidev0.1"
"""

    def test_leaves_the_others_alone_and_the_house_is_their_sum_still(self):
        file = self.folder / "fithome.toml"
        file.write_text(self.CONFIG)
        where = ("--config", file, "--data", self.data)
        daemon = self.daemon("--demo", *where)
        until(lambda: daemon.json("/api/v1/status")["readings"] >= 4, "readings")

        def gain(meter):
            shown = run("calibrate", "show", "--json", "--meter", meter, *where).stdout
            return json.loads(shown)["settings"]["lines"]["a"]["voltage_gain"]

        before = {name: gain(name) for name in ("mains", "solar")}
        done = json.loads(run("calibrate", "voltage", "--line", "a", "--reference", "125", "--json", "--meter", "solar",
                              *where).stdout)[0]
        self.assertEqual(gain("mains"), before["mains"])
        self.assertEqual(gain("solar"), done["after"]["voltage_gain"])
        self.assertNotEqual(gain("solar"), before["solar"])

        run("ledger", "set", "--import", "4711", "--yes", *where)
        status, _, err = daemon.stop()
        self.assertEqual(status, 0, err)
        energy = json.loads(run("energy", "--json", *where).stdout)
        self.assertGreaterEqual(energy["house"]["import_wh"], 4_711_000)
        self.assertLess(max(each["net"]["import_wh"] for each in energy["meters"]), 1000)
        unknown = run("calibrate", "voltage", "--meter", "attic", "--reference", "120", "--yes", *where, check=False)
        self.assertNotEqual(unknown.returncode, 0)
        self.assertIn("attic", unknown.stderr)


if __name__ == "__main__":
    unittest.main()
