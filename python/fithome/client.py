# SPDX-License-Identifier: MIT
"""The HTTP API of a running daemon, docs/api.md.

Answers are what JSON says, with None for what was not measured; only `readings` is a DataFrame.
"""
from __future__ import annotations

import json
import os
import shutil
import time
import urllib.error
import urllib.parse
import urllib.request
from datetime import datetime
from pathlib import Path
from typing import Any, Iterator, Optional, Sequence, Union

import pandas as pd

from fithome.exports import in_utc

Moment = Union[str, datetime]  # "2026-11-22T22:40Z", "-1h", "today"; a datetime must know its zone
Answer = dict[str, Any]


class ApiError(Exception):
    """What the daemon refused, or could not do: `code` is a word for programs, such as "invalid"."""

    def __init__(self, code: str, what: str):
        super().__init__(what)
        self.code = code


class Client:
    """Raises ApiError where the daemon says no, and OSError where no daemon answers."""

    def __init__(self, url: str = "http://127.0.0.1:8080", timeout: float = 30):
        self.url = url.rstrip("/")
        self.timeout = timeout  # seconds

    def now(self, meter: Optional[str] = None) -> Answer:
        """The newest reading."""
        return self._json("now", meter=meter)

    def status(self) -> Answer:
        return self._json("status")

    def energy(self, since: Optional[Moment] = None, meter: Optional[str] = None) -> Answer:
        """Watt-hours since the meter began, since local midnight, and since `since`."""
        return self._json("energy", since=since, meter=meter)

    def readings(self, begin: Optional[Moment] = None, end: Optional[Moment] = None, channels: Sequence[str] = (),
                 every: Optional[str] = None, stats: Sequence[str] = (), meter: Optional[str] = None) -> pd.DataFrame:
        """Readings from `begin`, an hour ago unless said, to `end`, which is not included.

        With `every` ("1m") a row for each such step with its mean; `stats` adds ["min", "mean", "max"].
        """
        answer = self._json("readings", channels=",".join(channels), every=every, stats=",".join(stats), meter=meter,
                            to=end, **{"from": begin})
        frame = pd.DataFrame(answer["rows"], columns=answer["columns"])
        frame.index = in_utc(pd.to_datetime(frame.pop("time"), unit="ms", utc=True))
        measured = frame.columns != "flags"
        return frame.astype({name: "float64" for name in frame.columns[measured]} | {"flags": "uint32"})

    def events(self, begin: Optional[Moment] = None, end: Optional[Moment] = None, kinds: Sequence[str] = (),
               limit: Optional[int] = None) -> list[Answer]:
        """What happened and what lasts, newest first; of the last seven days unless said."""
        found: list[Answer] = self._json("events", to=end, kind=",".join(kinds), limit=str(limit) if limit else None,
                                         **{"from": begin})["events"]
        return found

    def sinks(self) -> list[Answer]:
        """To whom readings are handed on, and how far that is."""
        found: list[Answer] = self._json("sinks")["sinks"]
        return found

    def channels(self) -> list[Answer]:
        """What a meter can measure: name, unit, meaning, and whether this one does."""
        found: list[Answer] = self._json("channels")["channels"]
        return found

    def export(self, path: Union[str, Path], begin: Optional[Moment] = None, end: Optional[Moment] = None,
               channels: Sequence[str] = (), every: Optional[str] = None, meter: Optional[str] = None) -> Path:
        """Has the daemon make a file, of the format that its name ends in, waits for it, and puts it at `path`, whole."""
        place = Path(path)
        part = place.with_name(f".{place.name}.part-{os.getpid()}")
        try:
            while True:
                with self._open(f"export/{urllib.parse.quote(place.name)}", to=end, channels=",".join(channels), every=every,
                                meter=meter, **{"from": begin}) as answer:
                    if answer.status == 200:
                        with part.open("wb") as file:
                            shutil.copyfileobj(answer, file)
                        break
                    time.sleep(float(answer.headers.get("Retry-After", "1")))
            os.replace(part, place)
        finally:
            part.unlink(missing_ok=True)
        return place

    def live(self, meter: Optional[str] = None) -> Iterator[Answer]:
        """Each new reading as it comes, the newest at once; for ever, until the connection ends."""
        with self._open("live", meter=meter) as stream:
            for line in stream:
                if line.startswith(b"data: "):
                    yield json.loads(line[len(b"data: "):])

    def _json(self, path: str, **query: Optional[Moment]) -> Answer:
        with self._open(path, **query) as answer:
            found: Answer = json.load(answer)
            return found

    def _open(self, path: str, **query: Optional[Moment]) -> Any:
        said = {key: _text(value) for key, value in query.items() if value}
        try:
            return urllib.request.urlopen(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(said)}", timeout=self.timeout)
        except urllib.error.HTTPError as refusal:
            with refusal:
                raise _error_of(refusal) from None


def _text(value: Moment) -> str:
    if not isinstance(value, datetime):
        return value
    if value.tzinfo is None:
        raise ValueError(f"{value} has no time zone: which of the world's {value:%H:%M} is it?")
    return value.isoformat(timespec="milliseconds")


def _error_of(refusal: urllib.error.HTTPError) -> ApiError:
    try:
        error = json.load(refusal)["error"]
        return ApiError(error["code"], error["what"])
    except (ValueError, KeyError, TypeError):
        return ApiError("unsupported", f"{refusal.url} answered {refusal.code}; is it FitHome monitor?")
