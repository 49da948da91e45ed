# SPDX-License-Identifier: MIT
"""The hours that a real Home Assistant missed: brought, read back, held against the ledger, whatever happened to whom."""
import datetime
import signal
import zoneinfo

from homeassistant_rig import BROKER_PORT, HOUR, ZONE, Case, Relay, ask_rig, home, kill_broker, setUpModule  # noqa: F401
import rig


class HoursOfARealHomeAssistant(Case):
    def test_hours_are_brought_once_and_as_the_ledger_has_them(self):
        begin = datetime.datetime(2026, 3, 28, 12, tzinfo=datetime.timezone.utc)  # the clocks there are put forward in the night
        rig.run("run", "--demo", "--start", begin.isoformat(), "--speed", "max", "--for", "24h30m", "--listen", "127.0.0.1:0",
                "--data", self.data, env={"FITHOME_INTERVAL": "10"}, timeout=600)
        self.learn_site()
        first = int(begin.timestamp() * 1000)
        refused = self.ask("status", token="wrong", check=False)
        self.assertEqual(refused.returncode, 78)
        self.assertIn("refused the token", refused.stderr)
        print(self.ask("status").stdout.splitlines()[0])
        self.assertEqual(self.ask("check", check=False).returncode, 1)

        noon = (begin + datetime.timedelta(hours=12)).isoformat()
        self.assertIn("72 hours imported", self.ask("repair", "--from", noon).stdout)
        self.assert_as_the_ledger(first + 12 * HOUR, 12)
        # Earlier ones: all sums change, and no bar.
        self.assertIn("144 hours imported", self.ask("repair", "--from", begin.isoformat()).stdout)
        ids, rows = self.assert_as_the_ledger(first, 24)
        self.assertIn("nothing was missing", self.ask("repair").stdout)
        self.assertEqual(self.assert_as_the_ledger(first, 24), (ids, rows))
        self.assertIn("as in the ledger", self.ask("check").stdout)

        # An hour that went wrong there.
        home("recorder/import_statistics",
             metadata={"statistic_id": ids["import"], "source": "fithome", "name": "Import", "unit_of_measurement": "kWh",
                       "has_sum": True, "mean_type": 0, "unit_class": "energy"},
             stats=[{"start": noon, "state": 5000, "sum": 5000}])
        rig.until(lambda: self.ask("check", check=False).returncode == 1, "the wrong hour")
        self.assertIn("1 hours imported", self.ask("repair").stdout)
        self.assertEqual(self.assert_as_the_ledger(first, 24), (ids, rows))

        ask_rig("restart")
        self.assertIn("as in the ledger", self.ask("check").stdout)
        self.assert_as_the_ledger(first, 24)
        zone = zoneinfo.ZoneInfo(ZONE)
        sunday, monday = (datetime.datetime(2026, 3, day, tzinfo=zone) for day in (29, 30))
        self.assertEqual((monday.timestamp() - sunday.timestamp()) * 1000, 23 * HOUR)
        self.assert_days(ids, begin, sunday, begin + datetime.timedelta(hours=24))
        issues = {name: found for name, found in home("recorder/validate_statistics").items() if name.startswith("fithome:")}
        self.assertEqual(issues, {})


class HoursWhateverHappened(Case):
    """A house of two days in which the clocks change; it exports over midnight, and by day and night in turns."""

    def setUp(self):
        super().setUp()
        self.begin = datetime.datetime(2026, 10, 24, 18, tzinfo=datetime.timezone.utc)
        file = self.folder / "house.csv"
        rows = [f"{self.begin + datetime.timedelta(hours=n):%Y-%m-%d %H:%M:%S},{-700 if n % 6 > 2 else 400},{300 + n}" for n in range(49)]
        file.write_text("\n".join(["time,p_a,p_c", *rows]) + "\n")
        self.house = ("--house", f"csv:{file}", "--house-columns", "time=time,p_a=p_a,p_c=p_c", "--grid", "60", "--data", self.data)
        self.first = int(self.begin.timestamp() * 1000)

    def at(self, hours):
        return (self.begin + datetime.timedelta(hours=hours)).isoformat()

    def measure(self, start, lasts, *more):
        """Hours from the beginning on."""
        rig.run("run", *self.house, "--start", self.at(start), "--speed", "max", "--for", lasts, "--listen", "127.0.0.1:0", *more,
                env={"FITHOME_INTERVAL": "10"}, timeout=600)

    def assert_repaired(self, hours, what):
        with self.subTest(what):
            self.ask("repair")
            self.assertIn("as in the ledger", self.ask("check").stdout)
            self.assert_as_the_ledger(self.first, hours)
            self.assertIn("nothing was missing", self.ask("repair").stdout)

    def without_mqtt(self):
        """Nine hours; in three of them the wire to the broker is cut, then it is killed."""
        wire = Relay(BROKER_PORT)
        self.addCleanup(wire.server.close)
        running = self.daemon(*self.house, "--start", self.at(27.12), "--speed", "1800", "--for", "9h", env={
            "FITHOME_INTERVAL": "10", "FITHOME_MQTT_HOST": "127.0.0.1", "FITHOME_MQTT_PORT": str(wire.port),
            "FITHOME_MQTT_DISCOVERY": "off"})
        reach = lambda hours: rig.until(lambda: rig.seconds(running.json("/api/v1/status")["last_reading"] or self.at(0))
                                        > self.first / 1000 + hours * 3600, f"hour {hours}")
        reach(28)
        wire.cut()
        reach(31)
        wire.mend()
        reach(31.5)
        kill_broker()
        ask_rig("start")
        _, err = running.process.communicate(timeout=rig.PATIENCE)
        self.assertGreaterEqual(err.count("connected to mqtt://"), 3, err)
        self.assertIn("tried again", err)

    def test_no_hour_is_wrong_missing_or_doubled(self):
        self.measure(0, "12h5m")
        self.learn_site()
        self.assert_repaired(12, "export over midnight, and clocks that were put back")

        self.measure(12.1, "3h")
        nobody = {"FITHOME_HOMEASSISTANT_URL": f"http://127.0.0.1:{rig.free_port()}", "FITHOME_HOMEASSISTANT_TOKEN": "x"}
        cut = rig.run("homeassistant", "repair", "--data", self.data, env=nobody, check=False)
        self.assertIn("no Home Assistant answers", cut.stderr)
        self.assertRegex(self.ask("check", check=False).stdout, "18 hours are missing")
        self.assert_repaired(15, "the network was away for three hours")

        killed = self.daemon(*self.house, "--start", self.at(15.12), "--speed", "1800", env={"FITHOME_INTERVAL": "10"})
        rig.until(lambda: (killed.json("/api/v1/status")["last_reading"] or "") > "2026-10-25T11:30", "half past eleven")
        killed.stop(signal.SIGKILL)
        self.measure(20, "1h5m")
        self.assert_repaired(21, "the daemon was killed")

        scenario = self.folder / "scenario"
        scenario.write_text("+30m brownout\n+50m power lost for 2m\n")
        self.measure(21.1, "2h", "--scenario", scenario)
        self.assertIn("chip_reset", rig.run("events", "--data", self.data, "--kind", "chip_reset").stdout)
        self.assert_repaired(23, "a brown-out")

        copy = self.folder / "copy"
        rig.run("store", "backup", copy, "--data", self.data)
        self.measure(23.12, "3h")
        self.assert_repaired(26, "three hours more")
        rig.run("store", "restore", copy, "--replace", "--data", self.data)
        self.measure(26.2, "1h")
        self.assert_repaired(27, "a copy of three hours ago was restored")

        self.without_mqtt()
        self.assert_repaired(36, "MQTT was cut for three hours, and the broker killed")

        ask_rig("restart")
        ids, _ = self.assert_as_the_ledger(self.first, 36)
        zone = zoneinfo.ZoneInfo(ZONE)
        midnight, after = (datetime.datetime(2026, 10, day, tzinfo=zone) for day in (25, 26))
        self.assertEqual((after.timestamp() - midnight.timestamp()) * 1000, 25 * HOUR)
        self.assert_days(ids, self.begin, midnight, after, self.begin + datetime.timedelta(hours=36))
