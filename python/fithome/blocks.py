# SPDX-License-Identifier: MIT
"""Reads blocks of readings, written from docs/block-format.md alone; needs numpy.

    block = fithome.blocks.read(data, ["p", "u_a"])
    block.time_ms, block.channels["p"].values, block.channels["p"].present

Damaged bytes raise ValueError, saying which part; nothing doubtful is ever returned.
"""
from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field
from typing import Any, Iterable

import numpy as np
from numpy.typing import NDArray

FIXED = struct.Struct("<3sBIHHiQIQIB")
GROUP = 64
ESCAPE = 16
RAW_WIDTH = 33
Array = NDArray[Any]
OPERANDS = {0: (0,), 1: (2,), 2: (2,), 3: (1, 2, 3)}  # how many columns a relation is of


@dataclass
class Channel:
    values: Array  # float64 in the channel's unit, NaN where absent
    steps: Array  # int32, 0 where absent
    present: Array  # bool
    decimals: int


@dataclass
class Block:
    meter: int
    time_ms: Array  # int64, Unix time
    sequence: Array  # uint64
    flags: Array  # uint32
    channels: dict[str, Channel] = field(default_factory=dict)  # name -> Channel; absent altogether: not there


@dataclass
class Entry:
    name: str
    decimals: int
    predictor: int
    relation: int
    gaps: bool
    operands: bytes
    begin: int
    end: int
    crc: int


def require(holds: bool, what: str) -> None:
    if not holds:
        raise ValueError(f"block: {what}")


def read_header(data: bytes) -> tuple[int, int, list[int], list[Entry]]:
    require(len(data) >= FIXED.size and data[:3] == b"FHB", "it does not begin as a block")
    _, version, crc, size, count, meter, *grids, columns = FIXED.unpack_from(data)
    require(FIXED.size <= size <= len(data), "its header is cut off")
    require(zlib.crc32(data[8:size], zlib.crc32(data[:4])) == crc, "its header is damaged")
    require(version == 1, f"written in format {version}")
    require(1 <= count <= 3600, "its header makes no sense")
    entries = []
    at, begin = FIXED.size, size
    try:
        for number in range(columns):
            entry, at = read_entry(data[:size], at, begin, number)
            entries.append(entry)
            begin = entry.end
    except (IndexError, struct.error, UnicodeDecodeError) as error:
        raise ValueError("block: its header makes no sense") from error
    require(at == size, "its header makes no sense")
    return count, meter, grids, entries


def read_entry(header: bytes, at: int, begin: int, number: int) -> tuple[Entry, int]:
    end = at + 1 + header[at]
    name = header[at + 1:end].decode("ascii")
    decimals, code = header[end], header[end + 1]
    at, operands = end + 2, b""
    relation = code >> 4 & 7
    if relation:
        operands = header[at + 1:at + 1 + header[at]]
        at += 1 + header[at]
    size, crc = struct.unpack_from("<HI", header, at)
    require(1 <= len(name) <= 15 and code & 15 <= 5 and relation <= 3, "its header makes no sense")
    require(len(operands) in OPERANDS[relation], "its header makes no sense")
    require(all(operand < number for operand in operands), "its header makes no sense")
    return Entry(name, decimals, code & 15, relation, code >= 128, operands, begin, begin + size, crc), at + 6


class Bytes:
    """Takes from the front."""

    def __init__(self, data: bytes):
        self.data = data
        self.at = 0

    def take(self, size: int) -> bytes:
        require(self.at + size <= len(self.data), "a column is cut off")
        self.at += size
        return self.data[self.at - size:self.at]

    def varint(self) -> int:
        value = 0
        for shift in range(0, 35, 7):
            byte = self.take(1)[0]
            value |= (byte & 127) << shift
            if byte < 128:
                require(value < 2**32, "a number is too large")
                return value
        raise ValueError("block: a number is too long")

    def rest(self) -> bytes:
        return self.data[self.at:]


def bits_of(data: bytes) -> Array:
    return np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")


def unzigzag(z: Array) -> Array:
    """uint32 to int32."""
    return ((z >> np.uint32(1)) ^ (np.uint32(0) - (z & np.uint32(1)))).view(np.int32)


def read_presence(source: Bytes, count: int) -> Array:
    form = source.take(1)[0]
    require(form in (0, 1), "presence is damaged")
    if form == 0:
        return bits_of(source.take((count + 7) // 8))[:count].astype(bool)
    present = np.zeros(count, bool)
    at, kind = 0, True
    while at < count:
        run = source.varint()
        require(at + run <= count and (run > 0 or (at == 0 and kind)), "presence is damaged")
        present[at:at + run] = kind
        at, kind = at + run, not kind
    return present


def read_widths(data: bytes, groups: int) -> tuple[Array, int]:
    """The width of each group, and how many bytes they took."""
    bits = bits_of(data[:groups + 1]).tolist() + [0] * 8
    widths, at, width = [], 0, 0
    for _ in range(groups):
        if bits[at]:
            at += 1
        elif bits[at + 1]:
            width += -1 if bits[at + 2] else 1
            at += 3
        else:
            width = sum(bits[at + 2 + n] << n for n in range(6))
            at += 8
        require(0 <= width <= RAW_WIDTH and at <= 8 * len(data), "widths are damaged")
        widths.append(width)
        if at > len(bits) - 8:
            bits += [0] * 8
    return np.array(widths), (at + 7) // 8


def read_remainders(data: bytes, sizes: Array) -> tuple[Array, int]:
    """Fields of so many bits, one behind the other; and how many bytes they took."""
    starts = np.concatenate(([0], np.cumsum(sizes)))
    used = (int(starts[-1]) + 7) // 8
    require(used <= len(data), "remainders are cut off")
    padded = np.frombuffer(bytes(data[:used]) + bytes(8), np.uint8).astype(np.uint64)
    words: Any = sum(padded[n:len(padded) - 7 + n] << np.uint64(8 * n) for n in range(8))  # from each byte on
    shifted = words[starts[:-1] // 8] >> (starts[:-1] % 8).astype(np.uint64)
    masks = (np.uint64(1) << sizes.astype(np.uint64)) - np.uint64(1)
    return shifted & masks, used


def read_rice(data: bytes, count: int) -> Array:
    group_widths, used = read_widths(data, (count + GROUP - 1) // GROUP)
    data = data[used:]
    widths = np.repeat(group_widths, GROUP)[:count]
    remainders, used = read_remainders(data, np.maximum(widths - 1, 0))
    data = data[used:]
    quoted = (widths > 0) & (widths < RAW_WIDTH)
    wanted = int(quoted.sum())
    ones = np.flatnonzero(bits_of(data))[:wanted]
    require(len(ones) == wanted, "quotients are cut off")
    quotients = (np.diff(ones, prepend=-1) - 1).astype(np.uint64)
    require(not (quotients > ESCAPE).any(), "a quotient is too large")
    used = (int(ones[-1]) // 8 + 1) if wanted else 0
    escaped = quotients == ESCAPE
    require(len(data) == used + 4 * int(escaped.sum()), "a column's length is wrong")
    quotients[escaped] = np.frombuffer(data[used:], "<u4")
    numbers = remainders
    shifts = np.maximum(widths[quoted] - 1, 0).astype(np.uint64)
    numbers[quoted] |= quotients << shifts
    return (numbers & np.uint64(0xFFFFFFFF)).astype(np.uint32)


def wrapped(number: int) -> int:
    return (number + 2**31) % 2**32 - 2**31


def mean_of(width: int, first: int, residuals: list[int]) -> list[int]:
    before, series = [first] * width, [first]
    for residual in residuals:
        series.append(wrapped(sum(before) // width + residual))
        before = before[1:] + series[-1:]
    return series


def moving_mean(first: int, residuals: list[int]) -> list[int]:
    mean, series = 16 * first, [first]
    for residual in residuals:
        series.append(wrapped((mean + 8) // 16 + residual))
        mean += (16 * series[-1] - mean) // 4
    return series


def restore(predictor: int, first: int, residuals: Array) -> Array:
    """The series as int32: its first number, and what the predictor left over of the rest."""
    plain: list[int] = residuals.tolist() if predictor in (2, 3, 5) else []
    if predictor == 0:
        return np.concatenate(([first], residuals)).astype(np.int32)
    if predictor in (1, 4):
        steps = residuals.view(np.uint32)
        if predictor == 4:
            steps = np.cumsum(steps, dtype=np.uint32)
        return np.cumsum(np.concatenate((np.array([first], np.int32).view(np.uint32), steps)), dtype=np.uint32).view(np.int32)
    series = {2: lambda: mean_of(2, first, plain), 3: lambda: mean_of(4, first, plain),
              5: lambda: moving_mean(first, plain)}[predictor]()
    return np.array(series, np.int64).astype(np.int32)


def root(squares: Array) -> Array:
    """Of uint64 up to 2^63, rounded down: the float is near, the rest is put right in whole numbers."""
    one = np.uint64(1)
    near = np.sqrt(squares.astype(np.float64)).astype(np.uint64)
    near -= (near * near > squares).astype(np.uint64)
    near += ((near + one) * (near + one) <= squares).astype(np.uint64)
    return near


def ratio(a: Array, b: Array) -> Array:
    divisor = np.where(b > 0, b, 1)
    rounded = (2000 * np.abs(a) + divisor) // (2 * divisor)
    return np.where(b > 0, np.where(a < 0, -rounded, rounded), 0)


def related(relation: int, operands: list[Array]) -> Array:
    """What the other columns say, as int64 that may leave the range of 32 bits."""
    wide = [operand.astype(np.int64) for operand in operands]
    if relation == 1:
        return root((wide[0] * wide[0]).astype(np.uint64) + (wide[1] * wide[1]).astype(np.uint64)).astype(np.int64)
    if relation == 2:
        return ratio(wide[0], wide[1])
    total: Any = sum(wide)
    return np.asarray(total)


def read_column(data: bytes, entry: Entry, columns: dict[int, tuple[Array, Array]], count: int) -> tuple[Array, Array]:
    source = Bytes(data)
    present = read_presence(source, count) if entry.gaps else np.ones(count, bool)
    size = int(present.sum())
    require(size >= 1, f"nothing of column {entry.name} is present")
    first = int(unzigzag(np.array([source.varint()], np.uint32))[0])
    residuals = np.zeros(size - 1, np.int32)
    if source.rest():
        residuals = unzigzag(read_rice(source.rest(), size - 1))
    series = restore(entry.predictor, first, residuals)
    if entry.relation:
        kin = related(entry.relation, [columns[operand][0][present] for operand in entry.operands])
        series = (series.astype(np.int64) + kin).astype(np.int32)  # modulo 2^32
    steps = np.zeros(count, np.int32)
    steps[present] = series
    return steps, present


def on_grid(first: int, step: int, count: int, low: Array | None, high: Array | None) -> Array:
    numbers = np.uint64(first) + np.arange(count, dtype=np.uint64) * np.uint64(step)
    if high is None:
        return numbers if low is None else numbers + low.astype(np.int64).view(np.uint64)
    halves = high.view(np.uint32).astype(np.uint64) << np.uint64(32)
    return numbers + (halves if low is None else halves | low.view(np.uint32))


SPECIAL = ("time", "time_high", "sequence", "sequence_high", "flags")


def read(data: bytes, channels: Iterable[str] | None = None) -> Block:
    """The block, with the channels named, or all. `data` may end behind the last column needed."""
    data = bytes(data)
    count, meter, (first_ms, step_ms, first_sequence, stride), entries = read_header(data)
    numbers = {entry.name: number for number, entry in enumerate(entries)}
    wanted = [name for name in (numbers if channels is None else channels) if name in numbers and name not in SPECIAL]
    needed = {numbers[name] for name in (*SPECIAL, *wanted) if name in numbers}
    for number in reversed(range(len(entries))):
        if number in needed:
            needed.update(entries[number].operands)

    columns: dict[int, tuple[Array, Array]] = {}
    for number in sorted(needed):
        entry = entries[number]
        own = data[entry.begin:entry.end]
        require(len(own) == entry.end - entry.begin, f"cut off in column {entry.name}")
        require(zlib.crc32(own) == entry.crc, f"column {entry.name} is damaged")
        columns[number] = read_column(own, entry, columns, count)

    def special(name: str) -> Array | None:
        return columns[numbers[name]][0] if name in numbers else None

    flags = special("flags")
    block = Block(meter, on_grid(first_ms, step_ms, count, special("time"), special("time_high")).view(np.int64),
                  on_grid(first_sequence, stride, count, special("sequence"), special("sequence_high")),
                  np.zeros(count, np.uint32) if flags is None else flags.view(np.uint32))
    for name in wanted:
        steps, present = columns[numbers[name]]
        decimals = entries[numbers[name]].decimals
        block.channels[name] = Channel(np.where(present, steps / 10**decimals, np.nan), steps, present, decimals)
    return block
