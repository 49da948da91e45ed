# SPDX-License-Identifier: MIT
"""Readings by the names that FHmonitor and FHanalyze gave them: from MongoDB, from the store, or from an export.

A document of the collection needs `_id`, whose first four bytes are the second, and `Pa` or `Pr`; `ts`, which has the
milliseconds, and `meter` are used where they are. Any other is no reading: it is left out, and counted.
"""
from __future__ import annotations

import os
import pickle
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Optional, Union
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from fithome import store
from fithome.exports import in_utc, read_export

ALL_READINGS = "*"
Where = Union[str, Path]


class MonitorData:
    """The readings of a house, wherever they are kept.

    `data` is a data directory or a file that `fithome export` wrote; without it the readings are those of MongoDB.
    `timezone` is the house's, this machine's unless said: days begin there. `meter` is its name in MongoDB, its number
    in the store. `left_out` says how many documents of MongoDB were no readings when it was last asked.
    """

    left_out = 0

    def __init__(self, mongodb_path: str = "mongodb://127.0.0.1:27017", db_str: str = "FitHome",
                 collection_name: str = "aggregate", *, data: Optional[Where] = None, timezone: Optional[str] = None,
                 meter: Union[str, int, None] = None):
        self.mongodb_path, self.db_str, self.collection_name = mongodb_path, db_str, collection_name
        self.data = None if data is None else Path(data)
        self.timezone = timezone or local_zone()
        self.meter = meter
        self._collection: Any = None

    def readings(self, begin: Optional[datetime] = None, end: Optional[datetime] = None) -> pd.DataFrame:
        """Pa in W and Pr in var, from `begin` to before `end`; both must know their time zone. None: all there is."""
        if self.data is None:
            frame = self._from_mongodb(begin, end)
        elif self.data.is_dir():
            frame = _from_store(self.data, 1 if self.meter is None else int(self.meter))
        else:
            frame = read_export(self.data)[["Pa", "Pr"]]
        after = frame.index >= begin if begin else np.ones(len(frame), bool)
        before = frame.index < end if end else np.ones(len(frame), bool)
        return frame[after & before]

    def get_isodate_list(self) -> list[str]:
        """The local days of which there are readings: ["2026-10-25", ...]."""
        days = pd.DatetimeIndex(self.readings().index).tz_convert(self.timezone).normalize().unique()
        return [f"{day:%Y-%m-%d}" for day in days]

    def get_DataFrame_for_date(self, date_str: str = ALL_READINGS) -> pd.DataFrame:
        """As the function of that name, of this house."""
        begin = end = None
        if date_str != ALL_READINGS:
            begin, end = day_bounds(date_str, self.timezone)
        return get_DataFrame_for_date(self.readings(begin, end), date_str, self.timezone)

    def get_always_on_watts(self, date_str: str = ALL_READINGS, start_time: str = "*", end_time: str = "*",
                            quantile: float = .3) -> float:
        """As the function of that name, of this house."""
        return _always_on(self.get_DataFrame_for_date(date_str), start_time, end_time, quantile)

    def to_pickle(self, path: Where = "aggregate.pkl.zip") -> int:
        """Writes all readings as `fithome export` does, for pandas.read_pickle of pandas 1.5 to 3; says how many."""
        frame, place = self.readings(), Path(path)
        part = place.with_name(f".{place.name}.part-{os.getpid()}")
        try:
            with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                archive.writestr("aggregate.pkl", pickle.dumps(_Portable(frame), protocol=4))
            os.replace(part, place)
        finally:
            part.unlink(missing_ok=True)
        return len(frame)

    def _from_mongodb(self, begin: Optional[datetime], end: Optional[datetime]) -> pd.DataFrame:
        asked: dict[str, Any] = {} if self.meter is None else {"meter": self.meter}
        bounds = {}
        if begin:
            bounds["$gte"] = _first_id(int(begin.timestamp()))
        if end:
            bounds["$lt"] = _first_id(int(np.ceil(end.timestamp())))
        if bounds:
            asked["_id"] = bounds
        wanted = {"_id": 1, "Pa": 1, "Pr": 1, "ts": 1}
        times, active, reactive = [], [], []
        self.left_out = 0
        for document in self.collection().find(asked, wanted).sort("_id", 1):
            if not _is_reading(document):
                self.left_out += 1
                continue
            times.append(_milliseconds_of(document))
            active.append(document.get("Pa"))
            reactive.append(document.get("Pr"))
        return frame_of(np.array(times, "int64"), Pa=np.array(active, "float64"), Pr=np.array(reactive, "float64"))

    def collection(self) -> Any:
        """The collection, connected to when it is first asked for."""
        if self._collection is None:
            import pymongo  # only who asks a MongoDB needs it
            client: Any = pymongo.MongoClient(self.mongodb_path, serverSelectionTimeoutMS=5000)
            client.server_info()  # raises where there is none
            self._collection = client[self.db_str][self.collection_name]
        return self._collection


def get_DataFrame_for_date(readings: pd.DataFrame, date_str: str = ALL_READINGS,
                           timezone: Optional[str] = None) -> pd.DataFrame:
    """Active power Pa of a local day ("2026-10-25") or of all, by local time to the second and without its zone.

    So FHanalyze has it. In the night when clocks are put back an hour is there twice: work in UTC where that matters.
    Raises LookupError where there is no reading, ValueError where `date_str` is no date.
    """
    zone = timezone or local_zone()
    frame = readings[["Pa"]]
    if date_str != ALL_READINGS:
        begin, end = day_bounds(date_str, zone)
        frame = frame[(frame.index >= begin) & (frame.index < end)]
    if frame.empty:
        raise LookupError(f"there are no readings for {date_str}")
    # To the second first: the other way round the hour that is there twice cannot be told apart.
    seconds = pd.DatetimeIndex(frame.index).round("s")
    return frame.set_axis(seconds.tz_convert(zone).tz_localize(None))


def get_always_on_watts(readings: pd.DataFrame, date_str: str = ALL_READINGS, start_time: str = "*", end_time: str = "*",
                        quantile: float = .3, timezone: Optional[str] = None) -> float:
    """The power that is on all day: 30 % of the readings of a day, or of all, are below it.

    With `start_time` and `end_time` ("01:00") only readings between them, by the local clock.
    """
    return _always_on(get_DataFrame_for_date(readings, date_str, timezone), start_time, end_time, quantile)


def _always_on(frame: pd.DataFrame, start_time: str, end_time: str, quantile: float) -> float:
    if start_time != "*" and end_time != "*":
        frame = frame.between_time(start_time, end_time)
    return float(frame["Pa"].quantile(quantile))


def day_bounds(date_str: str, timezone: str) -> tuple[datetime, datetime]:
    """Its first moment and that of the day after: 23, 24 or 25 hours."""
    day, zone = date.fromisoformat(date_str), ZoneInfo(timezone)
    return datetime.combine(day, time(), zone), datetime.combine(day + timedelta(days=1), time(), zone)


def local_zone() -> str:
    """The name of this machine's time zone, such as "Europe/Berlin"."""
    if os.environ.get("TZ"):
        return os.environ["TZ"].lstrip(":")
    where = os.path.realpath("/etc/localtime")
    return where.partition("/zoneinfo/")[2] or "UTC"


def frame_of(times_ms: np.ndarray, **columns: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(columns, index=in_utc(pd.to_datetime(times_ms, unit="ms", utc=True)))


def _from_store(directory: Path, meter: int) -> pd.DataFrame:
    found = store.read(directory, ["p", "q"], meter)
    return frame_of(found.time_ms, Pa=found.channels["p"].values, Pr=found.channels["q"].values)


def _first_id(second: int) -> Any:
    from bson import ObjectId  # comes with pymongo
    return ObjectId(second.to_bytes(4, "big") + bytes(8))


def _is_reading(document: dict[str, Any]) -> bool:
    values = [document[key] for key in ("Pa", "Pr") if key in document]
    told = isinstance(document.get("ts"), datetime) or type(document["_id"]).__name__ == "ObjectId"
    return told and bool(values) and all(value is None or type(value) in (float, int) for value in values)


def _milliseconds_of(document: dict[str, Any]) -> int:
    if isinstance(document.get("ts"), datetime):  # without a zone, and in UTC
        since: timedelta = document["ts"].replace(tzinfo=None) - datetime(1970, 1, 1)
        return round(since / timedelta(milliseconds=1))
    return 1000 * int(str(document["_id"])[:8], 16)


class _Portable:
    """Pickled as the calls that make the frame anew, of functions that numpy and pandas have had for many years."""

    def __init__(self, frame: pd.DataFrame):
        self.frame = frame

    def __reduce__(self) -> tuple[Any, ...]:
        columns = {str(name): _Numbers(self.frame[name].to_numpy()) for name in self.frame}
        times = pd.DatetimeIndex(self.frame.index).tz_convert(None).to_numpy().astype("datetime64[ns]")
        return pd.DataFrame, (columns, _Times(times))


class _Numbers:
    def __init__(self, numbers: np.ndarray):
        self.numbers = numbers

    def __reduce__(self) -> tuple[Any, ...]:
        return np.frombuffer, (self.numbers.tobytes(), self.numbers.dtype.str)


class _Times(_Numbers):
    def __reduce__(self) -> tuple[Any, ...]:
        return pd.to_datetime, (_Numbers(self.numbers), "raise", False, False, True)
