# SPDX-License-Identifier: MIT
"""What an MQTT broker is told."""
import json
import os
import pathlib
import signal
import time
import unittest

import mqtt_rig
import rig
from rig import until


class ToldOverMqtt(mqtt_rig.Case):
    def test_home_assistant_is_told_what_there_is_and_then_what_it_says(self):
        listener = self.listen()
        running = self.house(env={"FITHOME_MQTT_VALUES": "true"})
        discovery = listener.discovery()
        listener.status("online")
        state = listener.state(lambda state: state["import"] is not None and state["p"] is not None)
        site = running.json("/api/v1/status")["site"].replace("-", "")[:12]
        self.assertEqual(discovery["state_topic"], f"fithome/{site}/1/state")
        self.assertEqual(discovery["device"]["model"], "ATM90E32AS (simulated)")
        events = {key for key, entity in discovery["components"].items() if entity["platform"] == "event"}
        self.assertEqual(set(discovery["components"]) - events, set(state) - {"time"})
        # What is said is what the API says of that second, to the last digit.
        row = json.loads(running.get(f"/api/v1/readings?from={state['time']}&to=now&channels=p,u_a,p_c"))["rows"][0]
        self.assertEqual([state["p"], state["u_a"], state["p_c"]], row[1:4])
        energy = running.json("/api/v1/energy")
        listener.seen.clear()
        later = listener.state()
        self.assertGreaterEqual(later["import"], state["import"])
        kilowatt_hours = listener.next(lambda topic, _: topic == f"fithome/{site}/1/import", "a value of its own")
        self.assertEqual(float(kilowatt_hours), later["import"])
        self.assertAlmostEqual(later["import"], energy["net"]["import_wh"] / 1000, delta=0.05)

        late = self.listen()  # who comes later finds what is retained, and no old state
        again = late.discovery()
        self.assertEqual(again, discovery)
        late.status("online")

        listener.seen.clear()
        self.broker.publish("homeassistant/status", "online")
        listener.discovery()
        listener.state()
        running.process.kill()
        running.process.wait()
        listener.status("offline")

    def test_what_happens_is_told_once_and_not_kept(self):
        scenario = self.folder / "scenario"
        scenario.write_text("+8s voltage a 70% for 2s\n")
        listener = self.listen()
        running = self.house("--scenario", scenario)
        sag = listener.discovery()["components"]["sag"]
        restart = json.loads(listener.next(lambda topic, _: topic.endswith("/event/restart"), "the restart"))
        self.assertEqual(restart["event_type"], "restarted")
        began, ended = (json.loads(listener.next(lambda topic, _: topic == sag["state_topic"], "a sag")) for _ in range(2))
        self.assertEqual([began["event_type"], ended["event_type"]], sag["event_types"])
        kept = running.json("/api/v1/events?kind=sag")["events"][0]
        self.assertEqual(ended, kept | {"event_type": "ended"})
        self.assertEqual(began["begin"], kept["begin"])
        late = self.listen()
        late.state()
        self.assertFalse([topic for topic, _ in late.seen if "/event/" in topic])

    def test_a_button_is_obeyed_where_that_was_asked_for_and_rubbish_is_not(self):
        listener = self.listen()
        running = self.house(env={"FITHOME_MQTT_COMMANDS": "true"})
        topic = listener.discovery()["components"]["mark_event"]["command_topic"]
        marks = lambda: running.json("/api/v1/events?kind=mark")["events"]
        base = topic.removesuffix("mark_event")
        for payload in ("", "press", "PRESS ", '{"voltage_gain": 1}', "\x01" * 10_000):
            self.broker.publish(topic, payload)
            self.broker.publish(base + "calibrate", payload)
        self.broker.publish(base + "calibrate", "PRESS")
        self.broker.publish(topic, "PRESS")
        until(marks, "the mark")
        running.stop()
        self.broker.publish(topic, "PRESS", "-r")  # pressed while nobody listened
        running = self.house(env={"FITHOME_MQTT_COMMANDS": "true"})
        listener.next(lambda seen, _: seen.endswith("/event/restart"), "the restart")
        listener.state()
        self.assertEqual(len(marks()), 1)
        _, _, err = running.stop()
        self.assertIn("it was retained", err)

        off = self.house()
        removed = listener.discovery(lambda payload: json.loads(payload)["components"].get("mark_event") == {"platform": "button"})
        self.assertIn("p", removed["components"])
        listener.discovery(lambda payload: "mark_event" not in json.loads(payload)["components"])
        listener.state()
        self.broker.publish(topic, "PRESS")
        listener.state()
        self.assertEqual(len(off.json("/api/v1/events?kind=mark")["events"]), 1)

    def test_an_event_that_was_not_acknowledged_is_told_again(self):
        heard = []

        def take(_, topic, payload):
            if topic.endswith("/event/restart"):
                heard.append(payload)
                return "cut" if len(heard) == 1 else "yes"
            return "yes"
        broker = mqtt_rig.FakeBroker(take=take)
        self.addCleanup(broker.stop)
        running = self.house(broker=broker)
        until(lambda: len(heard) == 2, "it again")
        self.assertEqual(heard[0], heard[1])
        stored = running.json("/api/v1/status")["readings"]
        until(lambda: running.json("/api/v1/status")["readings"] > stored + 2, "readings")
        self.assertEqual(len(heard), 2)

    def test_a_broker_that_goes_and_comes_costs_no_reading(self):
        running = self.house()
        listener = self.listen()
        listener.state()
        self.broker.stop()
        listener.close()
        stored = running.json("/api/v1/status")["readings"]
        until(lambda: running.json("/api/v1/status")["readings"] > stored + 2, "readings without a broker")
        self.broker.start()
        listener = self.listen()
        listener.discovery()
        listener.status("online")
        listener.state()
        self.broker.process.send_signal(signal.SIGSTOP)  # it hangs
        stored = running.json("/api/v1/status")["readings"]
        until(lambda: running.json("/api/v1/status")["readings"] > stored + 3, "readings while the broker hangs")
        self.assertEqual(running.json("/api/v1/status")["missed"], 0)
        begun = time.monotonic()
        status, _, err = running.stop()
        self.assertEqual(status, 0, err)
        self.assertLess(time.monotonic() - begun, 20)
        self.assertIn("mqtt://127.0.0.1", err)
        self.assert_no_hole(self.readings(), 1)

    def test_only_a_house_with_a_broker_pays_for_its_library(self):
        def libraries(daemon):
            return pathlib.Path(f"/proc/{daemon.process.pid}/maps").read_text()

        without = self.daemon("--demo", "--data", self.data)
        without.live(1)
        for library in ("mosquitto", "libssl", "libcrypto", "mongoc"):
            self.assertNotIn(library, libraries(without))
        without.stop()
        listener = self.listen()
        house = self.house()
        listener.status("online")
        self.assertIn("mosquitto", libraries(house))

    def test_a_module_that_is_not_there_is_named_and_the_house_is_measured(self):
        alone = self.folder / "fithome"
        alone.write_bytes(pathlib.Path(rig.BINARY).read_bytes())
        alone.chmod(0o755)
        if os.path.exists("/usr/lib/fithome/libfithome_mqtt.so"):
            rig.skip("the module is installed on this machine")
        binary, rig.BINARY = rig.BINARY, str(alone)
        self.addCleanup(setattr, rig, "BINARY", binary)
        house = self.house()
        self.assertTrue(house.live(2), "it measures all the same")
        _, _, log = house.stop()
        self.assertIn("libfithome_mqtt.so is not installed; install the package: sudo apt install fithome", log)

    def test_what_is_no_longer_there_is_taken_back(self):
        self.broker.publish("homeassistant/device/fithome_elsewhere_1/config", "{}", "-r")
        three = self.house("--wiring", "three_phase")
        self.assertIn("p_b", self.listen().discovery()["components"])
        topic = f"homeassistant/device/fithome_{three.json('/api/v1/status')['site'].replace('-', '')[:12]}_1/config"
        self.broker.publish("homeassistant/sensor/" + topic.split("/")[2] + "_old/config", "{}", "-r")
        three.stop()
        listener = self.listen()
        listener.discovery()
        self.house("--wiring", "split_phase")
        removed = listener.discovery(lambda payload: json.loads(payload)["components"].get("p_b") == {"platform": "sensor"})
        self.assertIn("unique_id", removed["components"]["p_a"])
        listener.discovery(lambda payload: "p_b" not in json.loads(payload)["components"])
        late = self.listen()
        late.status("online")
        topics = [seen for seen, _ in late.seen]
        self.assertIn(topic, topics)
        self.assertIn("homeassistant/device/fithome_elsewhere_1/config", topics)
        self.assertFalse([seen for seen in topics if seen.endswith("_old/config")])


if __name__ == "__main__":
    unittest.main()
