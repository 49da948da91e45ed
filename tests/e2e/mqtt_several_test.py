# SPDX-License-Identifier: MIT
"""Several meters and the stated house over MQTT; and how often, and how late, a state is said."""
import json
import signal
import time
import unittest

import mqtt_rig
import rig
from rig import until


class SeveralMetersOverMqtt(mqtt_rig.Case):
    def test_each_is_a_device_and_so_is_the_house_that_is_their_sum(self):
        config = self.folder / "fithome.toml"
        config.write_text(rig.SEVERAL_METERS)
        listener = self.listen()
        running = self.house("--config", config)
        site = running.json("/api/v1/status")["site"].replace("-", "")[:12]
        topic = lambda number: f"homeassistant/device/fithome_{site}_{number}/config"
        devices = {}
        while set(devices) != {0, 1, 2}:
            said = listener.next(lambda seen, payload: seen.endswith("/config") and "components" in payload, "three devices")
            devices |= {number: json.loads(said) for number in (0, 1, 2) if listener.seen[-1][0] == topic(number)}
        self.assertEqual([devices[number]["device"]["name"] for number in (1, 2, 0)], ["mains", "solar", "home"])
        self.assertEqual(devices[2]["components"]["p_a"]["name"], "Power roof")
        self.assertEqual(set(devices[0]["components"]), {"p", "import", "export"})
        ids = [one["unique_id"] for device in devices.values() for one in device["components"].values()]
        self.assertEqual(len(ids), len(set(ids)))

        latest = lambda number: json.loads(listener.next(
            lambda seen, payload: seen == f"fithome/{site}/{number}/state" and json.loads(payload)["p"] is not None, f"state {number}"))
        mains, solar, house = (latest(number) for number in (1, 2, 0))
        self.assertEqual(set(house), {"p", "import", "export"})
        self.assertIn("p_a", solar)
        energy = running.json("/api/v1/energy")
        self.assertGreaterEqual(energy["house"]["import_wh"] / 1000 + 1e-9, house["import"])
        self.assertEqual({one["meter"] for one in energy["meters"]}, {"mains", "solar"})

        # All of one instant: the house is what its meters are.
        def of_one_time():
            states = {number: latest(number) for number in (1, 2, 0)}
            return states if states[1]["time"] == states[2]["time"] and abs(
                states[1]["p"] - states[2]["p_a"] - states[0]["p"]) < 0.02 else None
        until(of_one_time, "a house that is the sum of its meters")
        self.assertGreaterEqual(latest(1)["import"], mains["import"])
        running.stop()
        listener.status("offline")


class HowOftenAStateIsSaid(mqtt_rig.Case):
    def test_the_first_one_is_said_again_for_who_listens_after_the_discovery(self):
        listener = self.listen()
        self.house(env={"FITHOME_MQTT_INTERVAL": "60", "FITHOME_MQTT_CHANGE_WATTS": "100000", "FITHOME_MQTT_CHANGE_PERCENT": "100"})
        for _ in range(2):  # on connecting, and when Home Assistant is born
            listener.discovery()
            begun = time.monotonic()
            listener.state()
            listener.state()
            self.assertLess(time.monotonic() - begun, 10)
            listener.seen.clear()
            self.broker.publish("homeassistant/status", "online")

    def test_a_broker_that_hung_is_not_flooded_with_what_is_old(self):
        running = self.house()
        listener = self.listen()
        listener.state(lambda state: state.get("time"))
        self.broker.process.send_signal(signal.SIGSTOP)
        begun = running.json("/api/v1/status")["last_reading"]
        until(lambda: rig.seconds(running.json("/api/v1/status")["last_reading"]) > rig.seconds(begun) + 12, "readings while it hangs")
        ended = running.json("/api/v1/status")["last_reading"]
        listener.seen.clear()
        self.broker.process.send_signal(signal.SIGCONT)
        listener.state(lambda state: state.get("time", "") > ended)
        old = [json.loads(payload) for topic, payload in listener.seen if topic.endswith("/1/state")][:-1]
        # One a second at most, as it would have had.
        self.assertLessEqual(len(old), rig.seconds(ended) - rig.seconds(begun) + 3)
        totals = [state["import"] for state in old]
        self.assertEqual(totals, sorted(totals))
        self.assertEqual(running.json("/api/v1/status")["missed"], 0)

    def test_a_broker_that_hangs_for_a_minute_is_told_of_and_comes_back_to_what_is_new(self):
        running = self.house()
        listener = self.listen()
        listener.state(lambda state: state.get("time"))
        self.broker.process.send_signal(signal.SIGSTOP)
        last = lambda: rig.seconds(running.json("/api/v1/status")["last_reading"])
        begun = last()
        until(lambda: last() > begun + 65, "a minute")
        listener.seen.clear()
        self.broker.process.send_signal(signal.SIGCONT)
        listener.state(lambda state: rig.seconds(state.get("time", "1970-01-01T00:00:00Z")) > begun + 65)
        old = [payload for topic, payload in listener.seen if topic.endswith("/1/state")][:-1]
        self.assertLessEqual(len(old), 62)
        self.assertEqual(running.json("/api/v1/status")["missed"], 0)
        _, _, err = running.stop()
        self.assertIn("it has said nothing for a minute; does it hang?; tried again", err)
        self.assertEqual(err.count("connected to mqtt://"), 2)

    def test_a_broker_that_lets_nobody_in_is_named_and_asked_seldom(self):
        greeted = []
        broker = mqtt_rig.FakeBroker(lambda client: greeted.append(client) or "refused")
        self.addCleanup(broker.stop)
        running = self.house(broker=broker)
        until(lambda: len(greeted) > 2, "three tries")
        status = running.json("/api/v1/status")
        self.assertLessEqual(len(greeted), 6)
        self.assertEqual(status["missed"], 0)
        self.assertGreater(status["readings"], 0)
        _, _, err = running.stop()
        self.assertRegex(err, r"mqtt://127\.0\.0\.1:\d+: .*not authori[sz]ed")
        self.assertEqual(err.count("tried again"), 1)


if __name__ == "__main__":
    unittest.main()
