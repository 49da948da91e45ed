# SPDX-License-Identifier: MIT
"""The hours that a Home Assistant missed: found, brought, and as the ledger has them. It is a pretended one here."""
import json
import unittest

import rig
from fake_home_assistant import TOKEN, FakeHomeAssistant

HOUR = 3_600_000
FIRST = 1_795_651_200_000  # 2026-11-26T00:00Z


class HoursThatHomeAssistantMissed(rig.Case):
    def setUp(self):
        super().setUp()
        self.home = FakeHomeAssistant()
        self.addCleanup(self.home.stop)

    def measure(self, duration="5h30m"):
        rig.run("run", "--demo", "--start", "2026-11-26T00:00:00Z", "--speed", "max", "--for", duration, "--listen",
                "127.0.0.1:0", "--data", self.data, env={"FITHOME_INTERVAL": "10"}, timeout=300)

    def ask(self, what, *args, env=None, check=False):
        settings = {"FITHOME_HOMEASSISTANT_URL": self.home.url, "FITHOME_HOMEASSISTANT_TOKEN": TOKEN}
        done = rig.run("homeassistant", what, "--data", self.data, *args, env=settings | (env or {}), check=check)
        self.assertNotIn(TOKEN, done.stdout + done.stderr)
        return done

    def statistic(self, key):
        found = [name for name in self.home.rows if name.endswith(f"_1_{key}")]
        self.assertEqual(len(found), 1, self.home.rows.keys())
        return found[0]

    def since(self, start):
        """What the ledger says has flowed since then, in kWh, by the names of the statistics."""
        answer = json.loads(rig.run("energy", "--json", "--data", self.data, "--since", str(start // 1000)).stdout)["since"]
        flows = {"": answer["net"], **{"_" + line: energy for line, energy in answer["lines"].items()}}
        return {way + end: energy[way + "_wh"] / 1000 for end, energy in flows.items() for way in ("import", "export")}

    def assert_as_the_ledger(self, hours):
        gained = [self.since(FIRST + n * HOUR) for n in range(hours + 1)]
        for key in gained[0]:
            rows = self.home.rows[self.statistic(key)]
            self.assertEqual(sorted(rows), [FIRST + n * HOUR for n in range(hours)])
            before = 0
            for n, (start, (state, total)) in enumerate(sorted(rows.items())):
                self.assertAlmostEqual(total - before, gained[n][key] - gained[n + 1][key], delta=1e-9, msg=(key, n))
                before = total
        self.assertGreater(before + self.home.rows[self.statistic("import")][FIRST][1], 0)

    def test_its_own_hours_are_put_right_where_that_was_asked_for(self):
        self.measure()
        none = self.ask("check", "--entities")
        self.assertIn("keeps no hours of our MQTT sensors", none.stderr)
        self.ask("repair", check=True)
        ours = self.statistic("import")
        sensor = "sensor.our_import"
        self.home.registry = [{"entity_id": sensor, "unique_id": f"fithome_{ours.removeprefix('fithome:')}", "platform": "mqtt"}]
        self.home.metadata[sensor] = {"source": "recorder", "unit_of_measurement": "kWh"}
        exact = {start: int(state * 1000) / 1000 for start, (state, _) in self.home.rows[ours].items()}
        before = self.home.rows[ours].copy()
        # It was away for the hours 2 and 3, and heard late of the end of hour 1.
        rows = self.home.rows[sensor] = {FIRST + n * HOUR: (exact[FIRST + n * HOUR], exact[FIRST + n * HOUR] - 0.125) for n in (0, 1, 4)}
        rows[FIRST + HOUR] = tuple(value - 0.01 for value in rows[FIRST + HOUR])
        self.assertIn("nothing was missing", self.ask("repair", check=True).stdout)
        found = self.ask("check", "--entities")
        self.assertEqual(found.returncode, 1)
        self.assertIn(f"{sensor}  home Energy import (simulated), its own", found.stdout)
        self.assertIn("2 hours missing", found.stdout)
        self.assertIn("3 hours imported", self.ask("repair", env={"FITHOME_HOMEASSISTANT_ENTITIES": "true"}, check=True).stdout)
        self.assertEqual(set(rows), set(exact))
        for start, (state, total) in rows.items():
            self.assertAlmostEqual(state, exact[start], delta=1e-9)
            self.assertAlmostEqual(total, exact[start] - 0.125, delta=1e-9)
        self.assertEqual(self.home.metadata[sensor]["source"], "recorder")
        self.assertIn("nothing was missing", self.ask("repair", "--entities", check=True).stdout)
        self.assertEqual(self.home.rows[ours], before)
        told = json.loads(self.ask("check", "--entities", "--json", check=True).stdout)["statistics"][-1]
        self.assertEqual((told["id"], told["of_sensor"], told["hours"], told["unknown"]), (sensor, True, 5, 0))

    def test_hours_are_brought_once_and_as_the_ledger_has_them(self):
        self.measure()
        status = self.ask("status", check=True).stdout
        self.assertIn(f"Home Assistant 2026.11.0 at {self.home.url}; the token is good", status)
        self.assertEqual(status.count("it has no hours of this yet"), 6)
        self.assertEqual(self.ask("check").returncode, 1)

        self.assertIn("30 hours imported, and read back", self.ask("repair", check=True).stdout)
        self.assert_as_the_ledger(5)
        self.assertEqual(self.home.asked[0], "/api/websocket")
        about = self.home.metadata[self.statistic("import")]
        self.assertEqual((about["source"], about["unit_of_measurement"], about["unit_class"]), ("fithome", "kWh", "energy"))
        self.assertIn("simulated", about["name"])
        done = self.ask("check", check=True).stdout
        self.assertIn("5 hours, from 2026-11-26 00:00:00 to 2026-11-26 05:00:00", done)
        self.assertIn("as in the ledger", done)

        kept = json.dumps(self.home.rows)
        self.assertIn("nothing was missing", self.ask("repair", check=True).stdout)
        self.assertIn("nothing was missing", self.ask("repair", "--from", "2026-11-26T02:00Z", check=True).stdout)
        self.assertEqual(json.dumps(self.home.rows), kept)

        rows = self.home.rows[self.statistic("import_a")]
        del rows[FIRST + 2 * HOUR]
        rows[FIRST + 4 * HOUR] = (1.5, 99)
        found = self.ask("check")
        self.assertEqual(found.returncode, 1)
        self.assertIn("2026-11-26 02:00:00 to 2026-11-26 03:00:00: 1 hour missing", found.stdout)
        self.assertIn("2026-11-26 04:00:00 to 2026-11-26 05:00:00: 1 hour not right, by up to", found.stdout)
        wrong = [one for one in json.loads(self.ask("check", "--json").stdout)["statistics"] if one["wrong"]]
        self.assertEqual([one["id"] for one in wrong], [self.statistic("import_a")])
        self.assertEqual([one["start"] for one in wrong[0]["wrong"]], ["2026-11-26T02:00:00.000Z", "2026-11-26T04:00:00.000Z"])
        self.assertIn("2 hours imported", self.ask("repair", check=True).stdout)
        self.assert_as_the_ledger(5)

    def test_answers_in_pieces_and_between_others_are_understood(self):
        self.measure("2h30m")
        self.home.pieces = 30
        self.assertIn("12 hours imported", self.ask("repair", check=True).stdout)
        self.assert_as_the_ledger(2)

    def test_a_total_that_was_set_is_no_consumption(self):
        self.measure("2h30m")
        rig.run("ledger", "set", "--import", "12345", "--export", "67", "--yes", "--data", self.data)
        self.ask("repair", check=True)
        self.assertLess(max(total for _, total in self.home.rows[self.statistic("import")].values()), 100)
        self.assert_as_the_ledger(2)

    def test_what_fails_is_told_with_what_to_do(self):
        self.measure("1h30m")
        refusal = {"type": "result", "success": False, "error": {"code": "unauthorized", "message": "Unauthorized"}}
        rows = "recorder/statistics_during_period"
        cases = [
            ({"auth": {"type": "auth_invalid"}}, 78, "refused the token; make one in Home Assistant"),
            ({"auth": "close"}, 69, "broke off"),
            ({rows: "close"}, 69, "broke off"),
            ({rows: "rubbish \x00"}, 78, "is no Home Assistant"),
            ({rows: "[" * 100_000}, 78, "is no Home Assistant"),
            ({"recorder/import_statistics": refusal}, 78, "not of an administrator"),
            ({rows: refusal | {"error": {"code": "unknown_command"}}}, 69, "too old, or its configuration lacks"),
            ({"connect": b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"}, 78, "is no Home Assistant"),
            ({"connect": b"SSH-2.0-OpenSSH\r\n"}, 78, "is no Home Assistant"),
            ({"connect": b"\r\n"}, 78, "is no Home Assistant"),
        ]
        for does, status, says in cases:
            with self.subTest(str(does)[:80]):
                self.home.does = does
                done = self.ask("repair")
                self.assertEqual(done.returncode, status, done.stderr)
                self.assertIn(says, done.stderr)
                self.assertEqual(self.home.rows, {})
        self.home.does = {}
        self.home.version = "2022.6.7"
        self.assertIn("too old; fithome needs 2023.3", self.ask("status").stderr)
        self.home.stop()
        done = self.ask("status", env={"FITHOME_HOMEASSISTANT_URL": f"http://127.0.0.1:{rig.free_port()}"})
        self.assertEqual(done.returncode, 69)
        self.assertIn("no Home Assistant answers at", done.stderr)

    def test_nothing_is_asked_without_an_address_and_nothing_told_without_a_token(self):
        self.measure("1h30m")
        done = self.ask("status", env={"FITHOME_HOMEASSISTANT_URL": ""})
        self.assertEqual(done.returncode, 78)
        self.assertIn("docs/home-assistant.md", done.stderr)
        self.assertEqual(self.ask("status", env={"FITHOME_HOMEASSISTANT_URL": "https://ha:8123"}).returncode, 78)
        self.assertIn("no token", self.ask("status", env={"FITHOME_HOMEASSISTANT_TOKEN": ""}).stderr)
        self.assertEqual([what for what in self.home.asked if what == "auth"], [])

        wrong = {"FITHOME_HOMEASSISTANT_TOKEN": "wrong"}
        self.assertEqual(self.ask("status", env=wrong).returncode, 78)
        credential = self.folder / "homeassistant_token"
        credential.write_text(TOKEN + "\n")
        self.assertEqual(self.ask("status", env=wrong | {"CREDENTIALS_DIRECTORY": str(self.folder)}).returncode, 0)
        self.assertEqual(self.ask("status", env=wrong | {"FITHOME_HOMEASSISTANT_TOKEN_FILE": str(credential)}).returncode, 0)
        shown = rig.run("config", "show", env={"FITHOME_HOMEASSISTANT_TOKEN": TOKEN, "FITHOME_HOMEASSISTANT_URL": self.home.url})
        self.assertNotIn(TOKEN, shown.stdout + shown.stderr)


if __name__ == "__main__":
    unittest.main()
