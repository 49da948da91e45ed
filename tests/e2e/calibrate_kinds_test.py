# SPDX-License-Identifier: MIT
"""Current, offset and phase by flags, on the running meter of a house that never changes.

That house stands in the place of the reference: a reference that says 5 % more is a gain that is 5 % off.
"""
import json
import math
import unittest

import rig
from rig import run, until

INTERVAL = 5  # seconds of the simulation: long, so that one lost count of energy would show
SPEED = 20


class CalibratingASteadyHouse(rig.Case):
    def start(self, **columns):
        self.running = self.daemon(*self.steady_house(**columns), "--speed", SPEED,
                                   env={"FITHOME_INTERVAL": str(INTERVAL)})
        until(lambda: self.status()["readings"] >= 3, "readings")
        self.missed = self.status()["missed"]

    def status(self):
        return self.running.json("/api/v1/status")

    def calibrate(self, *args, check=True):
        return run("calibrate", *args, "--data", self.data, check=check)

    def apply(self, *args):
        done = json.loads(self.calibrate(*args, "--json").stdout)[0]
        self.assertTrue(done["applied"])
        return done

    def line(self, name):
        of = json.loads(self.calibrate("show", "--json").stdout)["settings"]["lines"][name]
        self.assertEqual((of.pop("reversed"), of.pop("current_scale")), (False, 1))
        return of

    def settled(self):
        """A reading whose whole window has the settings of now."""
        return self.running.live(3)[-1]

    def assert_error(self, reading, truth, most=0.001):
        self.assertLess(abs(reading / truth - 1), most, (reading, truth))

    def assert_history(self, *kinds):
        history = json.loads(self.calibrate("history", "--json").stdout)
        self.assertEqual([each["kind"] for each in history], ["configuration", *kinds])
        return history

    def assert_nothing_was_lost(self, *events):
        status = self.status()
        self.assertEqual((status["missed"], status["chip_resets"]), (self.missed, 0))
        self.assertEqual({event["kind"] for event in status["events"]}, {"start", "calibration", *events})
        stopped, _, err = self.running.stop()
        self.assertEqual(stopped, 0, err)
        rows = self.readings("--from", "2026-06-01T12:00Z", "--channels", "p,p_a")
        self.assert_no_hole(rows, INTERVAL)
        # All that the readings show was counted; but what flowed before the first of them is not shown.
        shown = sum(float(after["p"]) * (rig.seconds(after["time"]) - rig.seconds(before["time"])) / 3600
                    for before, after in zip(rows, rows[1:]))
        counted = self.energy()["counted"]["import_wh"]
        one_interval = float(rows[-1]["p"]) * INTERVAL / 3600
        # In the interval of a change a part is counted with either gain: less than a quarter in all.
        self.assertAlmostEqual(counted, shown, delta=one_interval / 4)

    def test_a_current_by_amperes_then_by_watts_and_back_to_the_last_digit(self):
        self.start(p_a=1500, p_c=900, u_a=120, u_c=120)
        before = self.line("a")
        self.assert_error(self.settled()["i_a"], 12.5)

        done = self.apply("current", "--line", "a", "--reference", 12.5 * 1.05, "--note", "clamp")
        shown = self.settled()
        self.assert_error(shown["i_a"], 12.5 * 1.05)
        self.assert_error(shown["p_a"], 1500 * 1.05)
        self.assert_error(shown["i_c"], 7.5)
        self.assertAlmostEqual(done["error"], -0.05 / 1.05, delta=0.001)
        self.assertLess(abs(done["error_after"]), 0.001)
        self.assertLess(done["in_doubt"], 0.001)
        self.assertLessEqual(abs(shown["i_a"] / (12.5 * 1.05) - 1), abs(done["error_after"]) + done["in_doubt"] + 2e-4,
                             "the error that was stated")

        self.apply("current", "--line", "a", "--watts", 1400)
        self.assert_error(self.settled()["p_a"], 1400)
        self.calibrate("undo", "--yes")
        self.assertEqual(self.line("a"), done["after"])
        self.calibrate("undo", "--yes")
        self.assertEqual(self.line("a"), before)
        self.assert_error(self.settled()["i_a"], 12.5)
        history = self.assert_history("current", "current", "undo", "undo")
        self.assertEqual(history[1]["note"], "clamp")
        self.assertEqual([each.get("undone_by") for each in history[1:3]], [history[4]["id"], history[3]["id"]])
        self.assert_nothing_was_lost()

    def test_fifteen_volts_and_five_percent_off_are_a_thousandth_in_one_pass(self):
        self.start(p_a=1500, p_c=900, u_a=105, u_c=105)
        self.calibrate("voltage", "--reference", 120, "--yes")
        for line, watts in (("a", 1500), ("c", 900)):
            real = watts * 120 / 105 * 0.95
            self.calibrate("current", "--line", line, "--watts", real, "--yes")
            shown = self.settled()
            self.assert_error(shown[f"u_{line}"], 120)
            self.assert_error(shown[f"p_{line}"], real)
        self.assert_history("voltage", "voltage", "current", "current")
        self.assert_nothing_was_lost("sag")

    def test_an_offset_is_what_a_line_shows_while_nothing_flows(self):
        self.start(p_a=1500, p_c=1.2, i_c=0.011, u_a=120, u_c=120)
        self.assertAlmostEqual(self.settled()["p_c"], 1.2, delta=0.05)

        done = self.apply("offset", "--line", "c")
        shown = self.settled()
        self.assertLess(shown["i_c"], 0.002)
        self.assertLess(abs(shown["p_c"]), 0.02)
        self.assert_error(shown["p_a"], 1500)
        self.assertEqual(self.line("c"), done["after"])
        self.assertNotEqual(done["before"], done["after"])

        self.calibrate("undo", "--yes")
        self.assertEqual(self.line("c"), done["before"])
        self.assertAlmostEqual(self.settled()["p_c"], 1.2, delta=0.05)
        self.assert_history("offset", "undo")
        self.assert_nothing_was_lost()

    def test_a_transformer_that_turns_the_phase_is_put_right_by_a_plain_load(self):
        self.start(p_a=1500, q_a=50, p_c=900, u_a=120, u_c=120)  # 1.9 degrees
        self.assertAlmostEqual(self.settled()["q_a"], 50, delta=1)

        done = self.apply("phase", "--line", "a")
        shown = self.settled()
        step = 1500 * math.radians(0.01055)  # var; half of it is the best there can be
        self.assertLess(abs(shown["q_a"]), step)
        self.assert_error(shown["p_a"], math.hypot(1500, 50))
        self.assertNotEqual(self.line("a")["phase_delay"], 0)

        self.calibrate("undo", "--yes")
        self.assertEqual(self.line("a"), done["before"])
        self.assertAlmostEqual(self.settled()["q_a"], 50, delta=1)
        self.assert_history("phase", "undo")
        self.assert_nothing_was_lost()

    def test_what_is_no_basis_for_it_is_refused_and_nothing_changes(self):
        self.start(p_a=1500, q_a=1500, p_c=50, u_a=120, u_c=120)
        for args, why in ((("current", "--line", "a", "--watts", 1500), "power factor"),
                          (("current", "--line", "a", "--reference", 1), "-fold, which is another part"),
                          (("current", "--line", "a", "--reference", 0.1), "too little"),
                          (("offset", "--line", "a"), "offset"),
                          (("phase", "--line", "c"), "too little"),
                          (("undo",), "no calibration to undo")):
            refused = self.calibrate(*args, "--yes", check=False)
            self.assertNotEqual(refused.returncode, 0, args)
            self.assertIn(why, refused.stderr)
        self.assert_history()


if __name__ == "__main__":
    unittest.main()
