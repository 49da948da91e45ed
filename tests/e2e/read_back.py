# SPDX-License-Identifier: MIT
"""Reads all exports in a folder with whatever stands behind this python, and holds them against the readings.

Use: read_back.py FOLDER, where FOLDER has readings.csv of `fithome read` beside the exports. Prints what was compared
as JSON: {"versions": {...}, "equal": [file...], "different": {file: where}}.
"""
import csv
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "python"))

import fithome
import numpy as np
import pandas as pd

FOLDER = Path(sys.argv[1])
RENAMED = {"p": "Pa", "q": "Pr"}
DIFFERENT = {}


def readings():
    """As text alone says it: no pandas is asked."""
    with open(FOLDER / "readings.csv", newline="") as file:
        rows = csv.reader(file)
        names, *rest = zip(*([next(rows)] + list(rows))), ()
    columns = {column[0]: column[1:] for column in names}
    times = np.array([time.rstrip("Z") for time in columns.pop("time")], "datetime64[ms]")
    flags = np.array([fithome.exports.flag_bits(words) for words in columns.pop("flags")], "uint32")
    values = {RENAMED.get(name, name): np.array([float(text or "nan") for text in texts]) for name, texts in columns.items()}
    return times, flags, values


def same(a, b):
    return len(a) == len(b) and np.asarray(a, "float64").tobytes() == np.asarray(b, "float64").tobytes()


def compare(file, times, flags, values, wanted):
    wrong = []
    if not np.array_equal(times.astype("datetime64[ms]").astype("int64"), TIMES.astype("int64")):
        wrong.append(f"time: {len(times)} rows for {len(TIMES)}")
    if flags is not None and not np.array_equal(flags, FLAGS):
        wrong.append("flags")
    if list(values) != list(wanted):
        wrong.append(f"columns {list(values)}")
    wrong += [name for name in wanted if name not in values or not same(values[name], VALUES[name])]
    DIFFERENT[file] = wrong


def compare_frame(file, frame, wanted):
    assert str(frame.index.tz) == "UTC", file
    flags = frame.pop("flags").to_numpy() if "flags" in frame else None
    compare(file, frame.index.tz_convert(None).to_numpy(), flags, {name: frame[name].to_numpy() for name in frame}, wanted)


def is_smaller_than_pandas_own(file):
    own = FOLDER / "own.pkl.zip"
    pd.read_pickle(file).to_pickle(own)
    assert file.stat().st_size < own.stat().st_size / 2, (file.stat().st_size, own.stat().st_size)


def change(frame):
    """It is an ordinary frame, not one of bytes that cannot be written."""
    assert all(values.flags.writeable for values in frame._mgr.arrays)
    frame.loc[frame.index[0], "Pa"] = -1.5
    frame["half"] = frame["Pa"] / 2
    assert frame["half"].iloc[0] == -0.75


def compare_with_arrays(name):
    """Means, and what was not measured, are no whole steps; a numpy file holds each double as it is."""
    frame = pd.read_pickle(FOLDER / f"{name}.pkl.zip")
    with np.load(FOLDER / f"{name}.npz") as arrays:
        wanted = [file for file in arrays.files if file not in ("time", "flags")]
        assert list(frame) == wanted and np.isnan(arrays["u_b"]).all(), wanted
        assert np.array_equal(frame.index.tz_convert(None).to_numpy(), arrays["time"])
        assert all(same(frame[column], arrays[column]) for column in wanted), name


def read_parquet():
    try:
        import pyarrow.parquet
    except ImportError:
        return
    VERSIONS["pyarrow"] = pyarrow.__version__
    table = pyarrow.parquet.read_table(FOLDER / "all.parquet")
    assert str(table.schema.field("time").type) == "timestamp[ms, tz=UTC]", table.schema
    assert not any(field.nullable for field in table.schema), table.schema
    compare_frame("all.parquet", fithome.read_export(FOLDER / "all.parquet"), VALUES)
    groups = pyarrow.parquet.read_metadata(FOLDER / "all.parquet")
    assert groups.num_row_groups >= 2, "one group tells nothing of how they are joined"
    for number in range(groups.num_row_groups):
        bounds = groups.row_group(number).column(1).statistics
        assert bounds.min <= bounds.max, number


def read_with_duckdb():
    try:
        import duckdb
    except ImportError:
        return
    VERSIONS["duckdb"] = duckdb.__version__
    for name in ("all.parquet", "all.csv"):
        found = duckdb.sql(f"SELECT epoch_ms(time) AS ms, * EXCLUDE (time, flags) FROM '{FOLDER / name}' ORDER BY ms").fetchnumpy()
        times = np.asarray(found.pop("ms")).astype("datetime64[ms]")
        # A NULL of its CSV is a masked number.
        values = {column: np.ma.filled(np.ma.asarray(data, "float64"), np.nan) for column, data in found.items()}
        compare(f"duckdb {name}", times, None, values, VALUES)


def read_nilmtk():
    frame = pd.read_csv(FOLDER / "house.nilmtk/building1/elec/meter1.csv", header=None, skiprows=3)
    times = pd.to_datetime(frame[0], utc=True).dt.tz_convert(None).to_numpy()
    wanted = ["p_a", "q_a", "s_a", "u_a", "i_a", "pf_a", "f"]
    compare("nilmtk", times, None, {name: frame[n + 1].to_numpy() for n, name in enumerate(wanted)}, wanted)


VERSIONS = {"python": sys.version.split()[0], "pandas": pd.__version__, "numpy": np.__version__}
TIMES, FLAGS, VALUES = readings()
compare_frame("aggregate.pkl.zip", pd.read_pickle(FOLDER / "aggregate.pkl.zip"), ["Pa", "Pr"])
for each in ("aggregate.pkl.zip", "minute.pkl.zip"):  # of several pieces, and of one
    change(pd.read_pickle(FOLDER / each))
is_smaller_than_pandas_own(FOLDER / "aggregate.pkl.zip")
compare_with_arrays("steps")
compare_with_arrays("unwired")
for each in ("all.pkl.zip", "all.csv", "all.csv.gz", "all.npz", "local.csv", "plain.pkl.zip", "plain.npz"):
    compare_frame(each, fithome.read_export(FOLDER / each), VALUES)
read_parquet()
read_with_duckdb()
read_nilmtk()
print(json.dumps({"versions": VERSIONS, "equal": [file for file, wrong in DIFFERENT.items() if not wrong],
                  "different": {file: wrong for file, wrong in DIFFERENT.items() if wrong}}))
