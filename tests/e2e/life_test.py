# SPDX-License-Identifier: MIT
"""A daemon's life: started, asked, killed, started again; nothing that was stored is lost."""
import json
import pathlib
import re
import signal
import subprocess
import time
import unittest
import urllib.request

import rig
from rig import seconds


class Life(rig.Case):
    def test_page_api_and_commands_tell_the_same(self):
        daemon = self.daemon("--demo", "--data", self.data, "--house", "generated:5")
        reading = daemon.live(2)[-1]
        self.assertTrue(reading["simulated"])

        now = daemon.json("/api/v1/now")
        self.assertEqual(set(now), set(reading))
        said = json.loads(rig.run("now", "--json", "--url", daemon.url).stdout)
        self.assertLessEqual(set(said) ^ set(now), {"age_s"})
        status = daemon.json("/api/v1/status")
        self.assertTrue(status["simulated"])
        self.assertEqual(status["faults"], [])
        self.assertEqual(rig.run("status", "--url", daemon.url).returncode, 0)

        daemon.stop()
        stored = self.readings("--from", "-1h")
        match = [row for row in stored if row["time"] == reading["time"]]
        self.assertEqual(len(match), 1)
        for channel in ("p", "q", "u_a", "i_c", "pf", "f"):
            self.assertEqual(float(match[0][channel]), reading[channel], channel)

    def test_the_live_stream_is_one_reading_a_second_in_order(self):
        daemon = self.daemon("--demo", "--data", self.data)
        times = [reading["time"] for reading in daemon.live(4)]
        self.assertEqual(times, sorted(set(times)))
        daemon.stop()
        self.assertLessEqual(set(times), {row["time"] for row in self.readings("--from", "-1h")})

    def test_what_was_shown_as_stored_survives_kill_9_and_the_totals_go_on(self):
        readings = 0
        imported = 0.0
        for _ in range(3):
            daemon = self.daemon("--demo", "--data", self.data, "--house", "generated:5")
            rig.until(lambda: daemon.json("/api/v1/status")["readings"] >= 2, "two stored readings")
            before = daemon.json("/api/v1/status")["store"]["readings"]
            self.assertGreaterEqual(before, readings + 2)
            daemon.stop(signal.SIGKILL)

            kept = self.readings("--from", "-1h")
            self.assertGreaterEqual(len(kept), before)
            self.assertEqual(len({row["time"] for row in kept}), len(kept))
            energy = self.energy()["counted"]["import_wh"]
            self.assertGreaterEqual(energy, imported)
            readings, imported = len(kept), energy
        for before, after in zip(kept, kept[1:]):
            away = seconds(after["time"]) - seconds(before["time"])
            self.assertEqual("after_gap" in after["flags"], away > 1.5, (before["time"], after["time"]))

    def test_sigterm_stores_everything_and_ends_within_two_seconds(self):
        daemon = self.daemon("--demo", "--data", self.data)
        last = daemon.live(2)[-1]["time"]
        begin = time.monotonic()
        status, _, _ = daemon.stop(signal.SIGTERM)
        self.assertLess(time.monotonic() - begin, 2)
        self.assertEqual(status, 0)
        self.assertIn(last, [row["time"] for row in self.readings("--from", "-1h")])

    def test_the_first_reading_is_stored_within_two_seconds(self):
        begin = time.monotonic()
        daemon = self.daemon("--demo", "--data", self.data)
        rig.until(lambda: daemon.json("/api/v1/status")["readings"] >= 1, "a stored reading")
        self.assertLess(time.monotonic() - begin, 2)

    def test_green_blinks_with_each_stored_reading_and_red_stays_dark(self):
        leds = self.folder / "leds"
        for name in ("fit-green", "fit-red"):
            (leds / name).mkdir(parents=True)
            (leds / name / "brightness").write_text("0\n")
        config = self.folder / "fithome.toml"
        config.write_text(f'[leds]\npath = "{leds}"\ngreen = "fit-green"\nred = "fit-red"\n')
        daemon = self.daemon("--demo", "--data", self.data, "--config", config)
        brightness = leds / "fit-green" / "brightness"
        rig.until(lambda: brightness.read_text().startswith("1"), "green to light")
        rig.until(lambda: brightness.read_text().startswith("0"), "green to go out")
        self.assertEqual((leds / "fit-red" / "brightness").read_text(), "0\n")
        daemon.stop()

    def test_logs_are_short_and_the_journal_can_rank_them(self):
        daemon = self.daemon("--demo", "--data", self.data, env={"JOURNAL_STREAM": "1:1"})
        daemon.live(3)
        _, _, log = daemon.stop()
        lines = log.splitlines()
        self.assertTrue(lines)
        for line in lines:
            self.assertRegex(line, r"^<[3-7]>")
        self.assertLess(len(lines), 12, "a quiet house is a quiet log")

    def test_prometheus_own_parsers_understand_the_metrics(self):
        daemon = self.daemon("--demo", "--data", self.data)
        daemon.live(2)
        openmetrics = urllib.request.Request(daemon.url + "/metrics", headers={"Accept": "application/openmetrics-text"})
        parser = r"""
import sys
from prometheus_client import parser
from prometheus_client.openmetrics import parser as open_parser
read = {"plain": parser.text_string_to_metric_families, "open": open_parser.text_string_to_metric_families}[sys.argv[1]]
for family in read(sys.stdin.read()):
    for sample in family.samples:
        print(sample.name, sample.labels.get("direction", "-"), sample.labels.get("phase", "-"), sample.value)
"""
        with urllib.request.urlopen(openmetrics) as answer:
            texts = {"plain": daemon.get("/metrics"), "open": answer.read().decode()}
        daemon.stop()
        for form, text in texts.items():
            # Debian's own Python: that is whose package prometheus_client is.
            samples = subprocess.run(["/usr/bin/python3", "-c", parser, form], input=text, capture_output=True, text=True, check=False)
            self.assertEqual(samples.returncode, 0, samples.stderr)
            lines = samples.stdout.splitlines()
            for wanted in ("fithome_energy_joules_total import a ", "fithome_energy_joules_total export c ",
                           "fithome_active_power_watts - a ", "fithome_simulated - - 1"):
                self.assertTrue(any(line.startswith(wanted) for line in lines), (form, wanted, lines))

    def test_a_gap_between_two_runs_is_told_as_one(self):
        for _ in range(2):
            daemon = self.daemon("--demo", "--data", self.data)
            rig.until(lambda: daemon.json("/api/v1/status")["readings"] >= 1, "a stored reading")
            time.sleep(1.6)  # so long that a reading is missing: the gap itself is what is tested
            events = daemon.json("/api/v1/status")["events"]
            daemon.stop()
            time.sleep(1.6)
        gaps = [event for event in events if event["kind"] == "gap"]
        self.assertEqual([gap["cause"] for gap in gaps], ["fithome was stopped"])
        self.assertIsNotNone(gaps[0]["end"])

    def test_what_lasted_when_it_was_killed_ends_with_its_last_sign_of_life(self):
        scenario = self.folder / "sag.scenario"
        scenario.write_text("+1s voltage 70%\n")
        sags = lambda of: [event for event in of.json("/api/v1/status")["events"] if event["kind"] == "sag"]
        daemon = self.daemon("--demo", "--data", self.data, "--scenario", scenario)
        begun = rig.until(lambda: sags(daemon), "a sag to be stored")
        self.assertEqual({sag["end"] for sag in begun}, {None}, "it lasts")
        shown = seconds(daemon.live(2)[-1]["time"])
        newest = lambda: seconds(self.readings("--from", "-1h")[-1]["time"])
        rig.until(lambda: newest() >= shown, "what was shown to be stored, which a slow disk may delay")
        daemon.stop(signal.SIGKILL)
        last = newest()

        daemon = self.daemon("--demo", "--data", self.data)
        rig.until(lambda: all(sag["end"] for sag in sags(daemon)), "its end")
        ended = sags(daemon)
        daemon.stop()
        self.assertEqual([sag["begin"] for sag in ended], [sag["begin"] for sag in begun], "the same, none twice")
        for sag in ended:
            self.assertTrue(sag["cause"].endswith("; it was not over when fithome ended"), sag)
            self.assertTrue(last <= seconds(sag["end"]) < last + 2, (sag, last))

    def test_a_configured_device_that_is_not_there_says_what_to_do(self):
        config = self.folder / "fithome.toml"
        config.write_text('[[meter]]\nname = "mains"\ndevice = "/dev/spidev9.9"\n')
        done = rig.run("run", "--listen", "127.0.0.1:0", "--data", self.data, "--config", config, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("/dev/spidev9.9", done.stderr)
        self.assertRegex(done.stderr, "dtparam=spi=on|raspi-config")

    def test_nothing_listens_beyond_this_machine(self):
        daemon = self.daemon("--demo", "--data", self.data)
        port = int(re.search(r":(\d+)$", daemon.url).group(1))
        wanted = f":{port:04X} "
        for table in ("/proc/net/tcp", "/proc/net/tcp6"):
            if not pathlib.Path(table).exists():
                continue
            for line in pathlib.Path(table).read_text().splitlines()[1:]:
                local, state = line.split()[1], line.split()[3]
                if state == "0A" and (local + " ").endswith(wanted):
                    self.assertTrue(local.startswith("0100007F"), local)
        daemon.stop()


if __name__ == "__main__":
    unittest.main()
