# SPDX-License-Identifier: MIT
"""Files that `fithome export` wrote, docs/export.md, of any format but nilmtk."""
from __future__ import annotations

from pathlib import Path
from typing import Callable, Union

import numpy as np
import pandas as pd

# What is doubtful about a reading, by its bit in the column `flags`; docs/analyst.md says what each means.
FLAGS = ("simulated", "clock_unsynced", "late", "retried", "incoherent", "clipped", "no_voltage", "after_gap",
         "energy_lost", "clock_unset", "suspect", "imported")


def read_export(path: Union[str, Path]) -> pd.DataFrame:
    """The readings or steps in a file, the same whatever its format: index `time` in UTC, numbers, `flags` as bits.

    A pickle can run any program when it is read: read those of your own meter only, and take CSV or Parquet from
    others. Raises ValueError for a name that is none of ours.
    """
    name = Path(path).name
    for ending, read in READERS.items():
        if name.endswith(ending):
            return read(str(path))
    raise ValueError(f"{name}: no export is called so; they end in {', '.join(READERS)}")


def in_utc(times: Union[pd.Series, pd.Index]) -> pd.DatetimeIndex:
    """An index of nanoseconds named `time`, which pandas before 2 has anyway."""
    index = pd.DatetimeIndex(times)
    if hasattr(index, "as_unit"):
        index = index.as_unit("ns")
    return index.rename("time")


def flag_words(flags: int) -> str:
    """5 is "simulated late"."""
    return " ".join(word for bit, word in enumerate(FLAGS) if flags >> bit & 1)


def flag_bits(words: str) -> int:
    return sum(1 << FLAGS.index(word) for word in words.split())


def _read_pandas(path: str) -> pd.DataFrame:
    frame: pd.DataFrame = pd.read_pickle(path)
    frame.index = in_utc(frame.index)
    return frame


def _read_csv(path: str) -> pd.DataFrame:
    frame = pd.read_csv(path, dtype={"flags": str})
    frame.index = in_utc(pd.to_datetime(frame.pop("time"), utc=True))
    words = frame.pop("flags").fillna("")
    bits = {each: flag_bits(each) for each in words.unique()}
    frame = frame.astype("float64")
    frame["flags"] = words.map(bits).astype("uint32")
    return frame


def _read_npz(path: str) -> pd.DataFrame:
    with np.load(path) as arrays:
        columns = {name: arrays[name] for name in arrays.files}
    times = pd.to_datetime(columns.pop("time"), utc=True)
    return pd.DataFrame(columns, index=in_utc(times))


def _read_parquet(path: str) -> pd.DataFrame:
    frame = pd.read_parquet(path)  # says itself that it needs pyarrow
    frame.index = in_utc(frame.pop("time"))
    return frame


READERS: dict[str, Callable[[str], pd.DataFrame]] = {
    ".pkl.zip": _read_pandas, ".pkl": _read_pandas, ".csv.gz": _read_csv, ".csv": _read_csv, ".npz": _read_npz,
    ".parquet": _read_parquet}
