# SPDX-License-Identifier: MIT
"""Reads minutes of readings, written from docs/store-format.md alone; needs numpy.

    minutes = fithome.minutes.read(data)
    minutes.start_ms, minutes.channels["p"].count, minutes.channels["p"].sum

Damaged bytes raise ValueError.
"""
from __future__ import annotations

import zlib
from dataclasses import dataclass, field

import numpy as np

from fithome.blocks import Array, Bytes, Entry, read_column


@dataclass
class Sums:
    """Of a channel, a number a minute each, in steps; where the count is 0 the others are 0."""
    count: Array
    sum: Array
    min: Array
    max: Array


@dataclass
class Minutes:
    start_ms: Array  # int64, Unix time
    readings: Array
    flags: Array
    channels: dict[str, Sums] = field(default_factory=dict)  # name -> Sums; absent altogether: not there


def column(source: Bytes, count: int) -> Array:
    predictor = source.take(1)[0]
    if predictor > 5:
        raise ValueError("minutes: no such predictor")
    data = source.take(source.varint())
    steps, _ = read_column(data, Entry("", 0, predictor, 0, False, b"", 0, len(data), 0), {}, count)
    return steps.astype(np.int64)


def unsigned(numbers: Array) -> Array:
    return numbers & 0xFFFFFFFF


def sums(source: Bytes, readings: Array) -> Sums:
    missing, mean, over, down, up = (column(source, len(readings)) for _ in range(5))
    count = readings - unsigned(missing)
    there = count > 0
    return Sums(count, np.where(there, mean * count + unsigned(over), 0),
                np.where(there, mean - unsigned(down), 0), np.where(there, mean + unsigned(up), 0))


def read(data: bytes) -> Minutes:
    data = bytes(data)
    if data[:3] != b"FHM" or data[3] != 1 or zlib.crc32(data[8:]) != int.from_bytes(data[4:8], "little"):
        raise ValueError("minutes: damaged, or of a later version")
    source = Bytes(data[8:])
    count, first, channels = source.varint(), source.varint(), source.take(1)[0]
    apart, readings, flags = (unsigned(column(source, count)) for _ in range(3))
    minutes = Minutes((first + np.cumsum(apart)) * 60_000, readings, flags)
    for _ in range(channels):
        name = source.take(source.take(1)[0]).decode("ascii")
        minutes.channels[name] = sums(Bytes(source.take(source.varint())), readings)
    if source.rest():
        raise ValueError("minutes: something follows")
    return minutes
