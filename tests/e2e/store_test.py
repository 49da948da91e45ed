# SPDX-License-Identifier: MIT
"""A store looked after: copied beside a running daemon, read through, put back, found damaged."""
import contextlib
import json
import sqlite3
import unittest

import rig
from rig import run, until


class LookingAfterAStore(rig.Case):
    def store(self, *words, data=None, check=True):
        return run("store", *words, "--data", data or self.data, check=check)

    def simulate(self, hours, seed=1, data=None):
        run("run", "--demo", "--listen", "127.0.0.1:0", "--data", data or self.data, "--house", f"generated:{seed}",
            "--start", "2026-06-01T00:00:00Z", "--speed", "max", "--for", f"{hours}h")

    def damage(self, data):
        """A bit of the second hour."""
        with contextlib.closing(sqlite3.connect(data / "readings.db")) as db, db:
            (block,) = db.execute("SELECT data FROM block WHERE id = 2").fetchone()
            db.execute("UPDATE block SET data = ? WHERE id = 2", (block[:-1] + bytes([block[-1] ^ 1]),))

    def rows(self, data):
        return run("read", "--data", data, "--from", "2020-01-01", "--format", "csv").stdout

    def test_a_copy_is_made_while_the_daemon_measures_and_put_back(self):
        running = self.daemon("--demo", "--data", self.data)
        until(lambda: running.json("/api/v1/status")["readings"] >= 3, "readings")
        copy, restored = self.folder / "copy", self.folder / "restored"
        self.assertIn("0 were there", self.store("backup", copy).stdout)
        count = running.json("/api/v1/status")["readings"]
        until(lambda: running.json("/api/v1/status")["readings"] > count + 1, "readings after it")
        self.store("backup", copy)
        self.assertEqual(running.json("/api/v1/status")["missed"], 0)

        refused = self.store("restore", copy, "--replace", check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("fithome", refused.stderr)
        status, _, err = running.stop()
        self.assertEqual(status, 0, err)
        self.assert_no_hole(self.readings(), 1)

        self.store("restore", copy, data=restored)
        whole = self.rows(self.data)
        self.assertTrue(whole.startswith(self.rows(restored)))
        self.assertGreater(self.rows(restored).count("\n"), count + 1)
        self.assertEqual(run("energy", "--data", restored, "--json").returncode, 0)
        again = self.daemon("--demo", "--data", restored)
        until(lambda: again.json("/api/v1/status")["readings"] >= 1, "readings in the restored store")

    def test_what_is_damaged_is_named_and_a_copy_mends_it(self):
        self.simulate(4)
        copy = self.folder / "copy"
        self.store("backup", copy)
        before = self.rows(self.data)
        self.damage(self.data)

        found = self.store("check", "--json", check=False)
        self.assertEqual(found.returncode, 1)
        report = json.loads(found.stdout)
        self.assertFalse(report["good"])
        self.assertEqual(len(report["bad"]), 1, report)
        self.assertRegex(report["bad"][0]["what"], r"meter 1, 2026-06-01T0\d:.* to 2026-06-01T0\d:.*damaged")
        self.assertIn("restore", self.store("check", check=False).stdout)

        hour = report["bad"][0]
        names, *lines = before.splitlines()
        rest = [line for line in lines if not hour["first"] <= line.split(",")[0] <= hour["last"]]
        self.assertEqual(self.rows(self.data).splitlines(), [names, *rest], "all else is served")
        read = run("read", "--data", self.data, "--format", "json", "--from", "2026-06-01")
        self.assertIn("left out: meter 1", read.stderr)
        self.assertIn(hour["what"], json.loads(read.stdout)["left_out"])
        written = self.folder / "all.csv"
        export = run("export", "--data", self.data, "-o", written, check=False)
        self.assertEqual(export.returncode, 65)
        self.assertIn("not whole", export.stderr)
        self.assertEqual(len(written.read_text().splitlines()), 1 + len(rest))

        self.assertIn("--replace", self.store("restore", copy, check=False).stderr)
        said = self.store("restore", copy, "--replace").stdout
        self.assertIn("before-restore-", said)
        self.assertTrue(json.loads(self.store("check", "--json").stdout)["good"])
        self.assertEqual(self.rows(self.data), before)

    def energy(self, *words):
        answer = json.loads(run("energy", "--json", "--data", self.data, *words).stdout)
        return answer["net"], answer["lines"], answer.get("since")

    def test_energy_totals_go_on_where_a_copy_is_put_back(self):
        self.simulate(2)
        copy = self.folder / "copy"
        self.store("backup", copy)
        run("run", "--demo", "--listen", "127.0.0.1:0", "--data", self.data, "--start", "2026-06-01T02:00:01Z", "--speed", "max", "--for",
            "3h10m")
        afterwards = "--since", "2026-06-01T03:00:00Z"
        before = self.energy(*afterwards)
        readings = json.loads(self.store("info", "--json").stdout)["readings"]
        said = self.store("restore", copy, "--replace")
        self.assertIn("they go on as they stood there", said.stdout)
        self.assertEqual(said.stderr, "")
        self.assertLess(json.loads(self.store("info", "--json").stdout)["readings"], readings)
        self.assertEqual(self.energy(*afterwards), before)
        self.assertIn("carried_over", run("events", "--json", "--data", self.data, "--from", "2020-01-01", "--to", "2027-01-01",
                                          "--kind", "ledger_set").stdout)
        self.assertTrue(json.loads(self.store("check", "--json").stdout)["good"])
        running = self.daemon("--demo", "--data", self.data, "--start", "2026-06-01T06:00:00Z")
        until(lambda: running.json("/api/v1/energy")["net"]["import_wh"] > before[0]["import_wh"], "more energy")
        running.stop()

        (self.data / "readings.db").write_bytes(b"SQLite format 3" + bytes(5000))
        said = self.store("restore", copy, "--replace")
        self.assertIn("cannot be carried over", said.stderr)
        self.assertIn("fall by what has flowed since", said.stderr)
        self.assertLess(self.energy()[0]["import_wh"], before[0]["import_wh"])

    def test_a_damaged_copy_is_not_put_back(self):
        self.simulate(3)
        copy = self.folder / "copy"
        self.store("backup", copy)
        self.damage(copy)
        before = self.rows(self.data)
        refused = self.store("restore", copy, "--replace", check=False)
        self.assertEqual(refused.returncode, 65)
        self.assertIn("nothing was changed", refused.stderr)
        self.assertEqual(self.rows(self.data), before)

    def test_it_tells_what_there_is(self):
        self.simulate(1)
        info = json.loads(self.store("info", "--json").stdout)
        self.assertEqual(info["readings"], 3600)
        self.assertEqual(info["first"], "2026-06-01T00:00:00.000Z")
        self.assertIn("3,600", self.store("info").stdout)
        self.assertIn("now", self.store("compact").stdout)
        self.assertIn("0 had other minutes or none", self.store("rebuild").stdout)
        self.assertIn("no store", self.store("info", data=self.folder / "nowhere", check=False).stderr)


if __name__ == "__main__":
    unittest.main()
