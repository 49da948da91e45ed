# SPDX-License-Identifier: MIT
"""Reads the readings of a data directory, written from docs/store-format.md alone; needs numpy.

    readings = fithome.store.read("/var/lib/fithome", ["p", "u_a"])
    readings.time_ms, readings.channels["p"].values

The daemon may run meanwhile. What is damaged raises ValueError, saying where.
"""
from __future__ import annotations

import sqlite3
import zlib
from pathlib import Path
from typing import Iterator, Sequence

import numpy as np

from fithome import blocks as block_format
from fithome.blocks import Array, Block, Channel

FRONT = 64
NWH_PER_COUNT = 3_125_000


class Record:
    """Takes the numbers from the front of a record."""

    def __init__(self, data: bytes):
        self.data, self.at = data, 0

    def byte(self) -> int:
        self.at += 1
        return self.data[self.at - 1]

    def varint(self) -> int:
        number = shift = 0
        while True:
            byte = self.byte()
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return number

    def signed(self) -> int:
        z = self.varint()
        return z // 2 if z % 2 == 0 else -(z + 1) // 2


def wrapped(number: int, bits: int) -> int:
    half = 1 << (bits - 1)
    return (number + half) % (1 << bits) - half


class Meter:
    """What the next reading and ledger of a meter are told apart from, and its readings so far."""

    def __init__(self, channels: list[str], ledger: dict[str, int]):
        self.time = self.flags = self.present = 0
        self.steps = [0] * len(channels)
        self.ledger = ledger
        self.rows: list[tuple[int, int, int, int, list[int]]] = []


class Tail:
    """The readings that are not in blocks yet."""

    def __init__(self, db: sqlite3.Connection, journal: bytes):
        self.db = db
        self.generation, self.last, number, owed = db.execute("SELECT generation, sequence, number, record FROM journal").fetchone()
        self.names = [name for (name,) in db.execute("SELECT DISTINCT name FROM channel ORDER BY id")]
        self.decimals = dict(db.execute("SELECT name, decimals FROM channel"))
        self.meters: dict[int, Meter] = {}
        records = 0
        for record in self.records(journal):
            self.apply(Record(record))
            records += 1
        if owed and number == records + 1:
            self.apply(Record(owed))

    def records(self, data: bytes) -> Iterator[bytes]:
        site = self.db.execute("SELECT value FROM meta WHERE key = 'site'").fetchone()[0].encode()
        generation, last = (number.to_bytes(8, "little") for number in (self.generation, self.last))
        at, total = FRONT, zlib.crc32((generation + last + site).ljust(FRONT - 8, b"\0"))
        if data[:4] == b"FHJ1":
            at, total = 4, zlib.crc32(generation, zlib.crc32(site))
        elif data[:4].strip(b"\0") and data[:4] != b"FHJ2":
            raise ValueError("journal: it does not begin as one")
        while at + 8 <= len(data):
            size, wanted = (int.from_bytes(data[n:n + 4], "little") for n in (at, at + 4))
            payload = data[at + 8:at + 8 + size]
            total = zlib.crc32(payload, zlib.crc32(data[at:at + 4], total))
            if size == 0 or len(payload) < size or total != wanted:
                return
            yield payload
            at += 8 + size

    def meter(self, number: int) -> Meter:
        if number not in self.meters:
            cursor = self.db.execute("SELECT * FROM ledger WHERE meter = ?", (number,))
            names = [column[0] for column in cursor.description]
            row = cursor.fetchone() or [0] * len(names)
            self.meters[number] = Meter(self.names, dict(zip(names[1:], row[1:])))
        return self.meters[number]

    def apply(self, record: Record) -> None:
        if record.varint() != self.last:
            raise ValueError("journal: a record that does not follow")
        for _ in range(record.varint()):
            meter = self.meter(record.varint())
            parts = record.byte()
            for _ in range(record.varint()):
                self.apply_reading(record, meter)
            if parts & 1:
                self.apply_ledger(record, meter, NWH_PER_COUNT if parts & 4 else 1)

    def apply_reading(self, record: Record, meter: Meter) -> None:
        meter.time += record.signed()
        meter.flags ^= record.varint()
        meter.present ^= record.varint()
        steps = [0] * len(self.names)
        for n in range(len(self.names)):
            if meter.present >> n & 1:
                meter.steps[n] = steps[n] = wrapped(meter.steps[n] + record.signed(), 32)
        self.last += 1
        meter.rows.append((meter.time, self.last, meter.flags, meter.present, steps))

    def apply_ledger(self, record: Record, meter: Meter, size: int) -> None:
        columns = list(meter.ledger)
        meter.ledger["time_ms"] += record.signed()
        moved = record.varint()
        for n, column in enumerate(columns[1:]):
            if moved >> n & 1:
                by = record.signed() * (1 if column.endswith("_counts") else size)
                meter.ledger[column] = wrapped(meter.ledger[column] + by, 64)

    def block(self, number: int) -> Block:
        """The readings of a meter, as if they were a block."""
        rows = self.meter(number).rows
        steps = np.array([row[4] for row in rows], np.int32).reshape(len(rows), len(self.names))
        present = np.array([[row[3] >> n & 1 for n in range(len(self.names))] for row in rows], bool)
        present = present.reshape(steps.shape)
        block = Block(number, np.array([row[0] for row in rows], np.int64),
                      np.array([row[1] for row in rows], np.uint64), np.array([row[2] for row in rows], np.uint32))
        for n, name in enumerate(self.names):
            values = np.where(present[:, n], steps[:, n] / 10.0 ** self.decimals[name], np.nan)
            block.channels[name] = Channel(values, steps[:, n], present[:, n], self.decimals[name])
        return block


def look(directory: str | Path) -> tuple[sqlite3.Connection, Tail]:
    """A database in a read transaction, and the tail that goes with it."""
    file, journal = Path(directory) / "readings.db", Path(directory) / "journal"
    while True:
        db = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
        tail = Tail(db, journal.read_bytes() if journal.exists() else b"")
        db.execute("BEGIN")
        if db.execute("SELECT generation FROM journal").fetchone()[0] == tail.generation:
            return db, tail
        db.close()  # sealed in between: once more


def joined(number: int, blocks: list[Block], channels: Sequence[str]) -> Block:
    def together(parts: Sequence[Block] | Sequence[Channel], field: str) -> Array:
        return np.concatenate([getattr(part, field) for part in parts])

    whole = Block(number, together(blocks, "time_ms"), together(blocks, "sequence"), together(blocks, "flags"))
    for name in channels:
        parts = [block.channels.get(name) or absent(len(block.time_ms)) for block in blocks]
        whole.channels[name] = Channel(together(parts, "values"), together(parts, "steps"), together(parts, "present"),
                                       parts[-1].decimals)
    return whole


def absent(count: int) -> Channel:
    return Channel(np.full(count, np.nan), np.zeros(count, np.int32), np.zeros(count, bool), 0)


def read(directory: str | Path, channels: Sequence[str] | None = None, meter: int = 1) -> Block:
    """All readings of a meter, in the order in which they were appended; of all channels, unless some are named."""
    db, tail = look(directory)
    try:
        names = channels if channels is not None else tail.names
        blocks = [block_format.read(data, channels) for (data,) in
                  db.execute("SELECT data FROM block WHERE meter = ? ORDER BY first_sequence", (meter,))]
        return joined(meter, blocks + [tail.block(meter)], names)
    finally:
        db.close()


def ledger(directory: str | Path, meter: int = 1) -> dict[str, int]:
    """The energy totals as they stand, by the names of the columns of the table `ledger`."""
    db, tail = look(directory)
    db.close()
    return tail.meter(meter).ledger
