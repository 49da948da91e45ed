# SPDX-License-Identifier: MIT
"""Several meters on the real binary: sampled as one, told apart, added up to the house."""
import json
import unittest

import rig


class Meters(rig.Case):
    def run_day(self, config, start, duration):
        file = self.folder / "fithome.toml"
        file.write_text(config)
        rig.run("run", "--demo", "--config", file, "--data", self.data, "--listen", "127.0.0.1:0",
                "--start", start, "--speed", "max", "--for", duration)

    def powers(self, meter):
        return {row["time"]: float(row["p"]) for row in self.readings("--from", "2026-06-21", "--meter", meter)}

    def test_all_are_read_at_one_instant_and_the_house_is_the_stated_sum(self):
        self.run_day(rig.SEVERAL_METERS, "2026-06-21", "30m")
        mains, solar, house = (self.powers(name) for name in ("mains", "solar", "house"))
        self.assertEqual(len(mains), 1800)
        self.assertEqual(mains.keys(), solar.keys())
        self.assertEqual(mains.keys(), house.keys())
        for time, power in house.items():
            self.assertAlmostEqual(power, mains[time] - solar[time], places=2, msg=time)

        said = json.loads(rig.run("now", "--data", self.data, "--json").stdout)
        self.assertEqual([meter["meter"] for meter in said["meters"]], ["mains", "solar"])
        self.assertEqual(said["house"]["missing"], [])

    def test_the_houses_energy_is_that_of_its_meters_across_restarts(self):
        for start in ("2026-06-21T08:00Z", "2026-06-21T08:20Z", "2026-06-21T08:40Z"):
            self.run_day(rig.SEVERAL_METERS, start, "10m")
        energy = self.energy()
        net = {each["meter"]: each["net"]["import_wh"] - each["net"]["export_wh"] for each in energy["meters"]}
        house = energy["house"]["import_wh"] - energy["house"]["export_wh"]
        # Up to 0.32 Wh of each sum waits for its sign.
        self.assertAlmostEqual(house, net["mains"] - net["solar"], delta=1)
        self.assertEqual(len(self.powers("solar")), 3 * 600)

    def test_a_history_stays_with_its_name_however_the_meters_are_turned_round(self):
        self.run_day(rig.SEVERAL_METERS, "2026-06-21T08:00Z", "2m")
        before = self.powers("solar")
        head, mains, solar = rig.SEVERAL_METERS.split("[[meter]]")
        self.run_day("[[meter]]".join([head, solar, mains]), "2026-06-21T08:10Z", "2m")
        after = self.powers("solar")
        self.assertLessEqual(before.items(), after.items())
        self.assertEqual(len(after), 240)

    def test_a_meter_renamed_with_formerly_keeps_its_history_and_one_that_left_its_readings(self):
        self.run_day(rig.SEVERAL_METERS, "2026-06-21T08:00Z", "2m")
        renamed = rig.SEVERAL_METERS.replace('name = "solar"', 'name = "pv"\nformerly = "solar"').replace("solar.roof", "pv.roof")
        self.run_day(renamed, "2026-06-21T08:10Z", "2m")
        self.assertEqual(len(self.powers("pv")), 240)

        self.run_day('[[meter]]\nname = "mains"\n', "2026-06-21T08:20Z", "2m")
        self.assertEqual(len(self.powers("mains")), 360)
        self.assertEqual(len(self.powers("pv")), 240)

    def test_what_is_wrong_with_a_sum_is_shown_at_its_place(self):
        file = self.folder / "fithome.toml"
        file.write_text(rig.SEVERAL_METERS.replace("solar.roof", "car"))
        done = rig.run("config", "check", file, check=False)
        self.assertEqual(done.returncode, 78)
        self.assertIn("fithome.toml:1:18: house: ", done.stdout + done.stderr)


def findings(done):
    return json.loads(done.stdout)["findings"]


class LookingAtOneOfThem(rig.Case):
    """`doctor` and `chip`, beside a daemon and without one."""

    def test_the_daemon_is_asked_for_each_by_its_name(self):
        file = self.folder / "fithome.toml"
        file.write_text(rig.SEVERAL_METERS)
        here = ("--config", file, "--data", self.data)
        daemon = self.daemon("--demo", *here)
        rig.until(lambda: daemon.json("/api/v1/status")["readings"] >= 4, "readings")
        rig.run("calibrate", "voltage", "--line", "a", "--reference", "126", "--yes", "--meter", "solar", *here)

        def gain(*which):
            return json.loads(rig.run("chip", "read", "UgainA", "--json", *which, *here).stdout)[0]["word"]

        self.assertEqual(gain(), gain("--meter", "mains"))
        self.assertNotEqual(gain(), gain("--meter", "solar"))
        unknown = rig.run("chip", "dump", "--meter", "attic", *here, check=False)
        self.assertEqual(unknown.returncode, 69)
        self.assertIn("there are mains, solar", unknown.stderr)

        both = findings(rig.run("doctor", "--json", *here, check=False))
        self.assertEqual([(f["meter"], f["grade"]) for f in both if f["check"] == "chip"],
                         [("mains", "good"), ("solar", "good")])
        one = findings(rig.run("doctor", "--json", "--meter", "solar", *here, check=False))
        self.assertEqual({f["meter"] for f in one if "meter" in f}, {"solar"})
        unknown = rig.run("doctor", "--meter", "attic", *here, check=False)
        self.assertEqual(unknown.returncode, 69)
        self.assertIn("it has mains, solar", unknown.stderr)

        other = findings(rig.run("doctor", "--json", "--data", self.data, check=False))
        told = [f["what"] for f in other if f["check"] == "daemon" and f["grade"] == "doubtful"]
        self.assertEqual(told, ["it measures mains, solar, and the configuration names mains"])

    def test_without_a_daemon_each_is_opened_by_its_own_device(self):
        devices = [self.folder / "spidev0.0", self.folder / "spidev0.1"]
        for device in devices:
            device.touch()
        self.simulated_meter(*devices, args=["--house", "generated:5"])
        file = self.folder / "fithome.toml"
        file.write_text("".join(f'[[meter]]\nname = "{name}"\ndevice = "{device}"\n'
                                for name, device in zip(("mains", "solar"), devices)))
        here = ("--config", file, "--data", self.data)

        def held(*which):
            return json.loads(rig.run("chip", "read", "UgainC", "--json", *which, *here).stdout)[0]["word"]

        rig.run("chip", "write", "UgainC", "0x1234", "--yes", "--meter", "solar", *here)
        self.assertEqual(held("--meter", "solar"), 0x1234)
        self.assertNotEqual(held(), 0x1234)

        rig.run("calibrate", "voltage", "--line", "a", "--reference", "126", "--yes", "--meter", "solar", *here)
        rig.run("doctor", *here, check=False)  # configures chips that were not: each as it was calibrated
        gain = lambda name: json.loads(rig.run("chip", "read", "UgainA", "--json", "--meter", name, *here).stdout)[0]
        shown = json.loads(rig.run("calibrate", "show", "--json", "--meter", "solar", *here).stdout)["settings"]
        self.assertEqual(gain("solar")["word"], shown["lines"]["a"]["voltage_gain"])
        self.assertNotEqual(gain("mains")["word"], gain("solar")["word"])

        file.write_text(file.read_text().replace("spidev0.1", "spidev0.7"))
        seen = findings(rig.run("doctor", "--json", *here, check=False))
        grades = {(f["meter"], f["check"]): f["grade"] for f in seen if "meter" in f}
        self.assertEqual(grades["mains", "chip"], "good")
        self.assertEqual(grades["solar", "device"], "bad")
        self.assertNotIn(("solar", "chip"), grades)


if __name__ == "__main__":
    unittest.main()
