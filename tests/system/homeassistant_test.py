# SPDX-License-Identifier: MIT
"""The hours that a real Home Assistant missed: brought, read back by another client than ours, held against the ledger.

tools/homeassistant_test.sh runs it; FITHOME_HA_RIG is a script that starts a Home Assistant and asks it.
"""
import datetime
import json
import os
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import rig  # noqa: E402

HOUR = 3_600_000


def ask_rig(*words):
    done = subprocess.run([os.environ["FITHOME_HA_RIG"], *words], capture_output=True, text=True, timeout=1200)
    if done.returncode != 0:
        raise AssertionError(f"{words}: {done.stdout}{done.stderr}")
    return done.stdout


def home(message, **more):
    """What Home Assistant answers to a message of its websocket."""
    return json.loads(ask_rig("check", "ws", json.dumps({"type": message} | more)))


class HoursOfARealHomeAssistant(rig.Case):
    @classmethod
    def setUpClass(cls):
        cls.token = ask_rig("start").split()[-1]
        cls.addClassCleanup(ask_rig, "stop")

    def ask(self, what, *args, token=None, check=True):
        url = f"http://127.0.0.1:{os.environ.get('RIG_HA_PORT', '18123')}"
        return rig.run("homeassistant", what, "--data", self.data, *args, check=check,
                       env={"FITHOME_HOMEASSISTANT_URL": url, "FITHOME_HOMEASSISTANT_TOKEN": token or self.token})

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

    def test_hours_are_brought_once_and_as_the_ledger_has_them(self):
        midnight = datetime.datetime.now(datetime.timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
        begin = midnight - datetime.timedelta(days=2)
        rig.run("run", "--demo", "--start", begin.isoformat(), "--speed", "max", "--for", "24h30m", "--listen", "127.0.0.1:0",
                "--data", self.data, env={"FITHOME_INTERVAL": "10"}, timeout=600)
        self.site = json.loads(rig.run("store", "info", "--json", "--data", self.data).stdout)["site"].replace("-", "")[:12]
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


if __name__ == "__main__":
    unittest.main()
