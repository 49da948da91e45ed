#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""docs/store-format.md is true: python/fithome/store.py, written from it alone, finds what the store was given.

Use: store_format_test.py PROGRAM, where PROGRAM is the store_sample of src/store.
"""
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import debian_numpy  # before what needs it
from fithome import minutes, store

# As the document says, not as the program does.
CHANNELS = [("p", "W", 2), ("q", "var", 2), ("s", "VA", 2), ("pf", "", 3), ("f", "Hz", 2), ("temp", "°C", 0)]
for line in "abc":
    CHANNELS += [(f"u_{line}", "V", 2), (f"i_{line}", "A", 3), (f"p_{line}", "W", 2),
                 (f"q_{line}", "var", 2), (f"s_{line}", "VA", 2), (f"pf_{line}", "", 3)]
START_MS = 1_795_334_400_000
SAMPLE = ""


def make_rows(seed):
    dice = random.Random(seed)
    rows = []
    for n in range(5000):
        steps = [None if dice.random() < 0.2 else dice.randint(-2**31, 2**31 - 1) for _ in CHANNELS]
        rows.append((START_MS + 1000 * n, dice.getrandbits(10), *steps))
    return rows


class StoreFormat(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.rows = make_rows(seed=3)
        text = "".join(" ".join("-" if v is None else str(v) for v in row) + "\n" for row in cls.rows)
        utc = dict(os.environ, TZ="UTC0")  # days are the house's
        done = subprocess.run([SAMPLE, cls.folder.name], input=text, env=utc, capture_output=True, text=True, check=True)
        cls.site = done.stdout.strip()
        file = Path(cls.folder.name) / "readings.db"
        cls.db = sqlite3.connect(f"file:{file}?mode=ro", uri=True)

    @classmethod
    def tearDownClass(cls):
        cls.db.close()
        cls.folder.cleanup()

    def one(self, sql):
        return self.db.execute(sql).fetchone()

    def test_says_what_it_is(self):
        self.assertEqual(self.one("PRAGMA application_id"), (0x46697448,))
        self.assertEqual(self.one("PRAGMA user_version"), (5,))
        self.assertEqual(self.one("PRAGMA journal_mode"), ("wal",))
        self.assertEqual(self.one("SELECT value FROM meta WHERE key = 'site'"), (self.site,))
        self.assertGreater(int(self.one("SELECT value FROM meta WHERE key = 'created_ms'")[0]), 0)
        self.assertEqual(self.one("SELECT id, name FROM meter"), (1, None))

    def test_lists_its_channels(self):
        found = self.db.execute("SELECT id, name, unit, decimals, line FROM channel WHERE meter = 1 ORDER BY id")
        expected = [(n, name, unit, decimals, name[-1] if name[-2:-1] == "_" else None)
                    for n, (name, unit, decimals) in enumerate(CHANNELS)]
        self.assertEqual(found.fetchall(), expected)

    def test_holds_every_reading(self):
        found = store.read(self.folder.name)
        self.assertEqual(found.time_ms.tolist(), [row[0] for row in self.rows])
        self.assertEqual(found.flags.tolist(), [row[1] for row in self.rows])
        for n, (name, _, decimals) in enumerate(CHANNELS):
            channel, given = found.channels[name], [row[2 + n] for row in self.rows]
            self.assertEqual(channel.decimals, decimals)
            self.assertEqual([v if there else None for v, there in zip(channel.steps.tolist(), channel.present)], given)
            self.assertEqual(channel.values[channel.present].tolist(), [v / 10**decimals for v in given if v is not None])

    def test_counts_readings_from_one_without_gaps(self):
        self.assertEqual(store.read(self.folder.name, ["p"]).sequence.tolist(), list(range(1, 5001)))
        blocks = self.db.execute("SELECT meter, first_sequence, last_sequence, first_ms, last_ms, count FROM block ORDER BY id")
        self.assertEqual(blocks.fetchall(), [(1, 1, 3600, START_MS, START_MS + 3_599_000, 3600),
                                             (1, 3601, 4000, START_MS + 3_600_000, START_MS + 3_999_000, 400)])
        self.assertEqual(self.one("SELECT generation, sequence, number FROM journal"), (1, 4000, 1))

    def test_reads_a_journal_without_a_header_and_none_of_an_earlier_life(self):
        data = Path(__file__).parent / "data"
        with tempfile.TemporaryDirectory() as folder:
            db = sqlite3.connect(Path(folder) / "readings.db")
            db.executescript((data / "store_format_4.sql").read_text(encoding="utf-8"))
            journal = Path(folder) / "journal"
            journal.write_bytes((data / "store_format_4.journal").read_bytes())
            self.assertEqual(store.read(folder, ["p"]).channels["p"].steps.tolist(), list(range(100_000, 100_300, 10)))
            db.executescript("UPDATE journal SET generation = 1, number = 0, record = NULL")
            self.assertEqual(store.read(folder, ["p"]).time_ms.tolist(), [])
            journal.write_bytes((Path(self.folder.name) / "journal").read_bytes())
            self.assertEqual(store.read(folder, ["p"]).time_ms.tolist(), [], "another store's")
            db.close()

    def test_finds_the_blocks_of_a_time_by_the_documents_query(self):
        document = Path(__file__).parents[1] / "docs" / "store-format.md"
        sql = document.read_text(encoding="utf-8").split("```sql\n")[1].split("```")[0]
        found = self.db.execute(sql, (START_MS + 3_600_000, START_MS + 3_590_000)).fetchall()
        self.assertEqual([data[:3] for (data,) in found], [b"FHB"])

    def rolled(self, length_ms):
        """What the sealed readings come to: (channel, start) -> count, min, sum, max."""
        found = {}
        for row in self.rows[:4000]:
            for (name, _, _), steps in zip(CHANNELS, row[2:]):
                if steps is not None:
                    found.setdefault((name, row[0] // length_ms * length_ms), []).append(steps)
        return {key: (len(some), min(some), sum(some), max(some)) for key, some in found.items()}

    def test_keeps_what_each_minute_comes_to(self):
        expected, found, readings = self.rolled(60_000), {}, 0
        for data, first, last in self.db.execute("SELECT data, first_ms, last_ms FROM minutes ORDER BY block"):
            rows = [row for row in self.rows if first <= row[0] <= last]
            kept = minutes.read(data)
            readings += int(kept.readings.sum())
            for n, start in enumerate(kept.start_ms.tolist()):
                flags = 0
                for row in rows:
                    flags |= row[1] if row[0] // 60_000 * 60_000 == start else 0
                self.assertEqual(int(kept.flags[n]), flags)
                for name, sums in kept.channels.items():
                    if sums.count[n]:
                        found[name, start] = tuple(int(part[n]) for part in (sums.count, sums.min, sums.sum, sums.max))
        self.assertEqual(readings, 4000)
        self.assertEqual(found, expected)

    def test_keeps_what_each_hour_and_day_comes_to(self):
        for table, length_ms in (("rollup_hour", 3_600_000), ("rollup_day", 86_400_000)):
            rows = self.db.execute(f"SELECT channel, start_ms, count, min, sum, max FROM {table}_value").fetchall()
            self.assertEqual({(name, start): tuple(rest) for name, start, *rest in rows}, self.rolled(length_ms))
            self.assertEqual(self.one(f"SELECT sum(readings) FROM {table}"), (4000,))
        document = Path(__file__).parents[1] / "docs" / "store-format.md"
        sql = document.read_text(encoding="utf-8").split("```sql\n")[2].split("```")[0]
        count, _, total, most = self.rolled(86_400_000)["p", START_MS // 86_400_000 * 86_400_000]
        ((start, mean, greatest),) = self.db.execute(sql).fetchall()
        self.assertEqual((start, greatest), ("2026-11-22T00:00:00Z", most / 100))
        self.assertAlmostEqual(mean, total / count / 100, 6)

    def test_holds_the_ledger_by_name(self):
        cursor = self.db.execute("SELECT * FROM ledger_mark")
        mark = dict(zip((column[0] for column in cursor.description), cursor.fetchone()))
        expected = {
            "time_ms": self.rows[-1][0],
            "active_import_a_nwh": 1_000_000_001, "active_export_b_nwh": 1_000_000_002,
            "reactive_import_c_nvarh": 1_000_000_003, "reactive_export_net_nvarh": 1_000_000_004,
            "apparent_net_nvah": 1_000_000_005, "active_remainder_net_nwh": -6,
            "reactive_remainder_net_nvarh": 7, "booked_active_export_t_counts": 8,
            "booked_apparent_c_counts": 9,
        }
        self.assertEqual({name: value for name, value in mark.items() if value != 0}, expected | {"meter": 1})
        found = store.ledger(self.folder.name)
        self.assertEqual({name: value for name, value in found.items() if value != 0}, expected)

    def test_holds_events_and_cursors(self):
        found = self.db.execute("SELECT meter, kind, begin_ms, end_ms, cause, reason, channel, worst FROM event ORDER BY kind").fetchall()
        self.assertEqual(found, [(1, "gap", START_MS, None, "lasts", "", "", None),
                                 (1, "sag", START_MS, START_MS, "low", "grid", "u_c", 9912),
                                 (1, "start", START_MS, START_MS, "by the test", "", "", None)])
        self.assertEqual(self.one("SELECT name, taken FROM cursor"), ("mqtt", 3))


    def test_tells_the_era_of_the_newest_readings(self):
        boot, offset, first, before, trust = self.one("SELECT value FROM meta WHERE key = 'era'")[0].split()
        self.assertEqual((boot, int(offset), int(first), before, trust), ("8f1c", 1234, START_MS, "-", "unvouched"))


if __name__ == "__main__":
    SAMPLE = sys.argv.pop(1)
    unittest.main()
