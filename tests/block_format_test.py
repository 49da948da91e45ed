#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""docs/block-format.md is true: python/fithome/blocks.py, written from it alone, reads what the program wrote.

Use: block_format_test.py PROGRAM, where PROGRAM is the block_sample of src/store.
"""
import math
import random
import subprocess
import sys
import unittest

from debian_numpy import numpy
from fithome import blocks

CHANNELS = ["p", "q", "s", "pf", "f", "temp"]
CHANNELS += [f"{kind}_{line}" for line in "abc" for kind in ("u", "i", "p", "q", "s", "pf")]
DECIMALS = {"p": 2, "q": 2, "s": 2, "pf": 3, "f": 2, "temp": 0, "u": 2, "i": 3}
START_MS = 1_795_334_400_000
SAMPLE = ""


def any_rows(seed, count):
    """Times that jump and step back, numbers of all sizes, channels that come and go."""
    dice = random.Random(seed)
    bits = [dice.randint(1, 31) for _ in CHANNELS]
    absent = [dice.choice((0, 0, 0.001, 0.4, 1)) for _ in CHANNELS]
    extremes = dice.random() < 0.3
    time, sequence, rows = START_MS, dice.getrandbits(40), []
    for _ in range(count):
        steps = [None if dice.random() < a else dice.randint(-2**b, 2**b - 1) for a, b in zip(absent, bits)]
        if extremes:
            steps = [v if v is None else dice.choice((-2**31, 2**31 - 1, 0, v)) for v in steps]
        rows.append((time, sequence, dice.choice((1, 1, 1, dice.getrandbits(32))), *steps))
        time += 1000 + dice.choice((0, 0, 1, -1, dice.randint(-10**10, 10**10) if dice.random() < 0.05 else 0))
        sequence += 1 if dice.random() < 0.95 else dice.getrandbits(33)
    return rows


def house_rows(seed, count):
    """A split-phase house whose channels agree with one another, nearly; one line fails for a while."""
    dice = random.Random(seed)
    rows = []
    for n in range(count):
        load = 150_000 if n % 900 < 200 else 0
        values = {"f": 6000 + dice.randint(-1, 1), "temp": 41 + n // 2000}
        for line in "ac":
            p, q = 52_000 + load + dice.randint(-150, 150), -9_000 + dice.randint(-90, 90)
            u, s = 12_000 + dice.randint(-4, 4), math.isqrt(p * p + q * q) + dice.randint(-2, 2)
            values |= {f"p_{line}": p, f"q_{line}": q, f"s_{line}": s, f"u_{line}": u, f"i_{line}": 1000 * s // u,
                       f"pf_{line}": 1000 * p // s}
        for kind in "pqs":
            values[kind] = values[f"{kind}_a"] + values[f"{kind}_c"] + dice.randint(-1, 1)
        values["pf"] = 1000 * values["p"] // values["s"]
        if 500 < n < 800:
            values = {name: value for name, value in values.items() if not name.endswith("_c")}
        rows.append((START_MS + 1000 * n, 7 + 2 * n, 1, *(values.get(name) for name in CHANNELS)))
    return rows


def encode(rows, meter=1):
    text = "".join(" ".join("-" if v is None else str(v) for v in row) + "\n" for row in rows)
    return subprocess.run([SAMPLE, str(meter)], input=text.encode(), capture_output=True, check=True).stdout


class BlockFormat(unittest.TestCase):
    def assert_holds(self, block, rows, names):
        columns = list(zip(*rows))
        self.assertEqual(block.time_ms.tolist(), list(columns[0]))
        self.assertEqual(block.sequence.tolist(), list(columns[1]))
        self.assertEqual(block.flags.tolist(), list(columns[2]))
        for name in names:
            expected = list(columns[3 + CHANNELS.index(name)])
            if all(value is None for value in expected):
                self.assertNotIn(name, block.channels)
                continue
            found = block.channels[name]
            steps = [step if there else None for step, there in zip(found.steps.tolist(), found.present.tolist())]
            self.assertEqual(steps, expected, name)
            self.assertEqual(found.decimals, DECIMALS[name.split("_")[0]])

    def test_holds_any_readings(self):
        for seed in range(60):
            rows = any_rows(seed, random.Random(seed).choice((1, 2, 64, 65, 66, 300)))
            with self.subTest(seed=seed):
                self.assert_holds(blocks.read(encode(rows)), rows, CHANNELS)

    def test_holds_an_hour_of_a_house_and_of_anything(self):
        for rows in (house_rows(1, 3600), any_rows(99, 3600)):
            block = blocks.read(encode(rows, meter=-3))
            self.assertEqual(block.meter, -3)
            self.assert_holds(block, rows, CHANNELS)

    def test_gives_values_in_the_unit_and_nan_where_absent(self):
        rows = house_rows(1, 600)
        voltage = blocks.read(encode(rows)).channels["u_c"]
        self.assertEqual(voltage.values[0], rows[0][3 + CHANNELS.index("u_c")] / 100)
        self.assertTrue(numpy.isnan(voltage.values[501]))

    def test_is_read_in_part_and_only_as_far_as_needed(self):
        rows = house_rows(2, 1000)
        data = encode(rows)
        end = next(e.end for e in blocks.read_header(data)[3] if e.name == "p")
        self.assertLess(end, len(data) / 2)
        block = blocks.read(data[:end], ["p", "p_c"])
        self.assertEqual(list(block.channels), ["p", "p_c"])
        self.assert_holds(block, rows, ["p", "p_c"])

    def test_refuses_a_turned_bit_anywhere(self):
        data = encode(house_rows(3, 70))
        for bit in range(8 * len(data)):
            turned = bytearray(data)
            turned[bit // 8] ^= 1 << bit % 8
            with self.assertRaises(ValueError, msg=bit):
                blocks.read(turned)


if __name__ == "__main__":
    SAMPLE = sys.argv.pop(1)
    unittest.main()
