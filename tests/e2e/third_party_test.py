# SPDX-License-Identifier: MIT
"""A driver for this chip that is not ours, FHmonitor of PyPI, unchanged, reads the simulated meter right.

It wants a Raspberry Pi's CircuitPython pins. What stands in for those here moves bytes and chip-select through the
kernel's spidev calls and knows nothing of the chip.
"""
import json
import os
import subprocess
import sys
import unittest

import rig

SITE = rig.ROOT / "build" / "original"

# board, busio and digitalio of CircuitPython, over a spidev: chip-select is a pin that the driver moves by itself, so
# each message leaves it down (cs_change on its last transfer) and an empty one lifts it.
PINS = """
import ctypes, fcntl, os, sys, types
class Transfer(ctypes.Structure):
    _fields_ = [("tx_buf", ctypes.c_uint64), ("rx_buf", ctypes.c_uint64), ("len", ctypes.c_uint32),
                ("speed_hz", ctypes.c_uint32), ("delay_usecs", ctypes.c_uint16), ("bits_per_word", ctypes.c_uint8),
                ("cs_change", ctypes.c_uint8), ("rest", ctypes.c_uint32)]
class Bus:
    fd, speed = os.open(os.environ["SPIDEV"], os.O_RDWR), 0
    def __init__(self, *pins): pass
    def try_lock(self): return True
    def unlock(self): pass
    def configure(self, baudrate=100000, polarity=0, phase=0, bits=8):
        fcntl.ioctl(self.fd, 0x40016B01, bytes([polarity * 2 + phase]))
        Bus.speed = baudrate
    def message(self, out, back, leave_down):
        one = Transfer(tx_buf=ctypes.addressof(out) if out else 0, rx_buf=ctypes.addressof(back) if back else 0,
                       len=len(out or back or b""), speed_hz=self.speed, bits_per_word=8, cs_change=leave_down)
        fcntl.ioctl(self.fd, 0x40206B00, bytes(one))
    def write(self, buf, start=0, end=None):
        data = bytes(buf)[start:end]
        self.message((ctypes.c_char * len(data)).from_buffer_copy(data), None, 1)
    def readinto(self, buf, start=0, end=None, write_value=0):
        back = (ctypes.c_char * len(buf[start:end]))()
        self.message(None, back, 1)
        buf[start:end] = back.raw
class Pin:
    def __init__(self, pin): pass
    def switch_to_output(self, value=True): pass
    value = property(None, lambda self, up: Bus.message(Bus, None, None, 0) if up else None)
def module(name, **names):
    sys.modules[name] = made = types.ModuleType(name)
    made.__dict__.update(names)
module("board", D5=5, SCLK=1, MOSI=2, MISO=3)
module("busio", SPI=Bus)
module("digitalio", DigitalInOut=Pin)
module("pymongo", MongoClient=None)
"""

CLIENT = PINS + """
import json, logging
from FHmonitor.atm90_e32_pi import ATM90e32
meter = ATM90e32(4485, 0x15, 37106, 25000, 0, 25000)
print(json.dumps({"u_a": meter.line_voltageA, "u_c": meter.line_voltageC, "i_a": meter.line_currentA,
                  "i_c": meter.line_currentC, "p": meter.total_active_power, "p_a": meter.active_power_A,
                  "p_c": meter.active_power_C, "f": meter.frequency}))
"""

# What stands still, so that it is known what the driver must read: watts, power factor, volts.
STEADY = "time,p_a,q_a,u_a,p_c,q_c,u_c\n" + "".join(
    f"2026-06-01T00:{minute:02}:00Z,1500,300,121.5,800,-100,119.5\n" for minute in range(60))


class ThirdParty(rig.Case):
    def test_fhmonitor_reads_volts_amps_watts_and_hertz(self):
        device = self.folder / "spidev0.0"
        device.touch()
        house = self.folder / "steady.csv"
        house.write_text(STEADY)
        meter = self.simulated_meter(device, args=[
            "--house", f"csv:{house}", "--house-columns", "time=time,p_a=p_a,q_a=q_a,u_a=u_a,p_c=p_c,q_c=q_c,u_c=u_c",
            "--grid", "60"])
        rig.install(SITE, rig.FHMONITOR)

        done = subprocess.run([sys.executable, "-c", CLIENT], capture_output=True, text=True, timeout=rig.PATIENCE,
                              env=os.environ | {"PYTHONPATH": str(SITE), "SPIDEV": str(device)})

        self.assertEqual(done.returncode, 0, done.stderr)
        read = json.loads(done.stdout)
        truth = {"u_a": 121.5, "u_c": 119.5, "p_a": 1500, "p_c": 800, "p": 2300, "f": 60,
                 "i_a": (1500**2 + 300**2) ** 0.5 / 121.5, "i_c": (800**2 + 100**2) ** 0.5 / 119.5}
        for name, value in truth.items():
            self.assertAlmostEqual(read[name] / value, 1, delta=0.001, msg=name)  # gains are whole numbers: 7 ppm
        _, _, err = meter.stop()
        self.assertIn("nothing the chip would not understand", err)


if __name__ == "__main__":
    unittest.main()
