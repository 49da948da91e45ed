#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""original.py [READINGS [REST]]: what a reading costs the processor in the project that this one replaces, and what one costs here.

FHmonitor of PyPI, unchanged, takes readings and stores each in a server of MongoDB's wire protocol, as its service does. The
wire answers at once from a table, so that no bus is measured; nor is the server, a process of its own. Then
build/release/bench/sample, three times, for its share. From the package registry: FHmonitor and what the end-to-end
tests use. REST is milliseconds of sleep before each reading, 0: as fast as they come; with a rest the caches are cold, as in a house.
"""
import logging
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import types

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
import mongo_rig  # pylint: disable=wrong-import-position
import rig  # pylint: disable=wrong-import-position

SITE = ROOT / "build" / "original"


class Wire:
    """CircuitPython's pins and bus. A read of any register gives what was last written, as LastSPIData would."""

    last = b"\x00\x55"

    def __init__(self, *pins):
        pass

    def try_lock(self):
        return True

    def unlock(self):
        pass

    def configure(self, **settings):
        pass

    def write(self, buf, start=0, end=None):
        if len(buf) == 4:
            Wire.last = bytes(buf[2:4])

    def readinto(self, buf, start=0, end=None, write_value=0):
        buf[start:end] = Wire.last

    def switch_to_output(self, value=True):
        pass


def stand_in(name, **names):
    made = types.ModuleType(name)
    made.__dict__.update(names)
    sys.modules[name] = made


def monitor(port):
    """FHmonitor's Monitor, with its meter and its database open."""
    rig.install(SITE, rig.FHMONITOR)
    sys.path.insert(0, str(SITE))
    stand_in("board", D5=5, D18=18, SCLK=1, MOSI=2, MISO=3)
    stand_in("busio", SPI=Wire)
    stand_in("digitalio", DigitalInOut=Wire, Direction=types.SimpleNamespace(OUTPUT=1))
    from FHmonitor.atm90_e32_pi import ATM90e32
    from FHmonitor.monitor import Monitor
    made = Monitor()
    made.energy_sensor = ATM90e32(4485, 0x15, 37106, 25000, 0, 25000)
    assert made.open_db(f"mongodb://127.0.0.1:{port}/")
    return made


def main(readings, rest):
    mongo_rig.install()
    logging.basicConfig(level=logging.INFO, filename="/dev/null")
    with tempfile.TemporaryDirectory() as folder:
        server = mongo_rig.Server(folder)
        try:
            original = monitor(server.port)
            begun = time.process_time()
            for _ in range(readings):
                time.sleep(rest / 1000)
                assert original.store_reading(*original.take_reading())
            theirs = (time.process_time() - begun) / readings * 1e6
        finally:
            server.stop()
    print(f"{rig.FHMONITOR[1]}: {theirs:.0f} us of processor time a reading of 2 values, {readings} readings")
    for _ in range(3):
        command = [ROOT / "build/release/bench/sample", str(readings), tempfile.gettempdir(), "10", str(rest)]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        ours = sum(map(float, re.findall(r"([\d.]+) us", said)))
        print(f"fithome: {ours:.0f} us a reading of all channels, {theirs / ours:.0f} times less")


if __name__ == "__main__":
    main(int((sys.argv[1:] or ["2000"])[0]), int((sys.argv[2:] or ["0"])[0]))
