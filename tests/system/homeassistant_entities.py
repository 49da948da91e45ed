# SPDX-License-Identifier: MIT
"""What a real Home Assistant finds: each entity in both forms, none that a new configuration dropped; events, and a button."""
import datetime
import json
import subprocess

from homeassistant_rig import BROKER_PORT, Case, complaints, entities, home, setUpModule, states  # noqa: F401
import rig


class EntitiesOfARealHomeAssistant(Case):
    def setUp(self):
        super().setUp()
        self.site = ""
        self.addCleanup(self.forget)

    def forget(self):
        """Another test's Home Assistant knows nothing of these."""
        for topic in self.announced() if self.site else ():
            rig.run_system("mosquitto_pub", "-p", BROKER_PORT, "-t", topic, "-n", "-r")
        rig.until(lambda: not entities(self.site), "it to forget them")

    def house(self, wiring, form, *more):
        return self.daemon("--demo", "--data", self.data, "--wiring", wiring, *more, env={
            "FITHOME_MQTT_HOST": "127.0.0.1", "FITHOME_MQTT_PORT": BROKER_PORT, "FITHOME_MQTT_INTERVAL": "1",
            "FITHOME_MQTT_COMMANDS": "true", "FITHOME_MQTT_DISCOVERY": form})

    def announced(self):
        """What is retained at the broker of ours: payloads by topic."""
        done = subprocess.run(["mosquitto_sub", "-p", BROKER_PORT, "-t", "homeassistant/+/+/config", "-F", "%t\t%p", "--retained-only",
                               "-W", "2"], capture_output=True, text=True, timeout=rig.PATIENCE, check=False)
        return {topic: payload for topic, _, payload in (line.partition("\t") for line in done.stdout.splitlines()) if self.site in topic}

    def assert_found(self, wanted):
        rig.until(lambda: set(entities(self.site)) == set(wanted), f"its entities to be {sorted(wanted)}, not {sorted(entities(self.site))}")
        self.wait_until_available()

    def wait_until_available(self):
        """An entity is there before Home Assistant has heard that it is available, and until then nothing is pressed."""
        def missing():
            return [name for name in entities(self.site).values() if states()[name]["state"] == "unavailable"]

        rig.until(lambda: not missing(), "each entity to be available")

    def test_both_forms_are_found_and_what_is_dropped_goes(self):
        running = self.house("three_phase", "device")
        rig.until(lambda: running.json("/api/v1/status")["readings"], "readings")
        self.learn_site()
        topic = f"homeassistant/device/fithome_{self.site}_1/config"
        device = json.loads(rig.until(lambda: self.announced().get(topic), "its discovery"))["components"]
        self.assertIn("import_b", device)
        self.assert_found(device)
        running.stop()
        two = self.house("split_phase", "device")
        fewer = {key for key in device if not key.endswith("_b")}
        self.assertLess(len(fewer), len(device))
        self.assert_found(fewer)
        two.stop()

        single = self.house("split_phase", "single")
        self.assert_found(fewer)
        self.assertEqual({topic.split("/")[2].removeprefix(f"fithome_{self.site}_1_") for topic in self.announced()}, fewer)
        single.stop()
        one = self.house("single_phase", "single")
        self.assert_found({key for key in fewer if not key.endswith("_c")})
        one.stop()
        self.assertEqual(complaints(), [])

    def test_a_button_is_pressed_and_an_event_arrives(self):
        scenario = self.folder / "scenario"
        scenario.write_text("".join(f"+{second}s voltage a 70% for 3s\n" for second in range(30, 600, 15)))
        running = self.house("split_phase", "device", "--scenario", scenario)
        rig.until(lambda: running.json("/api/v1/status")["readings"], "readings")
        self.learn_site()
        known = rig.until(lambda: entities(self.site), "its entities")
        self.wait_until_available()
        state = lambda key: states()[known[key]]
        home("call_service", domain="button", service="press", target={"entity_id": known["mark_event"]})
        marks = rig.until(lambda: running.json("/api/v1/events?kind=mark")["events"], "the mark")
        self.assertEqual([mark["reason"] for mark in marks], ["mqtt"])
        sag = rig.until(lambda: (found := state("sag"))["attributes"].get("event_type") == "ended" and found, "the end of a sag")
        self.assertIn(sag["attributes"]["begin"], [one["begin"] for one in running.json("/api/v1/events?kind=sag")["events"]])
        self.assertEqual(sag["attributes"]["line"], "a")
        age = datetime.datetime.now(datetime.timezone.utc) - datetime.datetime.fromisoformat(sag["state"])
        self.assertLess(age.total_seconds(), 60)
        self.assertEqual(complaints(), [])
