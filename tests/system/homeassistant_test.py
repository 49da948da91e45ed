# SPDX-License-Identifier: MIT
"""A real Home Assistant and a real Mosquitto: what they make of our totals, whatever happens to whom, and the hours that were missed:
brought, read back by another client than ours, held against the ledger.

tools/homeassistant_test.sh runs it; FITHOME_HA_RIG is a script that starts a Home Assistant and asks it.
"""
import datetime
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import unittest
import zoneinfo

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import rig  # noqa: E402

HOUR = 3_600_000
BROKER_PORT = os.environ.get("RIG_MQTT_PORT", "18830")
ZONE = "Europe/Brussels"  # where Home Assistant stands


def ask_rig(*words):
    done = subprocess.run([os.environ["FITHOME_HA_RIG"], *words], capture_output=True, text=True, timeout=1200,
                          env=os.environ | {"RIG_TZ": ZONE})
    if done.returncode != 0:
        raise AssertionError(f"{words}: {done.stdout}{done.stderr}")
    return done.stdout


def home(message, **more):
    """What Home Assistant answers to a message of its websocket."""
    return json.loads(ask_rig("check", "ws", json.dumps({"type": message} | more)))


def setUpModule():
    ask_rig("clean")
    Case.token = ask_rig("start").split()[-1]
    unittest.addModuleCleanup(ask_rig, "stop")


class Case(rig.Case):
    token = ""

    def ask(self, what, *args, token=None, check=True):
        url = f"http://127.0.0.1:{os.environ.get('RIG_HA_PORT', '18123')}"
        return rig.run("homeassistant", what, "--data", self.data, *args, check=check,
                       env={"FITHOME_HOMEASSISTANT_URL": url, "FITHOME_HOMEASSISTANT_TOKEN": token or self.token})

    def learn_site(self):
        self.site = json.loads(rig.run("store", "info", "--json", "--data", self.data).stdout)["site"].replace("-", "")[:12]

    def since(self, start):
        """What the ledger says has flowed since then, in kWh, by the names of the statistics."""
        answer = json.loads(rig.run("energy", "--json", "--data", self.data, "--since", str(start // 1000)).stdout)["since"]
        flows = {"": answer["net"], **{"_" + line: energy for line, energy in answer["lines"].items()}}
        return {way + end: energy[way + "_wh"] / 1000 for end, energy in flows.items() for way in ("import", "export")}

    def assert_as_the_ledger(self, first, hours):
        known = home("recorder/list_statistic_ids")
        ids = {key: one["statistic_id"] for one in known for key in self.since(first)
               if one["statistic_id"].startswith(f"fithome:{self.site}_1_") and one["statistic_id"].endswith(f"_1_{key}")}
        self.assertEqual(len(ids), 6, known)
        rows = home("recorder/statistics_during_period", start_time="2020-01-01T00:00:00Z", period="hour",
                    statistic_ids=list(ids.values()), types=["state", "sum", "change"])
        gained = [self.since(first + n * HOUR) for n in range(hours + 1)]
        for key, name in ids.items():
            self.assertEqual([row["start"] for row in rows[name]], [first + n * HOUR for n in range(hours)])
            for n, row in enumerate(rows[name]):
                self.assertAlmostEqual(row["change"], gained[n][key] - gained[n + 1][key], delta=1e-9, msg=(key, n))
        return ids, rows


class HoursOfARealHomeAssistant(Case):
    def test_hours_are_brought_once_and_as_the_ledger_has_them(self):
        midnight = datetime.datetime.now(datetime.timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
        begin = midnight - datetime.timedelta(days=2)
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

        ask_rig("restart")
        ids, _ = self.assert_as_the_ledger(self.first, 27)
        zone = zoneinfo.ZoneInfo(ZONE)
        before, midnight, after = (int(datetime.datetime(2026, 10, day, tzinfo=zone).timestamp() * 1000) for day in (24, 25, 26))
        self.assertEqual(after - midnight, 25 * HOUR)
        days = home("recorder/statistics_during_period", start_time="2026-10-24T00:00:00Z", period="day", statistic_ids=list(ids.values()),
                    types=["change"])
        for key, name in ids.items():
            flowed = [self.since(time)[key] for time in (self.first, midnight, self.first + 27 * HOUR)]
            changes = {row["start"]: row["change"] for row in days[name]}
            self.assertAlmostEqual(changes[before], flowed[0] - flowed[1], delta=1e-9, msg=key)
            self.assertAlmostEqual(changes[midnight], flowed[1] - flowed[2], delta=1e-9, msg=key)


class TotalsOfARealHomeAssistant(Case):
    """What it makes of the sensors that it found by itself."""

    def house(self, trouble=""):
        """Much is switched on, so that each second counts."""
        scenario = self.folder / "scenario"
        scenario.write_text("+0s load a 8000\n+0s load c 8000\n" + trouble)
        return self.daemon("--demo", "--data", self.data, "--scenario", scenario, env={
            "FITHOME_MQTT_HOST": "127.0.0.1", "FITHOME_MQTT_PORT": BROKER_PORT, "FITHOME_MQTT_INTERVAL": "1"})

    def shown(self):
        """What it shows of the import, or nothing while it does not know."""
        state = {one["entity_id"]: one["state"] for one in home("get_states")}[self.imported]
        return None if state in ("unknown", "unavailable") else float(state)

    def assert_goes_on(self, running, what):
        """It comes to show what the ledger says by now, and at no time less than before."""
        with self.subTest(what):
            total = int(running.json("/api/v1/energy")["net"]["import_wh"]) / 1000
            print(f"{what}: {total:.3f} kWh")
            self.assertGreaterEqual(total, self.total)
            rig.until(lambda: (self.shown() or 0) >= total, f"{total} kWh in Home Assistant")
            self.total = total

    def kill_broker(self):
        pid = (pathlib.Path(os.environ.get("RIG_DIR", "/tmp/rig")) / "state" / "mosquitto.pid").read_text().split()[0]
        os.kill(int(pid), signal.SIGKILL)

    def rows(self):
        return home("recorder/statistics_during_period", start_time=self.began, period="5minute", statistic_ids=[self.imported],
                    types=["state", "sum", "change"]).get(self.imported, [])

    def test_totals_go_on_whatever_happens(self):
        # A row that ends from now on began before.
        self.began = (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=5)).isoformat()
        self.total = 0
        running = self.house()
        self.learn_site()
        unique = f"fithome_{self.site}_1_import"
        named = lambda: [one["entity_id"] for one in home("config/entity_registry/list") if one["unique_id"] == unique]
        self.imported = rig.until(named, "the entity")[0]
        ask_rig("check", "report", "--wait")  # no complaint in its log, no issue with its statistics and its energy dashboard
        announced = json.loads(rig.run_system("mosquitto_sub", "-p", BROKER_PORT, "-t", f"homeassistant/device/fithome_{self.site}_1/config",
                                              "-C", "1", "-W", "10"))["components"]
        known = {one["unique_id"] for one in home("config/entity_registry/list")}
        self.assertEqual({one["unique_id"] for one in announced.values()} - known, set())
        first = self.rows()[-1]
        self.assert_goes_on(running, "as found")

        ask_rig("restart")
        self.assert_goes_on(running, "Home Assistant was restarted")
        self.kill_broker()
        time.sleep(3)  # nobody is there meanwhile
        ask_rig("start")
        self.assert_goes_on(running, "the broker was killed")
        running.stop(signal.SIGKILL)
        running = self.house("+5s brownout\n")
        self.assert_goes_on(running, "the daemon was killed")
        rig.until(lambda: running.json("/api/v1/events?kind=chip_reset")["events"], "a brown-out")
        self.assert_goes_on(running, "a brown-out")
        copy = self.folder / "copy"
        rig.run("store", "backup", copy, "--data", self.data)
        copied = self.total
        self.assert_goes_on(running, "a backup")
        running.stop()
        rig.run("store", "restore", copy, "--replace", "--data", self.data)
        running = self.house()
        rig.until(lambda: running.json("/api/v1/status")["readings"] > 2, "readings")
        self.assert_goes_on(running, "a backup was restored")
        rig.run("ledger", "set", "--import", "5000", "--yes", "--data", self.data)
        rig.until(lambda: running.json("/api/v1/energy")["net"]["import_wh"] > 4_999_000, "the total that was set")

        ask_rig("check", "wait-stats")
        last = self.rows()[-1]
        self.assertGreater(last["start"], first["start"])
        self.assertAlmostEqual(last["sum"] - first["sum"], last["state"] - first["state"], delta=1e-9)
        for row in self.rows():
            self.assertGreaterEqual(row["change"] or 0, 0, "a bar below zero")
        history = home("history/history_during_period", start_time=self.began, entity_ids=[self.imported], minimal_response=True,
                       no_attributes=True)[self.imported]
        states = [float(one["s"]) for one in history if one["s"] not in ("unknown", "unavailable")]
        self.assertGreater(len(states), 50)
        # A copy has not what flowed since, and a simulated chip forgets: the one time that a total falls, and its sum with it.
        fell = [later for before, later in zip(states, states[1:]) if later < before]
        self.assertLessEqual(len(fell), 1)
        self.assertGreaterEqual(min(fell, default=copied), copied)
        self.assertLess(max(later - before for before, later in zip(states, states[1:])), 0.5, "a spike")
        self.assertNotIn(self.imported, home("recorder/validate_statistics"))


if __name__ == "__main__":
    unittest.main()
