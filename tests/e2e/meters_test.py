# SPDX-License-Identifier: MIT
"""Several meters on the real binary: sampled as one, told apart, added up to the house."""
import json
import unittest

import rig

CONFIG = """house = "mains - solar.roof"

[[meter]]
name = "mains"

[[meter]]
name = "solar"
device = "/dev/spidev0.1"
wiring = "single_phase"
[meter.line.a]
name = "roof"
"""


class Meters(rig.Case):
    def run_day(self, config, start, duration):
        file = self.folder / "fithome.toml"
        file.write_text(config)
        rig.run("run", "--demo", "--config", file, "--data", self.data, "--listen", "127.0.0.1:0",
                "--start", start, "--speed", "max", "--for", duration)

    def powers(self, meter):
        return {row["time"]: float(row["p"]) for row in self.readings("--from", "2026-06-21", "--meter", meter)}

    def test_all_are_read_at_one_instant_and_the_house_is_the_stated_sum(self):
        self.run_day(CONFIG, "2026-06-21", "30m")
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
            self.run_day(CONFIG, start, "10m")
        energy = self.energy()
        net = {each["meter"]: each["net"]["import_wh"] - each["net"]["export_wh"] for each in energy["meters"]}
        house = energy["house"]["import_wh"] - energy["house"]["export_wh"]
        # Up to 0.32 Wh of each sum waits for its sign.
        self.assertAlmostEqual(house, net["mains"] - net["solar"], delta=1)
        self.assertEqual(len(self.powers("solar")), 3 * 600)

    def test_a_history_stays_with_its_name_however_the_meters_are_turned_round(self):
        self.run_day(CONFIG, "2026-06-21T08:00Z", "2m")
        before = self.powers("solar")
        head, mains, solar = CONFIG.split("[[meter]]")
        self.run_day("[[meter]]".join([head, solar, mains]), "2026-06-21T08:10Z", "2m")
        after = self.powers("solar")
        self.assertLessEqual(before.items(), after.items())
        self.assertEqual(len(after), 240)

    def test_a_meter_renamed_with_formerly_keeps_its_history_and_one_that_left_its_readings(self):
        self.run_day(CONFIG, "2026-06-21T08:00Z", "2m")
        renamed = CONFIG.replace('name = "solar"', 'name = "pv"\nformerly = "solar"').replace("solar.roof", "pv.roof")
        self.run_day(renamed, "2026-06-21T08:10Z", "2m")
        self.assertEqual(len(self.powers("pv")), 240)

        self.run_day('[[meter]]\nname = "mains"\n', "2026-06-21T08:20Z", "2m")
        self.assertEqual(len(self.powers("mains")), 360)
        self.assertEqual(len(self.powers("pv")), 240)

    def test_what_is_wrong_with_a_sum_is_shown_at_its_place(self):
        file = self.folder / "fithome.toml"
        file.write_text(CONFIG.replace("solar.roof", "car"))
        done = rig.run("config", "check", file, check=False)
        self.assertEqual(done.returncode, 78)
        self.assertIn("fithome.toml:1:18: house: ", done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
