# SPDX-License-Identifier: MIT
"""`fithome calibrate wizard`, answered at a terminal by somebody with a heater and a wattmeter."""
import json
import os
import pty
import re
import select
import subprocess
import time
import unittest

import rig
from rig import BINARY, ENVIRONMENT, PATIENCE, run, until

INTERVAL = 5
SPEED = 20
HEATER = 1450  # W, as the scenario has it: on and off again, all day
SCENARIO = "+0s ct a reversed\n" + "".join(f"+{200 + n * 400}s load a {HEATER}W for 200s\n" for n in range(100))


class Terminal:
    """A command at a terminal of its own."""

    def __init__(self, *args):
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen([BINARY, *map(str, args)], stdin=slave, stdout=slave, stderr=slave,
                                        env=ENVIRONMENT | {"TERM": "xterm"})
        os.close(slave)
        self.said = ""
        self.read = 0  # so much of it was waited for

    def expect(self, words):
        """Waits until these words are said, after what was waited for before."""
        end = time.monotonic() + PATIENCE
        while (at := self.said.find(words, self.read)) < 0:
            if time.monotonic() > end or not self.more():
                raise AssertionError(f"waited in vain for {words!r}; it said:\n{self.said}")
        self.read = at + len(words)

    def more(self):
        if not select.select([self.master], [], [], 1)[0]:
            return True
        try:
            new = os.read(self.master, 65536)
        except OSError:  # the other end is closed
            return False
        self.said += new.decode()
        return bool(new)

    def answer(self, question, text=""):
        self.expect(question)
        os.write(self.master, text.encode() + b"\n")

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)

    def end(self):
        while self.more() and self.process.poll() is None:
            pass
        while self.more():
            pass
        return self.process.wait(timeout=PATIENCE)


class TheWizard(rig.Case):
    def setUp(self):
        super().setUp()
        scenario = self.folder / "heater.scenario"
        scenario.write_text(SCENARIO)
        self.running = self.daemon(*self.steady_house(p_a=300, q_a=20, u_a=105), "--wiring", "single_phase",
                                   "--speed", SPEED, "--scenario", scenario, env={"FITHOME_INTERVAL": str(INTERVAL)})
        until(lambda: self.status()["readings"] >= 3, "readings")

    def status(self):
        return self.running.json("/api/v1/status")

    def now(self, channel):
        return self.running.json("/api/v1/now")[channel]

    def calibrate(self, *args):
        return run("calibrate", *args, "--data", self.data).stdout

    def settings(self):
        return json.loads(self.calibrate("show", "--json"))["settings"]

    def switched(self, on):
        """Waits for the moment at which the heater goes on, or off."""
        until(lambda: (self.now("i_a") > 8) != on, "the other state")
        until(lambda: (self.now("i_a") > 8) == on, "the heater")
        self.running.live(1)  # a window that is wholly so

    def test_reaches_a_thousandth_from_fifteen_volts_and_five_percent_and_is_undone(self):
        before = self.settings()
        missed = self.status()["missed"]
        self.assertLess(self.now("p_a"), 0, "the transformer is the wrong way round")
        watts = HEATER * 120 / 105 * 1.05  # what the wattmeter shows of it
        wizard = Terminal("calibrate", "wizard", "--data", self.data, "--note", "Kill-A-Watt")
        self.addCleanup(wizard.close)

        wizard.answer("Which? [as it is]")
        wizard.answer("Volts at an outlet", "120")
        wizard.answer("Solar panels", "n")
        wizard.answer("Transformer of line a")
        wizard.expect("Enter when it is off")
        self.switched(on=False)
        wizard.answer("skip:")
        wizard.expect("Switch it on")
        self.switched(on=True)
        wizard.answer("steady:", f"{watts:.3f}")
        wizard.answer("shows now:", "")
        wizard.expect("Switch it off")
        self.switched(on=False)
        wizard.answer("press Enter.")
        wizard.answer("Turn its sign round in the settings")
        wizard.expect("switch it on once more")
        self.switched(on=True)
        wizard.answer("[skip]", f"{watts:.3f}")
        self.assertEqual(wizard.end(), 0, wizard.said)

        summary = wizard.said[wizard.said.index("So it is now:"):]
        self.assertIn("sign turned round", summary)
        errors = [float(each) for each in re.findall(r"error ([+-][0-9.]+) %", summary)]
        self.assertEqual(len(errors), 2, summary)
        self.assertLess(max(map(abs, errors)), 0.1, summary)
        self.switched(on=False)
        off = self.running.live(2)
        self.switched(on=True)
        on = self.running.live(2)
        self.assertLess(abs(on[-1]["u_a"] / 120 - 1), 0.001)
        self.assertLess(abs((on[-1]["p_a"] - off[-1]["p_a"]) / watts - 1), 0.001, "the heater, as the wattmeter has it")

        history = json.loads(self.calibrate("history", "--json"))
        self.assertEqual([each["kind"] for each in history], ["configuration", "voltage", "direction", "current"])
        self.assertEqual({each["note"] for each in history[1:]}, {"Kill-A-Watt"})
        doctor = json.loads(run("doctor", "--json", "--data", self.data, check=False).stdout)["findings"]
        self.assertEqual([each["grade"] for each in doctor if each["check"] == "transformers"], ["good"], doctor)
        for _ in history[1:]:
            self.calibrate("undo", "--yes")
        self.assertEqual(self.settings(), before)
        status = self.status()
        self.assertEqual((status["missed"], status["chip_resets"]), (missed, 0))
        stopped, _, err = self.running.stop()
        self.assertEqual(stopped, 0, err)
        self.assert_no_hole(self.readings("--from", "2026-06-01T12:00Z"), INTERVAL)

    def test_empty_answers_leave_everything_as_it_is(self):
        before = self.settings()
        answers = self.folder / "answers"
        answers.write_text("\n\n\n\nskip\n")
        said = self.calibrate("wizard", "--answers", answers)
        self.assertIn("So it is now:", said)
        self.assertEqual(said.count("not measured"), 2, said)
        self.assertEqual(self.settings(), before)
        self.assertEqual(len(json.loads(self.calibrate("history", "--json"))), 1)


if __name__ == "__main__":
    unittest.main()
