# SPDX-License-Identifier: MIT
"""`fithome export` of a house over the night in which Berlin's clocks are put back, with three hours not measured."""
import csv
import datetime
import io
import json
import os
import pathlib
import pty
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
import zipfile

import python_venv
import rig

BERLIN = ("--timezone", "Europe/Berlin")
# Clocks go from 3:00 back to 2:00 at 01:00 UTC of the 25th.
RUNS = [("2026-10-24T06:00:00Z", "26h"), ("2026-10-25T11:00:00Z", "19h")]
READINGS = (26 + 19) * 3600
FILES = ["aggregate.pkl.zip", "all.pkl.zip", "all.csv", "all.csv.gz", "all.npz", "all.parquet", "house.nilmtk"]


def make_store(data):
    for start, length in RUNS:
        rig.run("run", "--demo", "--listen", "127.0.0.1:0", "--data", data, "--house", "generated:5", "--start", start,
                "--speed", "max", "--for", length)


class Export(rig.Case):
    @classmethod
    def setUpClass(cls):
        cls.shared = tempfile.TemporaryDirectory(prefix="fithome-export-")
        cls.store = pathlib.Path(cls.shared.name) / "data"
        make_store(cls.store)

    @classmethod
    def tearDownClass(cls):
        cls.shared.cleanup()

    def setUp(self):
        super().setUp()
        self.data = self.store

    def export(self, file, *args, **kwargs):
        return rig.run("export", "--data", self.data, "-o", self.folder / file, *args, **kwargs)

    def rows(self, file, *args):
        self.export(file, *args)
        return list(csv.DictReader(io.StringIO((self.folder / file).read_text())))

    def left_over(self):
        return sorted(path.name for path in self.folder.iterdir())

    def test_a_terminal_is_shown_how_far_it_is_and_a_pipe_is_not(self):
        words = ("export", "--data", self.data, "-o", self.folder / "all.csv")
        # The line is drawn five times a second, and a machine may be quicker than that: so time flies.
        flies = {"LD_PRELOAD": rig.faketime(), "FAKETIME": "+0 x200"}
        master, slave = pty.openpty()
        with subprocess.Popen([rig.BINARY, *map(str, words)], env=rig.ENVIRONMENT | flies, stderr=slave, stdout=subprocess.DEVNULL) as process:
            os.close(slave)
            said = b""
            try:
                while new := os.read(master, 65536):
                    said += new
            except OSError:  # it has ended
                pass
            os.close(master)
        self.assertEqual(process.returncode, 0, said)
        self.assertRegex(said.decode(), r"\r\x1b\[K[ 0-9]{3} %  \d+ readings  \d+ a second  \S.* left")
        self.assertTrue(said.decode().rstrip().endswith("\r\x1b[K"), "and nothing of it stays")

        done = rig.run(*words)
        self.assertEqual(done.stderr, "")
        self.assertNotIn("left", done.stdout)

    def test_months_and_words_are_times(self):
        october = self.rows("month.csv", "--from", "2026-10", "--to", "2026-11", "--channels", "Pa", "--timezone", "UTC")
        self.assertEqual(len(october), len(self.rows("all.csv", "--channels", "Pa", "--timezone", "UTC")))
        none = self.export("month.csv", "--from", "2026-09", "--to", "2026-10", "--timezone", "UTC", check=False)
        self.assertEqual(none.returncode, 69, none.stderr)

        midnight = datetime.datetime.now(datetime.timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
        self.data = self.folder / "data"
        begin = midnight - datetime.timedelta(days=1, minutes=5)
        rig.run("run", "--demo", "--listen", "127.0.0.1:0", "--data", self.data, "--config", "/dev/null", "--start", begin.isoformat(),
                "--speed", "max", "--for", "1450m", env={"FITHOME_INTERVAL": "10"})
        first = lambda *words: self.rows("some.csv", *words, "--channels", "Pa", "--timezone", "UTC")[0]["time"]
        self.assertEqual(first("--from", "today"), midnight.strftime("%Y-%m-%dT%H:%M:%S.000Z"))
        self.assertEqual(first("--from", "yesterday"), (midnight - datetime.timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S.000Z"))
        self.assertLess(first("--from", "-7d"), first("--from", "yesterday"))

    # What is in the files

    def write_all(self):
        self.export("aggregate.pkl.zip")
        self.export("minute.pkl.zip", "--to", "2026-10-24T06:01:00Z")
        for file in FILES[1:-1]:
            self.export(file, "--channels", "all")
        for file in ("steps.pkl.zip", "steps.npz"):
            self.export(file, "--every", "10m", "--channels", "Pa,Pr,u_b")
        for file in ("unwired.pkl.zip", "unwired.npz"):
            self.export(file, "--channels", "Pa,u_b")
        self.export("local.csv", *BERLIN)
        for file in ("plain.pkl.zip", "plain.npz"):
            self.export(file, "--channels", "all", "--uncompressed")
        said = self.export("house.nilmtk").stdout
        self.assertIn(f"{READINGS} readings", said)
        text = rig.run("read", "--data", self.data, "--from", "2026-10-24", "--format", "csv").stdout
        self.assertEqual(text.count("\n"), READINGS + 1)
        (self.folder / "readings.csv").write_text(text)

    def read_back(self, python):
        done = subprocess.run([python, rig.ROOT / "tests/e2e/read_back.py", self.folder], capture_output=True, text=True,
                              timeout=rig.PATIENCE)
        self.assertEqual(done.returncode, 0, done.stderr)
        found = json.loads(done.stdout)
        print("read back by", found["versions"], file=sys.stderr)
        return found

    def test_every_format_holds_every_reading_bit_for_bit(self):
        self.write_all()
        ours = {"aggregate.pkl.zip", "all.pkl.zip", "all.csv", "all.csv.gz", "all.npz", "local.csv", "nilmtk", "plain.pkl.zip", "plain.npz"}

        debian = self.read_back(rig.DEBIAN_PYTHON)
        self.assertEqual(debian["different"], {})
        self.assertGreaterEqual(set(debian["equal"]), ours)
        self.assertIn(debian["versions"]["pandas"][0], "12")

        before = self.read_back(python_venv.python("pandas-2", ["pandas>=2,<3"]))
        self.assertEqual(before["different"], {})
        self.assertEqual(set(before["equal"]), ours)
        self.assertEqual(before["versions"]["pandas"][0], "2")

        newest = self.read_back(python_venv.python("analyst", python_venv.NEWEST))
        self.assertEqual(newest["different"], {})
        self.assertEqual(set(newest["equal"]), ours | {"all.parquet", "duckdb all.parquet", "duckdb all.csv"})
        self.assertEqual(newest["versions"]["pandas"][0], "3")

    def test_uncompressed_numbers_stand_in_the_zip_as_they_are(self):
        for file in ("all.pkl.zip", "all.npz"):
            with self.subTest(file):
                self.export(file, "--uncompressed")
                self.export("pressed-" + file)
                with zipfile.ZipFile(self.folder / file) as plain, zipfile.ZipFile(self.folder / ("pressed-" + file)) as pressed:
                    self.assertIsNone(plain.testzip())
                    self.assertEqual({member.compress_type for member in plain.infolist()}, {zipfile.ZIP_STORED})
                    self.assertEqual(plain.namelist(), pressed.namelist())
                    for name in plain.namelist():
                        self.assertEqual(plain.read(name), pressed.read(name))

    def test_what_was_not_measured_has_no_rows_and_the_next_says_so(self):
        times = {row["time"]: row["flags"] for row in self.rows("all.csv", "--from", "2026-10-25T07:59Z", "--to",
                                                               "2026-10-25T11:01Z", "--channels", "Pa", "--timezone", "UTC")}
        self.assertEqual(len(times), 120)
        self.assertNotIn("2026-10-25T08:00:00.000Z", times)
        self.assertIn("after_gap", times["2026-10-25T11:00:00.000Z"])

    # Steps

    def test_days_begin_at_local_midnight_and_that_sunday_has_25_hours(self):
        days = self.rows("days.csv", "--every", "1d", "--channels", "Pa", *BERLIN)
        self.assertEqual([day["time"] for day in days], ["2026-10-24T00:00:00.000+02:00", "2026-10-25T00:00:00.000+02:00",
                                                         "2026-10-26T00:00:00.000+01:00"])
        readings = self.rows("sunday.csv", "--from", "2026-10-25", "--to", "2026-10-26", "--channels", "Pa", *BERLIN)
        self.assertEqual(len(readings), (25 - 3) * 3600)
        watts = [float(row["Pa"]) for row in readings]
        sunday = days[1]
        self.assertAlmostEqual(float(sunday["Pa"]), sum(watts) / len(watts), delta=0.006)
        self.assertEqual([float(sunday["Pa_min"]), float(sunday["Pa_max"])], [min(watts), max(watts)])
        # The first reading behind the gap stands for no time, and that of midnight for the second before it.
        told = [row for row in readings if "after_gap" not in row["flags"]]
        self.assertEqual(len(told), len(readings) - 1)
        self.assertAlmostEqual(float(sunday["Pa_wh"]), sum(float(row["Pa"]) for row in told) / 3600, delta=0.001)

    def test_the_hour_that_is_there_twice_is_two_steps(self):
        hours = [row["time"] for row in self.rows("hours.csv", "--every", "1h", "--channels", "Pa", *BERLIN)]
        night = [time[11:13] + time[-6:] for time in hours if time.startswith("2026-10-25T0")][:5]
        self.assertEqual(night, ["00+02:00", "01+02:00", "02+02:00", "02+01:00", "03+01:00"])
        self.assertEqual(len(hours), 26 + 19)

    def test_hours_add_up_to_their_days(self):
        days = self.rows("days.csv", "--every", "1d", "--channels", "Pa", *BERLIN)
        hours = self.rows("hours.csv", "--every", "1h", "--channels", "Pa", *BERLIN)
        self.assertAlmostEqual(sum(float(row["Pa_wh"]) for row in hours), sum(float(row["Pa_wh"]) for row in days), places=1)

    def test_days_add_up_to_the_weeks_months_and_years_of_the_local_calendar(self):
        days = self.rows("days.csv", "--every", "day", "--channels", "Pa", *BERLIN)
        begins = {"week": ["2026-10-19T00:00:00.000+02:00", "2026-10-26T00:00:00.000+01:00"],
                  "month": ["2026-10-01T00:00:00.000+02:00"], "year": ["2026-01-01T00:00:00.000+01:00"]}
        for every, expected in begins.items():
            steps = self.rows(f"{every}.csv", "--every", every, "--channels", "Pa", *BERLIN)
            self.assertEqual([step["time"] for step in steps], expected)
            for step, end in zip(steps, expected[1:] + ["9"]):
                parts = [float(day["Pa_wh"]) for day in days if step["time"][:10] <= day["time"] < end]
                self.assertAlmostEqual(float(step["Pa_wh"]), sum(parts), delta=0.001 * len(parts))

    # What goes wrong

    def assert_refused(self, status, what, file, *args, **kwargs):
        (self.folder / "old").write_text("old")
        shutil.copy(self.folder / "old", self.folder / file)
        done = self.export(file, *args, check=False, **kwargs)
        self.assertEqual((done.returncode, done.stdout), (status, ""), done.stderr)
        self.assertRegex(done.stderr, what)
        self.assertNotIn(".part", done.stderr, "its name is nobody's business")
        self.assertEqual((self.folder / file).read_text(), "old")
        self.assertEqual(self.left_over(), sorted({"old", file}))

    def test_a_time_without_readings_names_the_time_that_has_some(self):
        self.assert_refused(69, "no reading .*there are some from 2026-10-24T06:00:00", "day.csv", "--from", "2027-01-01")
        self.assert_refused(69, "no reading", "day.csv", "--from", "2026-10-25T08:30Z", "--to", "2026-10-25T10:00Z")

    def test_words_that_make_no_sense_are_told_with_those_that_do(self):
        self.assert_refused(64, 'no channel "watts".*Pa', "day.csv", "--channels", "Pa,watts")
        self.assert_refused(64, "Europe/Bärlin", "day.csv", "--timezone", "Europe/Bärlin")
        self.assert_refused(64, "xlsx.*pandas", "day.csv", "--format", "xlsx")
        self.assert_refused(64, "--uncompressed is for pandas and npz, not for csv", "day.csv", "--uncompressed")
        self.assert_refused(64, "must be before", "day.csv", "--from", "2026-10-25", "--to", "2026-10-24")
        self.assert_refused(64, 'no meter "solar"', "day.csv", "--meter", "solar")

    def test_a_disk_that_is_full_leaves_the_old_file(self):
        for file in ("all.csv", "all.csv.gz", "all.pkl.zip", "all.npz", "all.parquet"):
            with self.subTest(file):
                shutil.rmtree(self.folder)
                self.folder.mkdir()
                self.assert_full(file)

    def assert_full(self, file):
        # A file that may not grow is the disk that cannot take more; python ignores the signal, and so does its child.
        (self.folder / file).write_text("old")
        limit = 200_000
        done = subprocess.run([rig.BINARY, "export", "--data", self.data, "-o", self.folder / file, "--channels", "all"],
                              capture_output=True, text=True, env=rig.ENVIRONMENT, timeout=rig.PATIENCE, restore_signals=False,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
        self.assertEqual(done.returncode, 74, done.stderr)
        self.assertRegex(done.stderr, f"write {self.folder / file}: .*; nothing was changed")
        self.assertEqual((self.folder / file).read_text(), "old")
        self.assertEqual(self.left_over(), [file])

    def test_ctrl_c_leaves_the_old_file(self):
        file = self.folder / "all.npz"
        file.write_text("old")
        export = subprocess.Popen([rig.BINARY, "export", "--data", self.data, "-o", file, "--channels", "all"],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=rig.ENVIRONMENT)
        rig.until(lambda: list(self.folder.glob(".all.npz.part-*")), "the export to begin")
        export.send_signal(signal.SIGINT)
        out, err = export.communicate(timeout=rig.PATIENCE)
        self.assertNotEqual(export.returncode, 0)
        self.assertEqual(out, "")
        self.assertIn("stopped; nothing was changed", err)
        self.assertEqual(file.read_text(), "old")
        self.assertEqual(self.left_over(), ["all.npz"])

    # Beside a daemon

    def test_a_daemon_beside_it_misses_nothing(self):
        self.data = self.folder / "data"
        shutil.copytree(self.store, self.data)
        daemon = self.daemon("--demo", "--data", self.data, "--house", "generated:5")
        first = daemon.live(2)[0]["time"]
        for file in ("all.npz", "all.csv.gz", "all.parquet"):
            self.export(file, "--channels", "all")
        daemon.live(2)
        status = daemon.json("/api/v1/status")
        self.assertEqual(status["faults"], [])
        self.assertEqual((status["missed"], status["dropped"], status["store_errors"]), (0, 0, 0))
        daemon.stop()
        self.assert_no_hole(self.readings("--from", first), 1)


if __name__ == "__main__":
    unittest.main()
