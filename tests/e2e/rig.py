# SPDX-License-Identifier: MIT
"""Runs the real binary, as a person would, for the end-to-end tests.

FITHOME_BINARY names the binary under test (ctest sets it); FITHOME_SHARED the folder with the real
measurements, else ../shared beside the checkout.
"""
import datetime
import fcntl
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("FITHOME_BINARY", str(ROOT / "build/release/fithome"))
SHARED = pathlib.Path(os.environ.get("FITHOME_SHARED", ROOT.parent / "shared"))
DEBIAN_PYTHON = "/usr/bin/python3"  # the one that has apt's numpy and pandas
PATIENCE = 120  # seconds; only a hang is ever waited for so long
# The project that this one replaces, and the wrapper of the bus that it uses, as their authors published them.
FHMONITOR = ["--no-deps", "FHmonitor==0.0.13", "adafruit-circuitpython-busdevice==4.2.1"]

# A house that is not simply its one meter.
SEVERAL_METERS = """house = "mains - solar.roof"

[[meter]]
name = "mains"

[[meter]]
name = "solar"
device = "/dev/spidev0.1"
wiring = "single_phase"
[meter.line.a]
name = "roof"
"""

# Nothing of the caller's may change what is tested.
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith("FITHOME_")} | {"TZ": "UTC"}


def skip(reason):
    """Skips loudly; in CI a test that cannot run has failed."""
    if os.environ.get("CI") == "true":
        raise AssertionError(f"cannot run in CI: {reason}")
    raise unittest.SkipTest(reason)


def install(site, *groups):
    """Packages from the package registry, into a folder that is complete until they change; pip takes a group at a time."""
    site.mkdir(parents=True, exist_ok=True)
    with open(site / "complete", "a+", encoding="utf-8") as complete:
        fcntl.flock(complete, fcntl.LOCK_EX)  # of tests that begin at once, one does it
        complete.seek(0)
        if complete.read() == str(groups):
            return
        complete.truncate(0)
        for group in groups:
            done = subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade",
                                   "--target", site, *group], capture_output=True, text=True, timeout=300)
            if done.returncode != 0:
                skip(f"{' '.join(group)} cannot be had from the package registry: {done.stderr[-500:]}")
        complete.write(str(groups))


def shared_data(path):
    file = SHARED / "data" / path
    if not file.exists():
        skip(f"the real measurements are not here: {file}")
    return file


def run(*args, check=True, env=None, timeout=PATIENCE):
    """fithome ARGS to its end."""
    done = subprocess.run([BINARY, *map(str, args)], capture_output=True, text=True, timeout=timeout,
                          env=ENVIRONMENT | (env or {}), stdin=subprocess.DEVNULL)
    if check and done.returncode != 0:
        raise AssertionError(f"fithome {args}: status {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def faketime():
    """What is to be preloaded where time is not the machine's."""
    found = list(pathlib.Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    if not found:
        skip("faketime is not installed")
    return str(found[0])


def free_port():
    """For a server that cannot be told to let the system pick."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def run_system(*args):
    """A command of the system's, to its end."""
    return subprocess.run(args, capture_output=True, text=True, check=True, timeout=PATIENCE).stdout


def seconds(iso):
    """Since 1970, of a time as FitHome writes it."""
    return datetime.datetime.fromisoformat(iso.replace("Z", "+00:00")).timestamp()


def until(condition, what):
    """Waits for a condition of the outside world, which has no clock of ours."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.02)
    raise AssertionError(f"waited in vain for {what}")


class Daemon:
    """`fithome run` in the background, on a port that the system picks."""

    def __init__(self, *args, env=None, prefix=()):
        self.process = subprocess.Popen(
            [*prefix, BINARY, "run", "--listen", "127.0.0.1:0", *map(str, args)], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, env=ENVIRONMENT | (env or {}), stdin=subprocess.DEVNULL)
        self.said = []
        self.url = None
        for line in self.process.stdout:
            self.said.append(line)
            if found := re.search(r"http://\S+/", line):
                self.url = found.group(0).rstrip("/")
                break
        if self.url is None:
            raise AssertionError("the daemon did not start: " + "".join(self.said) + self.process.stderr.read())

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=PATIENCE) as answer:
            return answer.read().decode()

    def json(self, path):
        return json.loads(self.get(path))

    def live(self, count):
        """The next `count` readings of the live stream."""
        readings = []
        with urllib.request.urlopen(self.url + "/api/v1/live", timeout=PATIENCE) as stream:
            for line in stream:
                if line.startswith(b"data: "):
                    readings.append(json.loads(line[6:]))
                    if len(readings) == count:
                        return readings
        raise AssertionError("the live stream ended")

    def stop(self, sig=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(sig)
        out, err = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, out, err


class SimulatedMeter:
    """`fithome sim` in the background, behind a file that answers spidev's calls."""

    def __init__(self, *devices, args=()):
        words = [word for device in devices for word in ("--spidev", device)]
        self.process = subprocess.Popen([BINARY, "sim", *map(str, words), *map(str, args)], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, env=ENVIRONMENT, stdin=subprocess.DEVNULL)
        self.said = []
        for line in self.process.stdout:
            self.said.append(line.rstrip("\n"))
            if line.startswith("ready"):
                return
        raise AssertionError("the simulated meter did not start: " + self.process.stderr.read())

    def stop(self, sig=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(sig)
        out, err = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, out, err


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="fithome-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.data = self.folder / "data"

    def daemon(self, *args, **kwargs):
        daemon = Daemon(*args, **kwargs)
        self.addCleanup(lambda: daemon.process.poll() is None and daemon.stop(signal.SIGKILL))
        self.addCleanup(daemon.process.stdout.close)
        self.addCleanup(daemon.process.stderr.close)
        return daemon

    def lights(self):
        """The environment of a daemon that has a green and a red light."""
        for name in ("green", "red"):
            (self.folder / "leds" / name).mkdir(parents=True)
            (self.folder / "leds" / name / "brightness").write_text("0\n")
        return {"FITHOME_LED_PATH": str(self.folder / "leds"), "FITHOME_LED_GREEN": "green", "FITHOME_LED_RED": "red"}

    def is_lit(self, name):
        return (self.folder / "leds" / name / "brightness").read_text() == "1\n"

    def simulated_meter(self, *devices, args=()):
        if os.geteuid() != 0 or not os.path.exists("/dev/fuse"):
            skip("a simulated spidev needs root and /dev/fuse")
        meter = SimulatedMeter(*devices, args=args)
        self.addCleanup(meter.process.stderr.close)
        self.addCleanup(meter.process.stdout.close)
        self.addCleanup(lambda: meter.process.poll() is None and meter.stop())  # the first of them
        return meter

    def steady_house(self, **columns):
        """What `fithome run` takes for a house that never changes, of watts, volts or amperes a column."""
        file = self.folder / "house.csv"
        rows = [",".join([time, *map(str, columns.values())]) for time in ("2026-06-01 12:00:00", "2026-06-02 12:00:00")]
        file.write_text("\n".join([",".join(["time", *columns]), *rows]) + "\n")
        named = ",".join(["time=time", *(f"{name}={name}" for name in columns)])
        return ("--house", f"csv:{file}", "--house-columns", named, "--grid", "60", "--data", self.data)

    def readings(self, *args):
        """Rows of `fithome read`, each a dict of text."""
        out = run("read", "--data", self.data, "--format", "csv", *args).stdout.splitlines()
        names = out[0].split(",")
        return [dict(zip(names, line.split(","))) for line in out[1:]]

    def assert_no_hole(self, rows, interval):
        """A reading for each interval: on its tick or, where the machine was busy, late and said to be so.

        The first of a daemon is taken at once, between two ticks.
        """
        before, late = None, 0
        for row in rows[0 if seconds(rows[0]["time"]) % interval == 0 else 1:]:
            if "late" in row["flags"].split():
                late += 1
                continue
            time = seconds(row["time"])
            self.assertEqual(time % interval, 0, row)
            if before is not None:
                self.assertEqual(time - before, (1 + late) * interval, row)
            before, late = time, 0
        self.assertIsNotNone(before, "all were late")

    def energy(self):
        return json.loads(run("energy", "--data", self.data, "--json").stdout)
