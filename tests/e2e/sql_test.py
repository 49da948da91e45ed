# SPDX-License-Identifier: MIT
"""Readings by SQL: an extension that SQLite loads, beside a running daemon."""
import json
import os
import pathlib
import shutil
import subprocess
import unittest

import rig

MODULE = pathlib.Path(rig.BINARY).parent / "fithome_readings"
PYTHON = "/usr/bin/python3"  # whose SQLite is the system's
ASK = """
import json, sqlite3, sys
db = sqlite3.connect(f"file:{sys.argv[1]}/readings.db?mode=ro", uri=True)
db.enable_load_extension(True)
db.load_extension(sys.argv[2])
print(json.dumps(db.execute(sys.argv[3]).fetchall()))
"""

# As docs/analyst.md has it.
ASK_PANDAS = """
import pandas, sqlite3, sys
db = sqlite3.connect(f"file:{sys.argv[1]}/readings.db?mode=ro", uri=True)
db.enable_load_extension(True)
db.load_extension(sys.argv[2])
frame = pandas.read_sql(sys.argv[3], db, parse_dates="time")
print(str(frame.time.dtype), str(frame.p.dtype))
print(frame.to_json(orient="values", date_format="iso", double_precision=15))
"""


class PlainSql(rig.Case):
    def ask(self, sql, check=True):
        done = subprocess.run([PYTHON, "-c", ASK, str(self.data), str(MODULE), sql], capture_output=True, text=True, timeout=rig.PATIENCE)
        if not check:
            return done.stderr
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def simulate(self, hours):
        rig.run("run", "--listen", "127.0.0.1:0", "--data", self.data, "--house", "generated:1", "--speed", "max",
                "--start", "2026-06-01T00:00Z", "--for", f"{hours}h")

    def test_each_reading_is_a_row_sealed_or_not(self):
        self.simulate(3)
        rows = self.readings("--from", "2026-06-01", "--channels", "p,u_a,p_c")
        found = self.ask("SELECT time, p, u_a, p_c, u_b FROM readings ORDER BY time")
        self.assertEqual(len(found), len(rows))
        self.assertEqual(len(found), 10_800)
        for row, (time, *values) in zip(rows, found):
            self.assertEqual(time, row["time"])
            self.assertEqual(values, [float(row["p"]), float(row["u_a"]), float(row["p_c"]), None])
        self.assertEqual(self.ask("SELECT count(*), min(sequence), max(sequence), max(flags) FROM readings"), [[10_800, 1, 10_800, 1]])

    def test_a_time_and_a_meter_are_looked_up_and_all_else_is_sifted(self):
        self.simulate(3)
        begin, end = "2026-06-01T01:30:00", "2026-06-01T01:31:00"
        minute = f"time >= '{begin}' AND time < '{end}'"
        self.assertEqual(self.ask(f"SELECT count(*), min(time) FROM readings WHERE {minute}"), [[60, begin + ".000Z"]])
        first = 1_780_272_000_000  # 2026-06-01
        self.assertEqual(self.ask(f"SELECT count(*) FROM readings WHERE time_ms BETWEEN {first} AND {first + 59_000}"), [[60]])
        self.assertEqual(self.ask(f"SELECT count(*) FROM readings WHERE time_ms > {first} AND time_ms < {first + 59_000}"), [[58]])
        self.assertEqual(self.ask("SELECT count(*) FROM readings WHERE meter = 1"), [[10_800]])
        self.assertEqual(self.ask("SELECT count(*) FROM readings WHERE meter = 2"), [[0]])
        above = [row for row in self.readings("--from", "2026-06-01", "--channels", "p") if float(row["p"]) > 3000]
        self.assertEqual(self.ask("SELECT count(*) FROM readings WHERE p > 3000"), [[len(above)]])
        self.assertEqual(self.ask("SELECT count(*) FROM readings AS a JOIN readings AS b USING(time_ms)"
                                  f" WHERE a.time_ms < {first + 5000} AND b.time_ms < {first + 5000}"), [[5]])
        hour = self.ask("SELECT mean FROM hour WHERE channel = 'p' ORDER BY start")[0][0]
        self.assertAlmostEqual(self.ask("SELECT avg(p) FROM readings WHERE time < '2026-06-01T01:00'")[0][0], hour, 6)

    def expected(self):
        return [[row["time"], float(row["p"])] for row in self.readings("--from", "2026-06-01", "--channels", "p")]

    def test_the_shell_of_sqlite_loads_it(self):
        if not (shell := shutil.which("sqlite3", path="/usr/bin:/bin")):  # the system's: another may load nothing
            rig.skip("there is no sqlite3")
        self.simulate(2)
        said = rig.run_system(shell, "-readonly", "-json", self.data / "readings.db", "-cmd", f".load {MODULE}",
                              "SELECT time, p FROM readings ORDER BY time")
        self.assertEqual([[row["time"], row["p"]] for row in json.loads(said)], self.expected())

    def test_pandas_reads_it(self):
        if subprocess.run([PYTHON, "-c", "import pandas"], capture_output=True, timeout=rig.PATIENCE).returncode != 0:
            rig.skip("there is no pandas")
        self.simulate(2)
        said = rig.run_system(PYTHON, "-c", ASK_PANDAS, self.data, MODULE, "SELECT time, p FROM readings ORDER BY time")
        types, frame = said.splitlines()
        self.assertEqual(types, "datetime64[ns, UTC] float64")
        self.assertEqual(json.loads(frame), self.expected())

    def test_a_running_daemon_is_not_disturbed(self):
        daemon = self.daemon("--demo", "--data", self.data)
        rig.until(lambda: daemon.json("/api/v1/status")["readings"] >= 3, "readings")
        self.assertGreaterEqual(self.ask("SELECT count(*) FROM readings")[0][0], 3)
        daemon.live(2)
        self.assertEqual(daemon.stop()[0], 0)

    def test_it_says_what_is_not_there(self):
        self.simulate(1)
        self.assertIn("no such column", self.ask("SELECT wattage FROM readings", check=False))
        os.rename(self.data / "readings.db", self.folder / "readings.db")
        self.data = self.folder
        self.assertEqual(self.ask("SELECT count(*) FROM readings WHERE time_ms < 0"), [[0]])


if __name__ == "__main__":
    unittest.main()
