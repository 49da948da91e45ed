# SPDX-License-Identifier: MIT
"""A computer without a clock of its own: the real binary on a virtual spidev, its calendar faked.

The calendar jumps while the daemon runs, as when a time server is reached; the machine's own count
goes on. What a reading's time means is in docs/clock.md.
"""
import datetime
import json
import signal
import time
import unittest

import rig


def iso(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def long_ago():
    """In 1970, its seconds beginning when today's do: so that readings go on a second apart when the clock is set."""
    now = datetime.datetime.now(datetime.timezone.utc)
    return now.replace(year=1970, month=1, day=2, hour=0, minute=0, second=0)


class ClockThatJumps(rig.Case):
    def setUp(self):
        super().setUp()
        self.device = self.folder / "spidev0.0"
        self.device.touch()
        self.simulated_meter(self.device, args=["--house", "generated:5"])
        self.config = self.folder / "fithome.toml"
        self.config.write_text(f'[[meter]]\nname = "mains"\ndevice = "{self.device}"\n'
                               "[meter.line.a]\nvoltage_gain = 37106\ncurrent_gain = 25000\n"
                               "[meter.line.c]\nvoltage_gain = 37106\ncurrent_gain = 25000\n")
        self.calendar = self.folder / "calendar"

    def set_clock(self, moment):
        """All calendars that read the file say so from now on; they run on from there."""
        offset = moment - datetime.datetime.now(datetime.timezone.utc)
        fresh = self.folder / "calendar.new"
        fresh.write_text(f"{offset.total_seconds():+.3f}\n")
        fresh.rename(self.calendar)

    def start(self):
        return self.daemon("--data", self.data, "--config", self.config, env={
            "LD_PRELOAD": rig.faketime(), "FAKETIME_TIMESTAMP_FILE": str(self.calendar), "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1"})

    def times(self):
        return [iso(row["time"]) for row in self.rows()]

    def rows(self):
        return self.readings("--from", "2000-01-01", "--to", "2100-01-01", "--channels", "p")

    def events(self, kind):
        out = rig.run("events", "--data", self.data, "--from", "2000-01-01", "--to", "2100-01-01", "--kind", kind, "--json").stdout
        return json.loads(out)["events"]

    def assert_a_second_apart(self, rows):
        """But for those that a busy machine took late, and that say so: they and the next are less than two apart."""
        for before, after in zip(rows, rows[1:]):
            apart = (iso(after["time"]) - iso(before["time"])).total_seconds()
            late = "late" in before["flags"].split() + after["flags"].split()
            self.assertAlmostEqual(apart, 1, delta=1 if late else 0.2, msg=f"{before}, {after}")

    def faults(self, daemon):
        return [fault["name"] for fault in daemon.json("/api/v1/status")["faults"]]

    def test_what_was_measured_before_the_clock_was_set_is_put_right(self):
        self.set_clock(long_ago())
        daemon = self.start()
        unset = daemon.live(3)
        self.assertIn("clock_unset", self.faults(daemon))
        for reading in unset:
            self.assertGreaterEqual(reading["time"], "2024", "no reading is older than the program")
            self.assertIn("clock_unset", reading["flags"])

        now = datetime.datetime.now(datetime.timezone.utc)
        self.set_clock(now)
        rig.until(lambda: "clock_unset" not in self.faults(daemon), "the clock to be believed")
        daemon.live(3)  # the first may be the last of those before
        daemon.stop()

        times = self.times()
        self.assertGreaterEqual(len(times), 5)
        self.assert_a_second_apart(self.rows())
        self.assertLess(abs((times[0] - now).total_seconds()), 60, "those from before were put right, too")
        self.assertEqual(len(self.events("clock_step")), 1)

    def test_a_kill_before_the_clock_is_set_loses_nothing(self):
        self.set_clock(long_ago())
        daemon = self.start()
        daemon.live(3)
        daemon.stop(signal.SIGKILL)
        kept = len(self.times())
        self.assertGreaterEqual(kept, 2)
        time.sleep(3)  # nobody measures: that is what is to be told

        daemon = self.start()
        daemon.live(3)  # here, too, the first may be the last of those before
        now = datetime.datetime.now(datetime.timezone.utc)
        self.set_clock(now)
        rig.until(lambda: "clock_unset" not in self.faults(daemon), "the clock to be believed")
        daemon.live(3)
        daemon.stop()

        times = self.times()
        self.assertEqual(times, sorted(set(times)))
        self.assertGreaterEqual(len(times), kept + 4)
        self.assertLess(abs((times[0] - now).total_seconds()), 60, "the killed run's readings, too")
        self.assertEqual([event["reason"] for event in self.events("outage")], ["killed"])

    def test_a_clock_that_jumps_forward_and_back_breaks_no_order(self):
        now = datetime.datetime.now(datetime.timezone.utc)
        self.set_clock(now)
        daemon = self.start()
        daemon.live(2)
        self.set_clock(now + datetime.timedelta(hours=1))
        daemon.live(3)
        self.set_clock(now - datetime.timedelta(hours=2))
        daemon.live(3)
        stored = daemon.json("/api/v1/status")["readings"]
        daemon.stop()

        times = self.times()
        self.assertEqual(times, sorted(set(times)), "stamps never fall and are never given twice")
        self.assertGreaterEqual(len(times), stored)
        self.assertGreaterEqual(len(self.events("clock_step")), 1)


if __name__ == "__main__":
    unittest.main()
