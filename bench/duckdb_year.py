#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""DuckDB on the readings of a store, to be compared with `build/release/bench/store`; needs duckdb from PyPI.

    bench/duckdb_year.py FILE.parquet [DATABASE]

FILE is `fithome export --channels all`. It is brought into a database of DuckDB's own, ordered by time, then asked what
bench/store asks, by one thread. Processor time, the least of as many rounds as a second holds, two at least; DATABASE is emptied first.
"""
import pathlib
import sys
import time

import duckdb

DAY = 86_400


def least(ask):
    took = []
    while len(took) < 2 or (len(took) < 200 and sum(took) < 1000):
        begin = time.process_time()
        rows = ask()
        took.append(1e3 * (time.process_time() - begin))
    return f"{min(took):.1f} ms ({rows} rows)"


def main():
    database = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else "build/bench-duckdb.db")
    database.unlink(missing_ok=True)
    db = duckdb.connect(str(database), config={"threads": 1})
    begin = time.monotonic()
    db.execute("CREATE TABLE reading AS SELECT * FROM read_parquet(?)", [sys.argv[1]])
    db.execute("CHECKPOINT")
    print(f"DuckDB {duckdb.__version__}: loaded in {time.monotonic() - begin:.0f} s")
    columns = [name for name, *_ in db.execute("DESCRIBE reading").fetchall()]
    when = next(name for name in columns if name.lower() in ("time", "timestamp", "date"))
    first, last, count = db.execute(f"SELECT min({when}), max({when}), count(*) FROM reading").fetchone()
    print(f"{count} readings of {len(columns)} columns from {first} to {last}: {database.stat().st_size / count:.2f} bytes a reading")
    p, q = ("p", "q") if "p" in columns else columns[1:3]
    ask = lambda sql, *values: lambda: len(db.execute(sql, values).fetchnumpy()[p])
    print("last 24 h of 2 channels:", least(ask(f"SELECT {when}, {p}, {q} FROM reading WHERE {when} > ? - INTERVAL 1 DAY", last)))
    steps = f"SELECT time_bucket(INTERVAL '%s', {when}) AS t, min({p}) AS {p}, avg({p}), max({p}) FROM reading"
    print("all in steps of 9 h:", least(ask(steps % "9 hours" + " GROUP BY t")))
    print("a week in steps of 10 min:", least(ask(steps % "10 minutes" + f" WHERE {when} > ? - INTERVAL 7 DAY GROUP BY t", last)))
    print("all days:", least(ask(steps % "1 day" + " GROUP BY t")))


if __name__ == "__main__":
    main()
