# SPDX-License-Identifier: MIT
"""The same binary on /dev/spidevX.Y: here a file that answers the kernel's spidev calls.

`fithome sim` puts a simulated chip and house behind such a file.
"""
import json
import signal
import time
import unittest

import rig


class Device(rig.Case):
    def setUp(self):
        super().setUp()
        self.device = self.folder / "spidev0.0"
        self.device.touch()
        self.chip = self.simulated_meter(self.device, args=["--house", "generated:5"]).process
        self.config = self.folder / "fithome.toml"
        self.config.write_text(f'[[meter]]\nname = "mains"\ndevice = "{self.device}"\n'
                               "[meter.line.a]\nvoltage_gain = 37106\ncurrent_gain = 25000\n"
                               "[meter.line.c]\nvoltage_gain = 37106\ncurrent_gain = 25000\n")

    def start(self):
        return self.daemon("--data", self.data, "--config", self.config)

    def test_a_meter_is_read_through_the_kernels_interface(self):
        daemon = self.start()
        reading = daemon.live(3)[-1]
        status = daemon.json("/api/v1/status")
        daemon.stop()

        self.assertIn(str(self.device), status["device"])
        self.assertFalse(status["simulated"])
        self.assertEqual(status["faults"], [])
        self.assertNotIn("simulated", reading["flags"])
        self.assertTrue(110 < reading["u_a"] < 130, reading)
        self.assertTrue(59 < reading["f"] < 61, reading)
        self.assertAlmostEqual(reading["p"], reading["p_a"] + reading["p_c"], delta=0.1)

    def test_what_was_calibrated_without_a_daemon_is_what_doctor_and_daemon_go_on_with(self):
        here = ("--data", self.data, "--config", self.config)
        daemon = self.start()
        before = daemon.live(2)[-1]["u_a"]
        daemon.stop()

        rig.run("calibrate", "voltage", "--line", "a", "--reference", f"{before * 1.05:.2f}", "--yes", *here)
        doctor = json.loads(rig.run("doctor", "--json", *here, check=False).stdout)
        gain = rig.run("chip", "read", "UgainA", *here).stdout
        daemon = self.start()
        after = daemon.live(2)[-1]["u_a"]
        starts = [event["cause"] for event in daemon.json("/api/v1/status")["events"] if event["kind"] == "start"]
        daemon.stop()

        self.assertAlmostEqual(after / before, 1.05, delta=0.01)
        self.assertNotIn("37106", gain)
        self.assertNotIn("0x90F2", gain, "the file's gain was not put back")
        self.assertIn("nothing was lost", starts[0], "the chip counted on through all of it")
        grades = {finding["check"]: finding["grade"] for finding in doctor["findings"]}
        self.assertEqual((grades["chip"], grades["settings"]), ("good", "good"), doctor)

    def test_energy_flows_on_while_the_daemon_is_dead(self):
        daemon = self.start()
        daemon.live(3)
        daemon.stop(signal.SIGKILL)
        before = self.energy()
        time.sleep(3)  # the chip counts on by itself: that is what is tested
        daemon = self.start()
        starts = lambda: [event["cause"] for event in daemon.json("/api/v1/status")["events"] if event["kind"] == "start"]
        rig.until(lambda: len(starts()) == 2, "the second start to be stored")
        started = starts()
        daemon.live(2)
        daemon.stop()

        self.assertIn("nothing was lost", started[0])
        rows = self.readings("--from", "-1h", "--channels", "p_a")
        watts = abs(float(rows[-1]["p_a"]))
        gained = sum(self.energy()["lines"]["a"][way] - before["lines"]["a"][way] for way in ("import_wh", "export_wh"))
        self.assertGreater(gained, watts * 3 / 3600 * 0.5, "the three dead seconds are in the ledger")

    def test_a_bus_that_hangs_for_a_while_is_a_gap_and_no_wrong_reading(self):
        daemon = self.start()
        daemon.live(2)
        self.chip.send_signal(signal.SIGSTOP)  # every transfer hangs
        time.sleep(2.5)
        self.chip.send_signal(signal.SIGCONT)
        late = daemon.live(2)[-1]
        self.assertTrue(110 < late["u_a"] < 130)
        status = daemon.json("/api/v1/status")
        daemon.stop()
        self.assertGreaterEqual(status["missed"] + status["late_ticks"], 1)
        self.assertEqual(status["chip_resets"], 0)


if __name__ == "__main__":
    unittest.main()
