# SPDX-License-Identifier: MIT
"""The packages on a machine of their own: installed, killed, hung, upgraded, removed. tools/system_test.sh starts it.

Each class is a machine. The meter is `fithome sim`, behind a file that answers spidev's calls.
"""
import collections
import csv
import datetime
import io
import json
import os
import pathlib
import shutil
import subprocess
import time
import unittest

import box
from box import until

DEBS = pathlib.Path(os.environ["FITHOME_DEBS"])
BASE = os.environ["FITHOME_BOX"]
DEBIAN_PYTHON = "/usr/bin/python3"  # the one that has apt's pandas


def seconds(iso):
    return datetime.datetime.fromisoformat(iso.replace("Z", "+00:00")).timestamp()


class Machine(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.box = box.Box(BASE)
        cls.addClassCleanup(cls.box.end)
        for deb in DEBS.glob("*.deb"):
            shutil.copy(deb, cls.box.root / "root")
        cls.box.boot()

    @classmethod
    def plug_meter_in(cls):
        """As Raspberry Pi OS has it: for group spi."""
        cls.box.run("sh", "-c", "dpkg-deb -x /root/fithome_*.deb /root/sim && groupadd --force --system spi && "
                    "touch /dev/spidev0.0 && chgrp spi /dev/spidev0.0 && chmod 660 /dev/spidev0.0")
        cls.box.run("systemd-run", "--unit=meter", "/root/sim/usr/bin/fithome", "sim", "--spidev", "/dev/spidev0.0",
                    "--house", "generated:5")
        until(lambda: "fuse" in cls.box.run("cat", "/proc/mounts").stdout.partition("/dev/spidev0.0")[2].split("\n")[0],
              "the simulated meter")

    @classmethod
    def install(cls, **environment):
        return cls.box.run("sh", "-c", "apt-get -q install -y --no-install-recommends /root/fithome_*.deb 2>&1",
                           environment=environment).stdout

    def shown(self, unit, *names):
        out = self.box.run("systemctl", "show", unit, "--property", ",".join(names)).stdout
        values = dict(line.partition("=")[::2] for line in out.splitlines())
        return [values[name] for name in names]

    def service(self, *names):
        return self.shown("fithome.service", *names)

    def journal(self, unit="fithome", *words):
        return self.box.run("journalctl", "--unit", unit, "--no-pager", "--output=cat", *words).stdout

    def asked(self, *words):
        return json.loads(self.box.run("fithome", *words, "--json").stdout)

    def times(self):
        text = self.box.run("fithome", "read", "--from", "-1h", "--channels", "p", "--format", "csv").stdout
        return [row["time"] for row in csv.DictReader(io.StringIO(text))]

    def newest_gap(self):
        return max((event for event in self.asked("events")["events"] if event["kind"] == "gap"), key=lambda gap: gap["begin"])

    def until_measured(self, after=None):
        """Until there are readings, of later than `after`; returns all of them."""
        return until(lambda: [times for times in [self.times()] if len(times) > 3 and (not after or times[-3] > after)],
                     "readings")[0]

    def drop_in(self, unit, text):
        """In place of what was said of the unit before."""
        self.box.put(f"/etc/systemd/system/{unit}.d/test.conf", text)
        self.box.run("systemctl", "daemon-reload")


class WithoutAMeter(Machine):
    """A Pi whose SPI is still off."""

    def test_it_installs_says_what_to_do_and_does_not_try_again_and_again(self):
        said = self.install()
        self.assertIn("no such device; turn SPI on", said)
        self.assertIn("fithome doctor", said)
        state = self.service("ActiveState", "ExecMainStatus", "NRestarts", "UnitFileState")
        self.assertEqual(state, ["failed", "69", "0", "enabled"])
        wanted_by = self.box.root / "etc/systemd/system/dev-spidev0.0.device.wants/fithome.service"
        self.assertTrue(wanted_by.is_symlink(), "starts when the device appears")

        with self.subTest("a wrong configuration is told once"):
            self.box.put("/etc/default/fithome", "FITHOME_INTERVAL=500\n")
            self.box.run("systemctl", "restart", "fithome", check=False)
            self.assertEqual(self.service("ActiveState", "ExecMainStatus", "NRestarts"), ["failed", "78", "0"])
            self.assertIn("out of range; takes seconds from 0.25 to 10", self.journal())
            self.box.put("/etc/default/fithome", "")

        with self.subTest("with the meter there it runs"):
            self.plug_meter_in()
            self.box.run("systemctl", "start", "fithome")
            self.assertEqual(self.service("ActiveState"), ["active"])


class ServiceLife(Machine):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plug_meter_in()
        cls.said = cls.install()

    def setUp(self):
        self.box.run("systemctl", "reset-failed", "fithome")
        self.box.run("systemctl", "start", "fithome")
        self.until_measured()

    def test_installing_ends_with_a_service_that_runs_is_enabled_and_says_how_it_is(self):
        self.assertIn("FitHome runs", self.said)
        self.assertEqual(self.service("ActiveState", "UnitFileState", "Type", "User"),
                         ["active", "enabled", "notify", "fithome"])
        until(lambda: self.service("StatusText")[0].startswith("measuring; "), "a word on how it is")
        self.assertEqual(self.box.run("fithome", "status").returncode, 0)
        self.assertIn("/dev/spidev0.0", self.asked("status")["device"])
        self.assertEqual(self.box.run("stat", "-c", "%U", "/var/lib/fithome").stdout, "fithome\n")

    def test_it_may_do_little(self):
        pid = self.service("MainPID")[0]
        status = dict(line.split(":\t") for line in self.box.run("cat", f"/proc/{pid}/status").stdout.splitlines())
        self.assertEqual((status["NoNewPrivs"], status["Seccomp"], status["CapBnd"]), ("1", "2", "0" * 16))
        self.assertNotEqual(status["Uid"].split()[0], "0")
        for unit in ("fithome.service", "fithome-export.service", "fithome-homeassistant.service"):
            checked = self.box.run("systemd-analyze", "security", "--threshold=25", "--no-pager", unit)
            print(checked.stdout.strip().splitlines()[-1])
            self.assertEqual(self.box.run("systemd-analyze", "verify", "--man=no", unit).stderr, "")

    def assert_only_the_dead_seconds_are_missing(self, before, cause):
        after = self.until_measured(after=before[-1])
        self.assertEqual(after[:len(before)], before, "what was shown is kept, once")
        newest = self.newest_gap()
        self.assertEqual(newest["cause"], cause)
        holes = [(a, b) for a, b in zip(after, after[1:]) if seconds(b) - seconds(a) > 1.5]
        self.assertTrue(holes)
        self.assertEqual(holes[-1][1], newest["end"], "the gap is told to its end")
        self.assertLessEqual(seconds(holes[-1][0]) - seconds(before[-1]), 3, "it measured until it died")
        return seconds(holes[-1][1]) - seconds(holes[-1][0])

    def test_killed_it_comes_back_and_only_the_dead_seconds_are_missing(self):
        restarts = int(self.service("NRestarts")[0])
        before = self.until_measured()
        self.box.run("systemctl", "kill", "--signal=KILL", "fithome")
        until(lambda: self.service("NRestarts", "ActiveState") == [str(restarts + 1), "active"], "its restart")
        away = self.assert_only_the_dead_seconds_are_missing(before, "fithome was killed, or crashed")
        print(f"killed: {away:.0f} s without a reading")

    def test_hung_it_is_ended_by_the_watchdog_and_comes_back(self):
        self.drop_in("fithome.service", "[Service]\nWatchdogSec=6\n")
        self.addCleanup(self.drop_in, "fithome.service", "")
        self.box.run("systemctl", "restart", "fithome")
        before = self.until_measured(after=self.times()[-1])
        time.sleep(7)  # longer than the watchdog waits: a daemon that works is left alone
        self.assertEqual(self.service("NRestarts", "ActiveState"), ["0", "active"])
        before = self.until_measured(after=before[-1])

        self.box.run("systemctl", "kill", "--signal=STOP", "fithome")
        until(lambda: self.service("NRestarts", "ActiveState") == ["1", "active"], "its restart")
        self.assertIn("Watchdog timeout (limit 6s)", self.journal())
        away = self.assert_only_the_dead_seconds_are_missing(before, "fithome was killed, or crashed")
        print(f"hung: {away:.0f} s without a reading")

    def test_stopped_it_stores_all_and_is_quick(self):
        before = self.until_measured()
        begin = time.monotonic()
        self.box.run("systemctl", "stop", "fithome")
        self.assertLess(time.monotonic() - begin, 5)
        self.assertEqual(self.service("ActiveState", "Result"), ["inactive", "success"])
        time.sleep(2)  # so that a reading is missing
        self.box.run("systemctl", "start", "fithome")
        self.assert_only_the_dead_seconds_are_missing(before, "fithome was stopped")

    def test_the_journal_reads_well(self):
        self.box.run("systemctl", "kill", "--signal=STOP", "meter")  # every transfer hangs
        time.sleep(3)
        self.box.run("systemctl", "kill", "--signal=CONT", "meter")
        until(lambda: "gap: from" in self.journal("fithome", "--priority=warning"), "a word on the gap")
        lines = [json.loads(line) for line in self.journal("fithome", "--output=json").splitlines()]
        ours = [line for line in lines if line.get("_COMM") == "fithome"]
        self.assertTrue(ours)
        for line in ours:
            self.assertNotRegex(line["MESSAGE"], r"^<\d>|^\d{4}-\d\d-\d\d", "no prefix, no time: the journal has both")
        gaps = [line for line in ours if line["MESSAGE"].startswith("gap: from")]
        self.assertTrue(gaps)
        self.assertEqual({line["PRIORITY"] for line in gaps}, {"4"})
        self.assertTrue(any(line["MESSAGE"].startswith("The page: http://127.0.0.1:8080/") for line in ours))
        lives = collections.Counter(line["_SYSTEMD_INVOCATION_ID"] for line in ours)
        self.assertLess(max(lives.values()), 12, "a quiet house is a quiet journal")

    def test_the_timer_is_there_off_at_first_and_fires_with_the_environment_that_was_given(self):
        self.assertEqual(self.shown("fithome-export.timer", "ActiveState", "UnitFileState", "Persistent"),
                         ["inactive", "disabled", "yes"])
        self.addCleanup(self.box.put, "/etc/default/fithome", "")
        self.box.run("install", "-d", "-o", "fithome", "/var/lib/fithome/exported")
        self.box.put("/etc/default/fithome", "FITHOME_EXPORT_DIR=/var/lib/fithome/exported\nFITHOME_EXPORT_FORMAT=csv\n")
        self.drop_in("fithome-export.timer", "[Timer]\nOnCalendar=\nOnCalendar=*:*:0/2\nRandomizedDelaySec=0\n"
                     "AccuracySec=100ms\n")
        self.addCleanup(self.drop_in, "fithome-export.timer", "")
        self.addCleanup(self.box.run, "systemctl", "disable", "--now", "fithome-export.timer")
        self.box.run("systemctl", "enable", "--now", "fithome-export.timer")
        self.assertIn("fithome-export.service", self.box.run("systemctl", "list-timers", "--no-pager").stdout)
        ended = until(lambda: self.shown("fithome-export.service", "ExecMainExitTimestamp", "Result", "ExecMainStatus")
                      if self.shown("fithome-export.service", "ExecMainExitTimestamp")[0] else None, "the timer to fire")
        self.assertEqual(ended[1:], ["success", "0"], self.journal("fithome-export"))
        self.assertEqual([file.name for file in (self.box.root / "var/lib/fithome/exported").iterdir()], ["aggregate.csv"])
        self.assertRegex(self.journal("fithome-export"), r"/var/lib/fithome/exported/aggregate.csv: \d+ readings")

        self.box.put("/etc/default/fithome", "")
        self.box.run("systemctl", "start", "fithome-export")
        file = "/var/lib/fithome/exports/aggregate.pkl.zip"  # unless told otherwise
        self.box.run("runuser", "-u", "nobody", "--", "cksum", file)  # as rsync and SSHFS would
        loaded = subprocess.run([DEBIAN_PYTHON, "-c", "import pandas, sys; frame = pandas.read_pickle(sys.argv[1]); "
                                 "print(list(frame), len(frame), frame['Pa'].notna().all())", f"{self.box.root}{file}"],
                                capture_output=True, text=True, check=False)
        self.assertRegex(loaded.stdout, r"\['Pa', 'Pr'\] [1-9]\d* True", loaded.stderr)

    def test_an_export_for_nilmtk_takes_the_place_of_the_one_of_the_night_before(self):
        self.addCleanup(self.box.put, "/etc/default/fithome", "")
        self.box.put("/etc/default/fithome", "FITHOME_EXPORT_FORMAT=nilmtk\n")
        meter = lambda: (self.box.root / "var/lib/fithome/exports/nilmtk/building1/elec/meter1.csv").read_text().splitlines()
        self.until_measured()
        self.box.run("systemctl", "start", "fithome-export")
        first = meter()
        self.until_measured(after=self.times()[-1])

        self.box.run("systemctl", "start", "fithome-export")

        self.assertEqual(meter()[:len(first)], first)
        self.assertGreater(len(meter()), len(first))

    def test_on_the_day_of_the_change_the_morning_is_brought_in_first_and_then_it_is_measured(self):
        """docs/migrate.md, with a table in the place of a MongoDB."""
        now = datetime.datetime.now(datetime.timezone.utc)
        old = [(now - datetime.timedelta(seconds=n)).strftime("%Y-%m-%dT%H:%M:%S.000Z") for n in range(120, 60, -1)]
        self.box.put("/var/tmp/old.csv", "time,Pa,Pr\n" + "".join(f"{time},100,-5\n" for time in old))
        self.box.run("systemctl", "stop", "fithome")
        self.box.run("sh", "-c", "rm -r /var/lib/fithome/*")
        self.box.run("runuser", "-u", "fithome", "--", "fithome", "import", "csv", "/var/tmp/old.csv")
        self.box.run("systemctl", "start", "fithome")
        self.assertEqual(self.until_measured(after=old[-1])[:len(old)], old)

    def test_the_package_for_mongodb_is_loaded_by_the_service_as_little_as_that_may_do(self):
        self.addCleanup(self.box.run, "systemctl", "restart", "fithome")
        self.addCleanup(self.drop_in, "fithome.service", "")
        self.addCleanup(self.box.put, "/etc/default/fithome", "")
        self.box.put("/etc/default/fithome", "FITHOME_MONGODB_URI=mongodb://anna@127.0.0.1:9\n")
        self.box.put("/etc/fithome/password", "open sesame\n")
        (self.box.root / "etc/fithome/password").chmod(0o600)
        self.drop_in("fithome.service", "[Service]\nLoadCredential=mongodb_password:/etc/fithome/password\n")
        self.box.run("systemctl", "restart", "fithome")
        told = lambda: self.asked("sinks")["sinks"][0]["last_error"]
        self.assertIn("apt install fithome-mongodb", until(told, "the sink"))
        process = self.service("MainPID")[0]
        loaded = lambda: "libmongoc" in self.box.run("cat", f"/proc/{process}/maps").stdout
        self.assertFalse(loaded())

        self.box.run("sh", "-c", "apt-get -q install -y --no-install-recommends /root/fithome-mongodb_*.deb 2>&1")

        until(loaded, "the driver, without a restart")
        self.assertEqual(self.service("MainPID")[0], process)
        # By the daemon. The readings themselves may wait for a time server, which a container does not have.
        asked = self.box.run("fithome", "sinks", "test", "mongodb", check=False)
        self.assertIn("127.0.0.1:9", asked.stderr)
        self.assertNotIn("sesame", self.journal() + json.dumps(self.asked("sinks")) + str(asked))
        self.until_measured()

    def test_readings_on_another_disk_need_a_drop_in_and_with_it_are_there(self):
        self.addCleanup(self.box.run, "systemctl", "restart", "fithome")
        self.addCleanup(self.drop_in, "fithome.service", "")
        self.addCleanup(self.box.put, "/etc/default/fithome", "")
        self.box.run("install", "-d", "-o", "fithome", "/mnt/usb/fithome")
        self.box.put("/etc/default/fithome", "FITHOME_DATA=/mnt/usb/fithome\n")
        self.box.put("/root/secret", "a secret\n")
        self.assertNotEqual(self.box.run("systemctl", "restart", "fithome", check=False).returncode, 0)
        self.assertIn("/mnt/usb/fithome", self.journal())

        self.drop_in("fithome.service", "[Unit]\nRequiresMountsFor=/mnt/usb\n[Service]\nReadWritePaths=/mnt/usb/fithome\n"
                     "LoadCredential=database:/root/secret\n")
        self.box.run("systemctl", "restart", "fithome")
        self.until_measured()
        self.assertTrue((self.box.root / "mnt/usb/fithome/readings.db").exists())
        pid = self.service("MainPID")[0]
        secret = self.box.run("nsenter", "-t", pid, "-m", "cat", "/run/credentials/fithome.service/database").stdout
        self.assertEqual(secret, "a secret\n")

    def test_an_upgrade_restarts_it_and_keeps_what_the_owner_wrote(self):
        with (self.box.root / "etc/fithome/fithome.toml").open("a") as config:
            config.write("# mine\n")
        before = self.until_measured()
        pid = self.service("MainPID")
        self.addCleanup(self.box.run, "sh", "-c", "apt-get -q install -y --allow-downgrades /root/fithome_*.deb")  # as the other package
        self.box.run("sh", "-ec", "rm -rf /root/next; dpkg-deb -R /root/fithome_*.deb /root/next; "
                     "sed -i 's/^Version: .*/&.1/' /root/next/DEBIAN/control; dpkg-deb -b /root/next /root/next.deb; "
                     "apt-get -q install -y /root/next.deb")
        self.assertEqual(self.service("ActiveState"), ["active"])
        self.assertNotEqual(self.service("MainPID"), pid)
        self.assertIn("# mine", (self.box.root / "etc/fithome/fithome.toml").read_text())
        self.assertEqual(self.until_measured(after=before[-1])[:len(before)], before)


class Leaving(Machine):
    def setUp(self):
        if not (self.box.root / "root/sim").exists():
            self.plug_meter_in()
        self.install()
        self.kept = self.until_measured()
        self.data = self.box.root / "var/lib/fithome"

    def test_removing_keeps_readings_and_configuration_and_coming_back_goes_on(self):
        self.box.run("apt-get", "-q", "remove", "-y", "fithome")
        self.assertEqual(self.box.run("pgrep", "-x", "fithome", "-u", "fithome", check=False).stdout, "")
        self.assertTrue((self.data / "readings.db").exists())
        self.assertTrue((self.box.root / "etc/fithome/fithome.toml").exists())
        self.install()
        self.assertEqual(self.until_measured(after=self.kept[-1])[:len(self.kept)], self.kept)

    def test_purging_where_nobody_can_be_asked_keeps_the_readings_and_says_where(self):
        said = self.box.run("sh", "-c", "apt-get -q purge -y fithome 2>&1").stdout
        self.assertIn("The readings stay, in /var/lib/fithome.", said)
        self.assertTrue((self.data / "readings.db").exists())
        self.assertFalse((self.box.root / "etc/fithome").exists())

    def purge(self, answer):
        """At a terminal, where debconf asks."""
        return self.box.at_terminal(["apt-get", "-q", "purge", "-y", "fithome"], "[yes/no]", answer, {"DEBIAN_FRONTEND": "readline"})

    def test_purging_asks_and_no_keeps_the_readings(self):
        said = self.purge("no")
        self.assertIn("Delete the readings of this house as well?", said)
        self.assertTrue((self.data / "readings.db").exists())

    def test_purging_asks_and_yes_deletes_the_readings(self):
        said = self.purge("yes")
        self.assertIn("Delete the readings of this house as well?", said)
        self.assertFalse(self.data.exists())


if __name__ == "__main__":
    unittest.main()
