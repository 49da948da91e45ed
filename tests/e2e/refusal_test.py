# SPDX-License-Identifier: MIT
"""What is refused is refused with a sentence that helps, and harms nothing."""
import hashlib
import os
import socket
import sqlite3
import subprocess
import unittest

import rig


def fingerprint(folder):
    return {str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.rglob("*")) if file.is_file()}


class Refusal(rig.Case):
    def refused(self, *args, says, env=None):
        listen = [] if "--listen" in args else ["--listen", "127.0.0.1:0"]
        done = rig.run("run", *listen, *args, check=False, env=env)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        for word in says:
            self.assertIn(word, done.stderr)
        self.assertNotIn("terminate called", done.stderr)
        return done

    def make_store(self):
        rig.run("run", "--listen", "127.0.0.1:0", "--data", self.data, "--house", "generated:1", "--speed", "max",
                "--start", "2026-06-01T00:00Z", "--for", "1m")

    def test_a_configuration_with_an_unknown_key(self):
        config = self.folder / "fithome.toml"
        config.write_text('listen = "127.0.0.1:0"\n[[meter]]\nnmae = "mains"\n')
        self.refused("--demo", "--data", self.data, "--config", config, says=[f"{config}:3:1", "nmae", "name", "^"])
        self.assertFalse(self.data.exists())

    def test_a_half_written_configuration(self):
        config = self.folder / "fithome.toml"
        config.write_text('listen = "127.0.0.1:0"\n[[meter]]\nname = "mai')
        self.refused("--demo", "--data", self.data, "--config", config, says=[f"{config}:3:"])
        self.assertFalse(self.data.exists())

    def test_an_unreadable_configuration(self):
        self.refused("--demo", "--data", self.data, "--config", self.folder / "none.toml", says=["none.toml"])
        self.refused("--demo", "--data", self.data, "--config", self.folder, says=[str(self.folder)])

    def test_a_configuration_that_may_not_be_read(self):
        config = self.folder / "fithome.toml"
        config.write_text('listen = "127.0.0.1:0"\n')
        config.chmod(0)
        # Root may read anything; without these two of its rights it is as anybody else.
        without = "-dac_override,-dac_read_search"
        as_anybody = ["setpriv", f"--inh-caps={without}", f"--bounding-set={without}"] if os.geteuid() == 0 else []
        done = subprocess.run([*as_anybody, rig.BINARY, "run", "--demo", "--data", self.data, "--config", config], capture_output=True,
                              text=True, timeout=rig.PATIENCE, env=rig.ENVIRONMENT)
        self.assertEqual(done.returncode, os.EX_CONFIG)
        for word in (str(config), "ermission denied", "run as its owner, or allow it with chmod"):
            self.assertIn(word, done.stderr)
        self.assertFalse(self.data.exists())

    def test_a_data_directory_that_cannot_be_written(self):
        file = self.folder / "file"
        file.write_text("not a folder")
        self.refused("--demo", "--data", file / "data", says=[str(file)])
        self.assertEqual(file.read_text(), "not a folder")

    def test_a_second_daemon_on_the_same_store(self):
        first = self.daemon("--demo", "--data", self.data)
        self.refused("--demo", "--data", self.data, says=[str(self.data), str(first.process.pid)])
        self.assertTrue(first.live(1))
        self.assertEqual(first.stop()[0], 0)

    def test_a_port_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            self.refused("--demo", "--data", self.data, "--listen", f"127.0.0.1:{port}", says=[str(port), "choose another with --listen"])

    def test_a_store_from_a_newer_version(self):
        self.make_store()
        with sqlite3.connect(self.data / "readings.db") as db:
            version = db.execute("pragma user_version").fetchone()[0]
            db.execute(f"pragma user_version = {version + 1}")
            db.execute("pragma wal_checkpoint(truncate)")
        db.close()
        before = fingerprint(self.data)
        self.refused("--demo", "--data", self.data, says=["newer"])
        after = {name: value for name, value in fingerprint(self.data).items() if "readings.db" in name and "-shm" not in name and "-wal" not in name}
        self.assertLessEqual(after.items(), before.items())

    def test_a_damaged_store(self):
        self.data.mkdir()
        (self.data / "readings.db").write_bytes(b"this is no database, it is a sentence" * 200)
        before = fingerprint(self.data)
        self.refused("--demo", "--data", self.data, says=["readings.db"])
        self.assertLessEqual(before.items(), fingerprint(self.data).items())

    def test_a_file_without_the_columns_it_should_have(self):
        file = self.folder / "house.csv"
        file.write_text("Time,Watts\n2026-01-01 00:00:00,100\n2026-01-01 00:00:01,100\n")
        self.refused("--data", self.data, "--house", f"csv:{file}", "--house-columns", "time=Time,p_a=Power",
                     "--speed", "max", says=["Power", "Watts"])
        self.refused("--data", self.data, "--house", f"csv:{file}", "--house-columns", "time=Time", "--speed", "max", says=["p_a"])
        self.refused("--data", self.data, "--house", f"csv:{self.folder}/none.csv", "--house-columns", "time=Time,p_a=Watts",
                     says=["none.csv"])

    def test_a_clock_that_was_never_set(self):
        library = rig.faketime()
        for time in ("1970-01-02", "2023-12-31"):
            done = self.refused("--demo", "--data", self.data, says=[time, "timedatectl"],
                                env={"LD_PRELOAD": library, "FAKETIME": f"{time} 12:00:00", "FAKETIME_DONT_FAKE_MONOTONIC": "1"})
            self.assertEqual(done.stdout.count("http://"), 0)
            self.assertFalse(self.data.exists())

    def test_real_and_simulated_readings_are_never_mixed(self):
        self.make_store()
        device = self.folder / "spidev"
        device.write_text("")
        config = self.folder / "fithome.toml"
        config.write_text(f'[[meter]]\nname = "mains"\ndevice = "{device}"\n')
        self.refused("--data", self.data, "--config", config, says=["simulated"])

    def test_bad_words_on_the_command_line(self):
        for bad in (["--speed", "fast"], ["--for", "soon"], ["--start", "someday"], ["--house", "castle:1"], ["--listen", "here"]):
            done = rig.run("run", "--demo", "--data", self.data, *bad, check=False)
            self.assertNotEqual(done.returncode, 0, bad)
            self.assertIn(bad[1], done.stderr)
            self.assertFalse(self.data.exists(), bad)


if __name__ == "__main__":
    unittest.main()
