# SPDX-License-Identifier: MIT
"""What a real Home Assistant makes of the sensors that it found by itself: to the watt-hour what the ledger has, whatever happens."""
import datetime
import decimal
import itertools
import json
import signal
import time

from homeassistant_rig import BROKER_PORT, HOUR, Case, ask_rig, complaints, entities, home, kill_broker, report, setUpModule, states  # noqa: F401
import rig

UNKNOWN = ("unknown", "unavailable")


class TotalsOfARealHomeAssistant(Case):
    """A house in which for ten seconds much flows, in and out by turns, then for twenty nothing: so that totals stand still."""

    def setUp(self):
        super().setUp()
        self.now = datetime.datetime.now(datetime.timezone.utc)
        self.hour = self.now.replace(minute=0, second=0, microsecond=0)
        self.quiet = 0  # no flow before then, but for the first seconds

    def house(self, name, seconds, *more, last=None):
        """Live; the daemon begins now."""
        now = datetime.datetime.now(datetime.timezone.utc)
        flows = lambda n: (8000, -5000) if n // 30 % 2 else (2000, -5000)
        on = lambda n: n < 20 or n % 30 < 10 and now.timestamp() + n > self.quiet and (last is None or n < last)
        file = self.folder / f"{name}.csv"
        rows = [f"{now + datetime.timedelta(seconds=n):%Y-%m-%d %H:%M:%S},{','.join(map(str, flows(n) if on(n) else (0, 0)))}"
                for n in range(seconds)]
        file.write_text("\n".join(["time,p_a,p_c", *rows]) + "\n")
        return self.daemon("--house", f"csv:{file}", "--house-columns", "time=time,p_a=p_a,p_c=p_c", "--grid", "60", "--data", self.data,
                           "--start", now.isoformat(), *more, env={
                               "FITHOME_MQTT_HOST": "127.0.0.1", "FITHOME_MQTT_PORT": BROKER_PORT, "FITHOME_MQTT_INTERVAL": "1"})

    def past(self):
        """Six hours and what there is of this one."""
        begin = self.hour - datetime.timedelta(hours=6)
        file = self.folder / "past.csv"
        rows = [f"{begin + datetime.timedelta(minutes=10 * n):%Y-%m-%d %H:%M:%S},{500 + 7 * n},{-300 - n}" for n in range(50)]
        file.write_text("\n".join(["time,p_a,p_c", *rows]) + "\n")
        lasts = int((self.now - begin).total_seconds()) - 20
        rig.run("run", "--house", f"csv:{file}", "--house-columns", "time=time,p_a=p_a,p_c=p_c", "--grid", "60", "--data", self.data,
                "--start", begin.isoformat(), "--speed", "max", "--for", f"{lasts}s", "--listen", "127.0.0.1:0",
                env={"FITHOME_INTERVAL": "10"}, timeout=300)

    def ledger(self, running):
        """As the sensors should have it: what was counted, in kWh and kvarh, rounded down to the last digit."""
        answer = json.loads(running.get("/api/v1/energy"), parse_float=decimal.Decimal)
        totals = {}
        for end, energy in {"": answer["net"], **{"_" + line: of for line, of in answer["lines"].items()}}.items():
            for way in ("import", "export"):
                counted = energy[way + "_wh"] - energy.get(f"corrected_{way}_wh", 0)
                totals[way + end] = int(counted) / 1000
                totals[f"reactive_{way}{end}"] = int(energy[f"reactive_{way}_varh"]) / 1000
        return totals

    def shown(self):
        """What Home Assistant shows of them; nothing of what it does not know."""
        known = states()
        return {key: None if known[name]["state"] in UNKNOWN else float(known[name]["state"]) for key, name in self.sensors.items()}

    def assert_exact(self, running, what, flows=True):
        """In a moment in which nothing flows each sensor shows what the ledger has by then. None ever fell."""
        def exact():
            number, ledger = running.json("/api/v1/status")["readings"], self.ledger(running)
            if flows and not (ledger["import_a"] > self.total["import_a"] and ledger["export_c"] > self.total["export_c"]):
                return None
            seen.append((self.shown(), ledger))
            since.setdefault(str(ledger), number)
            still = number - since[str(ledger)] >= 3 and ledger == self.ledger(running)
            return ledger if still and seen[-1][0] == ledger else None
        seen, since = [], {}  # what was shown; the first reading with a ledger
        with self.subTest(what):
            try:
                ledger = rig.until(exact, what)
            except AssertionError:
                self.assertEqual(*seen[-1])
                raise
            print(f"{what}: {len(ledger)} sensors as the ledger, {ledger['import']:.3f} kWh in, {ledger['export']:.3f} out")
            for key, value in ledger.items():
                self.assertGreaterEqual(value, self.total.get(key, 0), key)
            self.total = ledger
            return ledger

    def rows(self):
        """Of each five minutes, by sensor."""
        found = home("recorder/statistics_during_period", start_time=self.began, period="5minute",
                     statistic_ids=list(self.sensors.values()), types=["state", "sum", "change"])
        return {key: found[name] for key, name in self.sensors.items()}

    def offset(self, key):
        last = self.rows()[key][-1]
        return last["sum"] - last["state"]

    def miss_hours(self):
        """As if it had been there for the last six hours but for two, and heard late of the end of one."""
        first = int(self.hour.timestamp() * 1000) - 6 * HOUR
        now = self.since(first)
        totals = json.loads(rig.run("energy", "--json", "--data", self.data).stdout)
        totals = {"": totals["net"], **{"_" + line: of for line, of in totals["lines"].items()}}
        for key in now:
            end = key.removeprefix("import").removeprefix("export")
            at = lambda hour: totals[end][key[:6] + "_wh"] / 1000 - self.since(first + hour * HOUR)[key]
            stats = []
            for hour in (0, 1, 4, 5):
                state = int(at(hour + 1) * 1000) / 1000 - (0.1 if hour == 4 else 0)
                stats.append({"start": datetime.datetime.fromtimestamp(first / 1000 + 3600 * hour, datetime.timezone.utc).isoformat(),
                              "state": state, "sum": state + self.offset(key)})
            home("recorder/import_statistics", stats=stats, metadata={
                "statistic_id": self.sensors[key], "source": "recorder", "name": None, "unit_of_measurement": "kWh", "has_sum": True,
                "mean_type": 0, "unit_class": "energy"})
        return first, list(now)

    def assert_own_hours(self, first, keys):
        """Each of its own hours is as the ledger has it, to the watt-hour; none is missing."""
        rows = self.hours_of([self.sensors[key] for key in keys])
        for key in keys:
            hours = rows[self.sensors[key]]
            self.assertEqual([row["start"] for row in hours], [first + n * HOUR for n in range(len(hours))], key)
            self.assertGreaterEqual(len(hours), 6)
            gained = [self.since(first + n * HOUR)[key] for n in range(len(hours) + 1)]
            for n, row in enumerate(hours[1:], 1):  # the seventh is there where the test itself went past a full hour
                self.assertAlmostEqual(row["change"], gained[n] - gained[n + 1], delta=0.001, msg=(key, n))

    def put_right(self):
        """Its own hours: what it missed, from our ledger."""
        first, keys = self.miss_hours()
        rig.until(lambda: self.ask("check", "--entities", check=False).returncode == 1, "hours that are wrong")
        print(self.ask("repair", "--entities", "--from", self.hour.replace(hour=0).isoformat()).stdout)
        self.assert_own_hours(first, keys)
        self.assertIn("nothing was missing", self.ask("repair", "--entities").stdout)
        self.assertIn("as in the ledger", self.ask("check", "--entities").stdout)
        return first, keys

    def test_totals_are_those_of_the_ledger_whatever_happens(self):
        self.past()
        self.learn_site()
        # A row that ends from now on began before.
        self.began = (self.now - datetime.timedelta(minutes=5)).isoformat()
        lines = json.loads(rig.run("energy", "--json", "--data", self.data).stdout)["lines"]
        self.total = {"import_a": lines["a"]["import_wh"] / 1000, "export_c": lines["c"]["export_wh"] / 1000}
        self.quiet = (time.time() // 300 + 1) * 300 + 30  # behind the first row
        if self.quiet - time.time() < 90:
            self.quiet += 300
        running = self.house("house", 3000)
        self.sensors = rig.until(lambda: {key: name for key, name in entities(self.site).items() if "port" in key}, "its entities")
        self.assertEqual(set(self.sensors), set(self.ledger(running)))
        begun = self.assert_exact(running, "as found")
        while time.time() < self.quiet - 30:
            said = report()
            self.assertIn("== statistics issues\nno issues\n", said)
            self.assertIn("energy/validate: no issues", said)
            self.assertEqual(complaints(), [])
        first = {key: rows[-1] for key, rows in self.rows().items()}
        for key, row in first.items():
            self.assertEqual(row["state"], begun[key], key)
        hours = self.put_right()

        ask_rig("restart")
        self.assert_exact(running, "Home Assistant was restarted")
        kill_broker()
        time.sleep(3)  # nobody is there meanwhile
        ask_rig("start")
        self.assert_exact(running, "the broker was killed")
        running.stop(signal.SIGKILL)
        scenario = self.folder / "scenario"
        scenario.write_text("+15s brownout\n")
        running = self.house("killed", 1200, "--scenario", scenario)
        self.assert_exact(running, "the daemon was killed")
        rig.until(lambda: running.json("/api/v1/events?kind=chip_reset")["events"], "a brown-out")
        self.assert_exact(running, "a brown-out")
        copy = self.folder / "copy"
        rig.run("store", "backup", copy, "--data", self.data)
        self.assert_exact(running, "a backup")
        running.stop()
        self.assertIn("go on as they stood", rig.run("store", "restore", copy, "--replace", "--data", self.data).stdout)
        running = self.house("restored", 1200, last=20)
        ended = self.assert_exact(running, "a backup was restored")
        rig.run("ledger", "set", "--import", "5000", "--yes", "--data", self.data)
        rig.until(lambda: running.json("/api/v1/energy")["net"]["import_wh"] > 4_999_000, "the total that was set")
        self.assertEqual(self.assert_exact(running, "a total was set by hand", flows=False), ended)

        ask_rig("check", "wait-stats")
        self.assertEqual(self.shown(), ended)
        for key, rows in self.rows().items():
            self.assertGreater(rows[-1]["start"], first[key]["start"])
            self.assertEqual(rows[-1]["state"], ended[key], key)
            self.assertAlmostEqual(rows[-1]["sum"] - first[key]["sum"], ended[key] - begun[key], delta=1e-9, msg=key)
            for row in rows:
                self.assertGreaterEqual(row["change"] or 0, 0, f"{key}: a bar below zero")
        self.assert_own_hours(*hours)
        self.assert_never_fell()
        issues = home("recorder/validate_statistics")
        self.assertEqual({key: issues[name] for key, name in self.sensors.items() if name in issues}, {})
        self.assertEqual(complaints(), [])

    def assert_never_fell(self):
        history = home("history/history_during_period", start_time=self.now.isoformat(), entity_ids=list(self.sensors.values()),
                       minimal_response=True, no_attributes=True)
        for key, name in self.sensors.items():
            there = itertools.dropwhile(lambda one: one["s"] is None, history[name])  # another test's of this name was removed
            shown = [float(one["s"]) for one in there if one["s"] not in UNKNOWN]
            self.assertEqual(shown, sorted(shown), key)
            self.assertLess(max((later - before for before, later in zip(shown, shown[1:])), default=0), 0.5, f"{key}: a spike")
        self.assertGreater(len(history[self.sensors["import_a"]]), 50)
