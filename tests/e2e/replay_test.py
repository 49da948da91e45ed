# SPDX-License-Identifier: MIT
"""What goes in as known watts comes out of the chip, the driver and the store as those watts."""
import csv
import datetime
import unittest

import rig


def table(file, **how):
    with open(file, encoding="utf-8") as text:
        return list(csv.DictReader(text, **how))


def stamp(time):
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z")


class Replay(rig.Case):
    def within(self, measured, true, what):
        self.assertLessEqual(abs(measured - true), 0.5 + 0.001 * abs(true), what)

    def test_every_second_of_the_appliances_comes_back(self):
        file = rig.shared_data("appliances-1hz/main.csv")
        rows = table(file)
        rig.run("run", "--listen", "127.0.0.1:0", "--data", self.data, "--house", f"csv:{file}", "--speed", "max",
                "--house-columns", "time=Timestamp,p_a=Active (W),q_a=Reactive (W)")

        readings = self.readings("--from", "2022-11-22T00:00Z")

        self.assertEqual(len(readings), len(rows))
        for row, reading in zip(rows, readings):
            time = datetime.datetime.fromisoformat(row["Timestamp"])
            self.assertEqual(reading["time"], stamp(time))
            for channel, column in (("p", "Active (W)"), ("p_a", "Active (W)"), ("q", "Reactive (W)"), ("q_a", "Reactive (W)")):
                self.within(float(reading[channel]), float(row[column]), f"{channel} at {time}")
        true_wh = sum(float(row["Active (W)"]) for row in rows) / 3600
        energy = self.energy()
        for measured in (energy["net"], energy["counted"], energy["lines"]["a"]):
            self.assertLess(abs(measured["import_wh"] / true_wh - 1), 0.002)
            self.assertEqual(measured["export_wh"], 0)

    def test_every_minute_of_a_household_comes_back_as_the_mean_of_its_readings(self):
        file = rig.shared_data("household-1min/household_power_consumption.txt")
        rows = table(file, delimiter=";")
        rig.run("run", "--listen", "127.0.0.1:0", "--data", self.data, "--house", f"csv:{file}", "--speed", "max",
                "--house-columns", "time=Date+Time,p_a=Global_active_power*1000,q_a=Global_reactive_power*1000,u_a=Voltage")

        minutes = {}
        for reading in self.readings("--from", "2006-12-01"):
            minutes.setdefault(reading["time"][:16], []).append(reading)

        self.assertEqual(len(minutes), len(rows))
        for row in rows:
            time = datetime.datetime.strptime(row["Date"] + " " + row["Time"], "%d/%m/%Y %H:%M:%S")
            minute = minutes[stamp(time)[:16]]
            self.assertEqual(len(minute), 60)
            for channel, column, factor in (("p", "Global_active_power", 1000), ("q", "Global_reactive_power", 1000)):
                mean = sum(float(reading[channel]) for reading in minute) / 60
                self.within(mean, float(row[column]) * factor, f"{channel} at {time}")
            self.within(sum(float(reading["u_a"]) for reading in minute) / 60, float(row["Voltage"]), "u_a")
        true_wh = sum(float(row["Global_active_power"]) * 1000 for row in rows) / 60
        self.assertLess(abs(self.energy()["net"]["import_wh"] / true_wh - 1), 0.002)


if __name__ == "__main__":
    unittest.main()
