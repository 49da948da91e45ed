# SPDX-License-Identifier: MIT
"""`fithome sim`: any program that talks to spidev finds a chip there, and what it does wrong goes wrong."""
import os
import pathlib
import shutil
import subprocess
import textwrap
import unittest

import rig

CHANNEL_MAP = b"\x80\x01\x00\x00"  # reads register 0x01, which holds 0x0210
PYTHON = "/usr/bin/python3"  # the system's: python3-spidev is Debian's


def a_spidev_of_the_system():
    """An ordinary file called /dev/spidevN.0, which libraries that only know bus and number can open."""
    for bus in range(900, 1000):
        try:
            os.close(os.open(f"/dev/spidev{bus}.0", os.O_CREAT | os.O_EXCL, 0o600))
            return bus, pathlib.Path(f"/dev/spidev{bus}.0")
        except FileExistsError:
            continue
    raise AssertionError("a hundred spidevs here already")


class Sim(rig.Case):
    def device(self, name="spidev0.0"):
        device = self.folder / name
        device.touch()
        return device

    def system_device(self):
        if os.geteuid() != 0:
            rig.skip("a file in /dev needs root")
        bus, device = a_spidev_of_the_system()
        self.addCleanup(device.unlink)
        return bus, device

    def pipe(self, device, out, block=4, count=1):
        """spi-pipe: each block a chip-select of its own."""
        return subprocess.run(["spi-pipe", "-d", device, "-b", str(block), "-n", str(count)], input=out, check=True,
                              capture_output=True, timeout=rig.PATIENCE).stdout

    def need_spi_tools(self):
        if not shutil.which("spi-pipe"):
            rig.skip("spi-tools is not installed")

    def test_it_says_what_it_is_and_ends_cleanly(self):
        device = self.device()
        meter = self.simulated_meter(device, args=["--house", "generated:7"])
        self.assertEqual(meter.said[0], f"{device}: SIMULATED chip, generated house, seed 7")
        self.assertIn("voltage_gain = 37106, current_gain = 25000, pga = 2", meter.said[1])
        status, _, err = meter.stop()
        self.assertEqual(status, 0)
        self.assertIn("nothing the chip would not understand", err)
        self.assertEqual(device.read_bytes(), b"", "an ordinary file again")

    def test_debians_spi_tools_read_and_write(self):
        self.need_spi_tools()
        device = self.device()
        self.simulated_meter(device)
        rig.run_system("spi-config", "-d", device, "-m", "3", "-s", "500000")
        self.assertIn("mode=3", rig.run_system("spi-config", "-d", device, "-q"))
        self.assertEqual(self.pipe(device, CHANNEL_MAP), b"\xff\xff\x02\x10")
        unlocked = self.pipe(device, b"\x00\x7f\x55\xaa" + b"\x80\x7f\x00\x00", count=2)
        self.assertEqual(unlocked[4:], b"\xff\xff\x55\xaa")

    def test_a_client_that_errs_is_told_once_a_kind_and_sees_what_a_chip_would_show(self):
        self.need_spi_tools()
        device = self.device()
        meter = self.simulated_meter(device)

        def ask(mode, speed, out=CHANNEL_MAP, block=4):
            rig.run_system("spi-config", "-d", device, "-m", str(mode), "-s", str(speed))
            return self.pipe(device, out, block)

        good = ask(3, 500_000)
        shifted = ask(1, 500_000)
        self.assertEqual(int.from_bytes(shifted[2:]) & 0x7FFF, 0x0210 >> 1, "by a bit")
        self.assertEqual(ask(1, 500_000), shifted)
        self.assertNotEqual(ask(3, 4_000_000), good, "too fast")
        both = ask(3, 500_000, CHANNEL_MAP + b"\x80\x02\x00\x00", block=8)
        self.assertEqual(both[:4], good)
        self.assertEqual(both[6:], b"\0\0", "not the next register")
        ask(3, 500_000, b"\x00\x7f\x55", block=3)
        self.assertEqual(ask(3, 500_000, b"\x80\x7f\x00\x00"), b"\xff\xff\x00\x00", "the cut write was lost")

        _, _, err = meter.stop()
        told = [line for line in err.splitlines() if "messages" not in line]
        for word in ("mode 1 or 2", "1.1 MHz", "several registers", "fewer than 32"):
            self.assertEqual(sum(word in line for line in told), 1, err)
        self.assertIn("wrong mode: 2 times", err)
        self.assertIn("several registers in one chip-select: 1 times", err)

    def test_pythons_spidev_reads_a_house(self):
        bus, device = self.system_device()
        self.simulated_meter(device, args=["--house", "generated:5"])
        client = textwrap.dedent(f"""
            import spidev, time
            spi = spidev.SpiDev()
            spi.open({bus}, 0)
            spi.mode, spi.max_speed_hz = 3, 500000
            def read(address):
                answer = spi.xfer2([0x80 | address >> 8, address & 0xFF, 0, 0])
                return answer[2] << 8 | answer[3]
            def write(address, data):
                spi.xfer2([address >> 8, address & 0xFF, data >> 8, data & 0xFF])
            write(0x7F, 0x55AA)
            for address, data in ((0, 1), (0x33, 0x1185), (0x34, 0x15), (0x61, 37106), (0x62, 25000),
                                  (0x69, 37106), (0x6A, 25000)):
                write(address, data)
                assert read(address) == data, hex(address)
            write(0x7F, 0)
            time.sleep(1)
            print(read(0xD9) / 100, read(0xF8) / 100, len(spi.xfer3([0x80, 0x01, 0, 0])))
        """)
        done = subprocess.run([PYTHON, "-c", client], capture_output=True, text=True, timeout=rig.PATIENCE)
        if "No module named 'spidev'" in done.stderr:
            rig.skip("python3-spidev is not installed")
        self.assertEqual(done.returncode, 0, done.stderr)
        volts, hertz, _ = map(float, done.stdout.split())
        self.assertTrue(110 < volts < 130, volts)
        self.assertTrue(59.8 < hertz < 60.2, hertz)

    def test_several_files_are_several_chips_in_houses_of_their_own(self):
        self.need_spi_tools()
        one, two = self.device("spidev0.0"), self.device("spidev0.1")
        meter = self.simulated_meter(one, two, args=["--house", "generated:5"])
        self.assertIn("seed 5", meter.said[0])
        self.assertIn("seed 6", meter.said[1])
        for device in (one, two):
            rig.run_system("spi-config", "-d", device, "-m", "3", "-s", "500000")
        self.pipe(one, b"\x00\x7f\x55\xaa")
        self.assertEqual(self.pipe(one, b"\x80\x7f\x00\x00")[2:], b"\x55\xaa")
        self.assertEqual(self.pipe(two, b"\x80\x7f\x00\x00")[2:], b"\x00\x00")

    def test_a_scenario_is_played_to_whoever_asks(self):
        self.need_spi_tools()
        scenario = self.folder / "bad.scenario"
        scenario.write_text("+0s miso stuck low\n")
        device = self.device()
        self.simulated_meter(device, args=["--scenario", scenario])
        rig.run_system("spi-config", "-d", device, "-m", "3", "-s", "500000")
        self.assertEqual(self.pipe(device, CHANNEL_MAP), b"\0\0\0\0")

    def test_it_ends_by_itself_when_told_how_long(self):
        meter = self.simulated_meter(self.device(), args=["--for", "10s", "--speed", "100"])
        self.assertEqual(meter.process.wait(timeout=rig.PATIENCE), 0)

    def test_what_cannot_be_is_said_with_what_to_do(self):
        missing = rig.run("sim", "--spidev", self.folder / "none", check=False)
        self.assertEqual(missing.returncode, 78)
        self.assertIn("sudo touch" if os.geteuid() == 0 else "sudo", missing.stderr)
        self.assertEqual(rig.run("sim", check=False).returncode, 64)
        fast = rig.run("sim", "--spidev", "x", "--speed", "max", check=False)
        self.assertEqual(fast.returncode, 64)
        self.assertIn("--speed 60", fast.stderr)

    def test_a_faulty_scenario_is_shown_with_a_caret(self):
        scenario = self.folder / "bad.scenario"
        scenario.write_text("+1s brownout\n+3s ct d unplugged\n+9s gremlins\n")
        for command in (["sim", "--spidev", "x"], ["run", "--demo"]):
            done = rig.run(*command, "--scenario", scenario, check=False)
            self.assertEqual(done.returncode, 78)
            self.assertIn(f"{scenario}:2:8: ", done.stderr)
            self.assertIn("  +3s ct d unplugged\n         ^", done.stderr)
            self.assertIn(f"{scenario}:3:5: no such trouble", done.stderr)


if __name__ == "__main__":
    unittest.main()
