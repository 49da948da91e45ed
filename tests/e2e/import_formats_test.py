#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What other programs kept becomes readings like others: to the digit, once, and the same however often it is broken off."""
import gzip
import math
import os
import signal
import struct
import subprocess
import unittest

import influx_rig
import rig

BEGIN = 1_593_561_600  # 2020-07-01, UTC
DAY = 86400


class Case(rig.Case):
    def bring_in(self, *words, check=True, data=None, env=None):
        return rig.run("import", *words, "--data", data or self.data, "--config", "/dev/null", check=check, env=env)

    def refusal(self, *words, data=None, env=None):
        done = self.bring_in(*words, check=False, data=data, env=env)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        self.assertNotIn("brought in, ", done.stdout)
        return done.stderr

    def kept(self, channels="p", data=None):
        """(Unix seconds, then the channels as text) of each reading."""
        out = rig.run("read", "--data", data or self.data, "--from", "2019-01-01", "--channels", channels, "--format", "csv").stdout
        rows = [line.split(",") for line in out.splitlines()[1:]]
        self.assertTrue(all("imported" in row[-1].split() for row in rows))
        return [(rig.seconds(row[0]), *row[1:-1]) for row in rows]


class Csv(Case):
    ALL = "p,q,s,pf,f,temp,u_a,i_a,p_a,q_a,s_a,pf_a,u_c,i_c,p_c,q_c,s_c,pf_c"

    def test_an_export_comes_back_to_the_digit_and_once(self):
        berlin = {"TZ": "Europe/Berlin"}  # the night that summer time ends
        house = self.folder / "house"
        rig.run("run", "--demo", "--start", "2025-10-25T20:00:00Z", "--speed", "max", "--for", "8h", "--data", house, "--config", "/dev/null",
                "--listen", "127.0.0.1:0", env=berlin)
        with_flags = ("--data", house, "--from", "2019-01-01", "--channels", self.ALL, "--format", "csv")
        measured = rig.run("read", *with_flags).stdout.splitlines()
        self.assertGreater(len(measured), 28000)
        for name in ("house.csv", "house.csv.gz"):
            with self.subTest(name):
                file, data = self.folder / name, self.folder / f"from-{name}"
                rig.run("export", "--data", house, "--config", "/dev/null", "-o", file, env=berlin)
                self.assertIn(f"{len(measured) - 1} readings brought in, 0 were there", self.bring_in("csv", file, data=data, env=berlin).stdout)
                self.assertIn(f"0 readings brought in, {len(measured) - 1} were", self.bring_in("csv", file, data=data, env=berlin).stdout)
                found = rig.run("read", *("--data", data, *with_flags[2:])).stdout.splitlines()
                self.assertEqual([line.replace(" imported", "").replace(",imported", ",") for line in found], measured)
                self.assertTrue(all("imported" in line for line in found[1:]))

    def test_what_was_brought_in_is_exported_again(self):
        file = self.folder / "lines.csv"
        text = "time,p_a,i_c,flags\n" + "".join(f"2020-07-01T00:{n:02}:00.000Z,{n}.25,,imported\n" for n in range(59))
        file.write_text(text + "2020-07-01T00:59:00.000Z,,1.500,imported\n")
        self.bring_in("csv", file)
        rig.run("export", "--data", self.data, "--config", "/dev/null", "--channels", "p_a,i_c", "-o", self.folder / "again.csv")
        self.assertEqual((self.folder / "again.csv").read_text(), file.read_text())
        rig.run("export", "--data", self.data, "--config", "/dev/null", "-o", self.folder / "all.csv")
        self.assertIn(",p_a,", (self.folder / "all.csv").read_text())

    def table(self, days, each=10, name="table.csv"):
        file = self.folder / name
        rows = [(BEGIN + n, f"{n % 7919 / 4:.2f}") for n in range(0, days * DAY, each)]
        file.write_text("time,p\n" + "".join(f"{second},{watts}\n" for second, watts in rows))
        return file, rows

    def test_a_broken_row_stops_it_there_and_a_mended_table_goes_on(self):
        file, rows = self.table(days=2)
        lines = file.read_text().splitlines(keepends=True)
        whole = lines[12345]
        lines[12345] = whole.replace(",", ",much")
        file.write_text("".join(lines))
        said = self.refusal("csv", file)
        self.assertIn(f'{file}:12346: "much{whole.split(",")[1].strip()}" in column p is no number', said)
        self.assertIn("12344 readings were brought in before that", said)
        self.assertEqual(self.kept(), rows[:12344])

        lines[12345] = whole
        file.write_text("".join(lines))
        self.assertIn(f"{len(rows) - 12344} readings brought in, 12344 were there", self.bring_in("csv", file).stdout)
        self.assertEqual(self.kept(), rows)

    def test_a_table_that_is_wrong_at_its_begin_changes_nothing(self):
        file, _ = self.table(days=1)
        lines = file.read_text().splitlines(keepends=True)
        for broken, word in ((["time,watts\n", *lines[1:]], "no channel"), ([*lines[:9], "soon,1\n", *lines[9:]], f"{file}:10: "),
                             ([lines[0], *lines[9:1:-1]], "goes back in time"), (lines[:1], "no reading")):
            file.write_text("".join(broken))
            self.assertIn(word, self.refusal("csv", file))
        self.assertFalse(self.data.exists())

    def test_one_that_was_killed_has_every_reading_once(self):
        file, rows = self.table(days=12)
        killed = 0
        for attempt in range(12):
            process = subprocess.Popen([rig.BINARY, "import", "csv", str(file), "--data", str(self.data), "--config", "/dev/null"],
                                       stdout=subprocess.DEVNULL, env=rig.ENVIRONMENT)
            try:
                process.wait(0.02 * 1.3 ** attempt)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                killed += 1
            process.wait(rig.PATIENCE)
        print(f"killed {killed} times of 12")
        self.bring_in("csv", file)
        self.assertEqual(self.kept(), rows)

    def test_one_that_was_killed_in_the_middle_goes_on(self):
        file, rows = self.table(days=3)
        pipe = self.folder / "pipe.csv"
        os.mkfifo(pipe)
        process = subprocess.Popen([rig.BINARY, "import", "csv", str(pipe), "--data", str(self.data), "--config", "/dev/null"], env=rig.ENVIRONMENT)
        self.addCleanup(lambda: process.poll() is None and process.kill())
        with open(pipe, "w", encoding="utf-8") as to:
            to.write("".join(file.read_text().splitlines(keepends=True)[:25001]))
            to.flush()
            rig.until(lambda: (self.data / "readings.db").exists() and len(self.kept()) >= 17280, "two days to be kept")
            process.send_signal(signal.SIGKILL)
            process.wait(rig.PATIENCE)
        self.assertEqual(self.kept(), rows[:17280], "whole days")
        self.assertIn("8640 readings brought in, 17280 were there", self.bring_in("csv", file).stdout)
        self.assertEqual(self.kept(), rows)

    def test_a_running_daemon_keeps_it_out(self):
        file, _ = self.table(days=1)
        daemon = self.daemon("--demo", "--data", self.data, "--config", "/dev/null")
        self.assertIn("stop the daemon", self.refusal("csv", file))
        daemon.stop()


class Phpfina(Case):
    def feed(self, name, interval, begin, values):
        folder = self.folder / "phpfina"
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.meta").write_bytes(struct.pack("<4I", 0, 0, interval, begin))
        (folder / f"{name}.dat").write_bytes(struct.pack(f"<{len(values)}f", *values))
        return folder

    def test_feeds_become_readings_of_their_instants(self):
        power = [math.nan if n % 5 == 3 else n % 997 * 1.25 for n in range(DAY // 5)]
        volts = [230 + n % 90 / 10 for n in range(DAY // 10)]
        self.feed(1, 10, BEGIN, power)
        folder = self.feed(2, 20, BEGIN - 40, volts)
        expected = {BEGIN + 10 * n: [f"{watts:.2f}", ""] for n, watts in enumerate(power) if not math.isnan(watts)}
        for n, u in enumerate(volts):
            expected.setdefault(BEGIN - 40 + 20 * n, ["", ""])[1] = f"{u:.2f}"

        words = ("phpfina", folder, "--feeds", "p=1,u_a=2")
        self.assertIn(f"{len(expected)} readings brought in", self.bring_in(*words).stdout)
        self.assertIn("0 readings brought in", self.bring_in(*words).stdout)
        self.assertEqual(self.kept("p,u_a"), [(second, *texts) for second, texts in sorted(expected.items())])

    def test_a_feed_that_grows_is_followed(self):
        power = [float(n) for n in range(3 * DAY // 10)]
        folder = self.feed(1, 10, BEGIN, power[:10000])
        self.assertIn("10000 readings brought in", self.bring_in("phpfina", folder, "--feeds", "p=1").stdout)
        self.feed(1, 10, BEGIN, power)
        self.assertIn(f"{len(power) - 10000} readings brought in, 10000 were", self.bring_in("phpfina", folder, "--feeds", "p=1").stdout)
        self.assertEqual([float(row[1]) for row in self.kept()], power)

    def test_a_torn_feed_is_told(self):
        folder = self.feed(1, 10, BEGIN, [1.0, 2.0])
        with open(folder / "1.dat", "ab") as file:
            file.write(b"\0")
        self.assertIn("left out: half a point at the end of", self.bring_in("phpfina", folder, "--feeds", "p=1").stdout)
        (folder / "1.meta").write_bytes(b"\0" * 15)
        self.assertIn("1.meta: 15 bytes in place of 16", self.refusal("phpfina", folder, "--feeds", "p=1", data=self.folder / "other"))
        self.assertFalse((self.folder / "other").exists())


class InfluxFile(Case):
    def test_an_export_has_a_field_after_the_other(self):
        seconds = range(BEGIN, BEGIN + 2 * DAY, 10)
        lines = ["# DDL", "CREATE DATABASE house WITH NAME autogen", "# DML", "# CONTEXT-DATABASE:house"]
        lines += [f"mains,host=pi power={second % 977 / 4!r} {second}000000000" for second in seconds]
        lines += [f"mains,host=pi volts={230 + second % 7}i {second}000000000" for second in seconds if second % 20 == 0]
        file = self.folder / "export.gz"
        file.write_bytes(gzip.compress("\n".join(lines).encode()))

        words = ("influx", file, "--measurement", "mains", "--fields", "p=power,u_a=volts")
        self.assertIn(f"{len(seconds)} readings brought in", self.bring_in(*words).stdout)
        self.assertIn("0 readings brought in", self.bring_in(*words).stdout)
        self.assertEqual(self.kept("p,u_a"), [(second, f"{second % 977 / 4:.2f}", f"{230 + second % 7}.00" if second % 20 == 0 else "")
                                              for second in seconds])


class Influx:
    """The same of a pretend server and of a real one (import_influx_test.py)."""
    server_class = None

    def setUp(self):
        super().setUp()
        self.server = self.server_class(self.folder / "influxdb")
        self.addCleanup(self.server.stop)
        self.secret = self.folder / "password"
        self.secret.write_text(influx_rig.PASSWORD + "\n")

    def points(self, first, last, each=10):
        return [(second * 10**9 + 123_456_789, {"power": second % 977 / 4, "volts": 230 + second % 70 / 10} if second % 20 == 0
                 else {"power": second % 977 / 4}) for second in range(first, last, each)]

    def words(self, *more, measurement="mains", fields="p=power,u_a=volts", database="house"):
        return ("influx", "--url", self.server.url, "--database", database, "--measurement", measurement, "--fields", fields,
                "--user", "anna", "--password-file", self.secret, *more)

    def expected(self, points):
        return [(ns // 10**6 / 1000, f"{fields['power']:.2f}", f"{fields['volts']:.2f}" if "volts" in fields else "") for ns, fields in points]

    def test_a_measurement_is_brought_in_once_and_followed(self):
        points = self.points(BEGIN, BEGIN + 3 * DAY)
        self.server.write("mains", {"host": "pi"}, points[:20000])
        self.assertIn("20000 readings brought in", self.bring_in(*self.words()).stdout)
        self.assertEqual(self.kept("p,u_a"), self.expected(points[:20000]))

        self.server.write("mains", {"host": "pi"}, points[20000:])
        self.assertIn(f"{len(points) - 20000} readings brought in, 20000 were", self.bring_in(*self.words()).stdout)
        self.assertIn("0 readings brought in", self.bring_in(*self.words()).stdout)
        self.assertEqual(self.kept("p,u_a"), self.expected(points))

    def test_it_says_what_there_is_and_changes_nothing(self):
        self.server.write("mains", {"host": "pi"}, self.points(BEGIN, BEGIN + 100))
        self.assertIn('no measurement "main" in database house; it has "mains"', self.refusal(*self.words(measurement="main")))
        self.assertIn('no field "watts"; the measurement has "power", "volts"', self.refusal(*self.words(fields="p=watts")))
        self.assertIn('no channel "power"', self.refusal(*self.words(fields="power=power")))
        self.assertIn("database not found: barn", self.refusal(*self.words(database="barn")))
        self.secret.write_text("wrong")
        self.assertIn("does not let us in", self.refusal(*self.words()))
        self.assertFalse(self.data.exists())

    def test_several_series_are_told_and_one_is_picked(self):
        mains, barn = self.points(BEGIN, BEGIN + 1000), self.points(BEGIN, BEGIN + 500)
        self.server.write("mains", {"host": "pi"}, mains)
        self.server.write("mains", {"host": "barn"}, barn)
        self.assertIn("power has several series, ", self.refusal(*self.words()))
        self.bring_in(*self.words("--tags", "host=pi"))
        self.assertEqual(self.kept("p,u_a"), self.expected(mains))


class PretendInflux(Influx, Case):
    server_class = influx_rig.Pretend

    def test_a_server_that_breaks_off_is_asked_again_later(self):
        points = self.points(BEGIN, BEGIN + 4 * DAY)
        self.server.write("mains", {"host": "pi"}, points)
        self.server.breaks_off = 8  # field keys, two for series, both ends, two pages
        said = self.refusal(*self.words())
        self.assertIn("broke off its answer", said)
        self.assertEqual(self.kept("p,u_a"), self.expected(points[:17280]), "whole days")
        self.bring_in(*self.words())
        self.assertEqual(self.kept("p,u_a"), self.expected(points))

    def test_the_password_may_come_from_the_environment(self):
        self.server.write("mains", {"host": "pi"}, self.points(BEGIN, BEGIN + 100))
        words = [word for word in self.words() if word not in ("--password-file", self.secret)]
        self.bring_in(*words, env={"FITHOME_INFLUXDB_PASSWORD": influx_rig.PASSWORD})
        self.assertEqual(len(self.kept()), 10)

    def test_nobody_or_another_answers(self):
        self.assertIn("no InfluxDB answers at http://127.0.0.1:9", self.refusal("influx", "--url", "http://127.0.0.1:9", "--database", "d",
                                                                               "--measurement", "m", "--fields", "p=x"))
        said = self.refusal("influx", "--url", "http://anna:hush@pi:8086", "--database", "d", "--measurement", "m", "--fields", "p=x")
        self.assertIn("no user and no password in --url", said)
        self.assertNotIn("hush", said)
        self.assertIn("is no address", self.refusal("influx", "--url", "https://pi:8086", "--database", "d", "--measurement", "m", "--fields", "p=x"))


if __name__ == "__main__":
    unittest.main()
