#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""./run reads the configured meter where it is there, and is the demo where it is not, and says which.

    run_test.py FITHOME     the program that understands configurations; nothing is installed or built here
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[1]
FITHOME = pathlib.Path(sys.argv.pop(1)).resolve()
SYSTEM_CONFIG = "/etc/fithome/fithome.toml"
NOTHING_TO_INSTALL = """
step() { echo "$2"; }
die() { echo "$*" >&2; exit 1; }
install_packages() { :; }
build() { :; }
help_if_asked() { :; }
"""
# Reads configurations as the real one does; tells how it was to start instead of starting.
STUB = f"""#!/bin/sh
if [ "$1" = config ]; then exec "{FITHOME}" "$@"; fi
printf '<%s>' "$@"
env | grep ^FITHOME_ | sed 's/.*/{{&}}/'
"""


class Run(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        # What this machine itself has configured is not looked at.
        self.system_config = self.folder / "etc.toml"
        script = (ROOT / "run").read_text()
        self.assertIn(f":-{SYSTEM_CONFIG}}}", script)
        (self.folder / "run").write_text(script.replace(f":-{SYSTEM_CONFIG}}}", f":-{self.system_config}}}"))
        (self.folder / "run").chmod(0o755)
        for name, text in (("tools/lib.sh", NOTHING_TO_INSTALL), ("build/release/fithome", STUB)):
            (self.folder / name).parent.mkdir(parents=True)
            (self.folder / name).write_text(text)
        (self.folder / "build/release/fithome").chmod(0o755)
        self.here = self.folder / "spidev"
        self.here.touch()
        self.absent = self.folder / "none"

    def run_with(self, *args, **environment):
        clean = {k: v for k, v in os.environ.items() if not k.startswith("FITHOME_")}
        done = subprocess.run([self.folder / "run", *map(str, args)], capture_output=True, text=True, timeout=60,
                              env=clean | {k: str(v) for k, v in environment.items()})
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def config(self, *devices, file="house.toml"):
        file = self.folder / file
        file.write_text("".join(f'[[meter]]\nname = "m{n}"\ndevice = "{device}"\n' for n, device in enumerate(devices)))
        return file

    def test_with_nothing_there_it_is_the_demo(self):
        said = self.run_with(FITHOME_DEVICE=self.absent)
        self.assertIn(f"the demo, a simulated house: there is no {self.absent}", said)
        self.assertIn("<run><--demo><--data>", said)

    def test_a_device_that_is_there_is_read(self):
        said = self.run_with(FITHOME_DEVICE=self.here)
        self.assertIn(f"the meter at {self.here}", said)
        self.assertNotIn("--demo>", said)

    def test_a_configured_device_that_is_there_is_read(self):
        config = self.config(self.here)
        self.assertIn(f"<run><--config><{config}>", self.run_with("--config", config))
        self.assertIn(f"the meter, as {config} says", self.run_with(FITHOME_CONFIG=config))
        self.config(self.here, file=self.system_config.name)
        self.assertIn(f"the meter, as {self.system_config} says", self.run_with())

    def test_where_a_configured_device_is_absent_it_is_the_demo_and_takes_nothing_of_the_houses(self):
        config = self.config(self.here, self.absent)
        for args, environment in ((["--config", config], {}), ([f"--config={config}"], {}), ([], {"FITHOME_CONFIG": config})):
            said = self.run_with(*args, "--data", self.folder / "house", "--for=1h", FITHOME_MQTT_HOST="broker", **environment)
            self.assertIn(f"the demo, a simulated house: the configuration names {self.absent}, which is not there", said)
            self.assertRegex(said, r"<run><--for=1h><--demo><--config></dev/null><--data><.*/build/demo-data>")
            for word in (str(config), "broker", str(self.folder / "house>")):
                self.assertNotIn(word, said)

    def test_what_is_wrong_with_a_configuration_is_left_to_the_program_to_tell(self):
        config = self.folder / "bad.toml"
        config.write_text("[[meter]]\nnmae = 3\n")
        self.assertIn(f"<run><--config><{config}>", self.run_with("--config", config))

    def test_the_demo_that_was_asked_for_is_the_demo(self):
        said = self.run_with("--demo", FITHOME_DEVICE=self.here)
        self.assertIn("the demo\n", said)
        self.assertIn("<run><--demo>", said)


if __name__ == "__main__":
    unittest.main()
