# SPDX-License-Identifier: MIT
"""Every reading for the broker: none is lost, and one that comes again is the same."""
import json
import signal
import unittest

import mqtt_rig
import rig
from rig import until


class HistoryOverMqtt(mqtt_rig.Case):
    def test_every_reading_is_told_and_what_the_broker_missed_follows(self):
        begin = "2026-06-01T12:00:00Z"
        rig.run("run", "--demo", "--start", begin, "--speed", "max", "--for", "5m", "--data", self.data, "--listen", "127.0.0.1:0")
        asked = {"FITHOME_MQTT_HISTORY": "true", "FITHOME_MQTT_COMMANDS": "true", "FITHOME_MQTT_VERSION": "5"}
        house = lambda: self.house("--start", "2026-06-01T12:05:10Z", env=asked)
        sink = lambda: running.json("/api/v1/sinks")["sinks"][0]
        orders = lambda *words: rig.run("sinks", *words, "mqtt", "--data", self.data,
                                        env={"FITHOME_MQTT_HOST": "127.0.0.1", "FITHOME_MQTT_PORT": str(self.broker.port)} | asked)
        told = {}

        def hear(listener, wanted):
            """Listens until a reading of that number: the numbers of all there were. What comes again is the same."""
            readings = lambda: [json.loads(payload) for topic, payload in listener.seen if topic.endswith("/1/history")]
            while not (seen := readings()) or seen[-1]["sequence"] < wanted:
                listener.next(lambda topic, payload: topic.endswith("/1/history") and json.loads(payload)["sequence"] >= wanted,
                              f"reading {wanted}")
            for one in seen:
                self.assertEqual(told.setdefault(one["sequence"], one), one)
            return [one["sequence"] for one in seen]

        listener = self.listen()
        running = house()
        self.assertEqual(hear(listener, 300)[:300], list(range(1, 301)))
        running.stop(signal.SIGKILL)

        listener = self.listen()
        running = house()
        button = listener.discovery()["components"]["pause_sinks"]["command_topic"]
        again = hear(listener, 302)
        self.assertEqual(again, list(range(again[0], again[-1] + 1)))
        self.assertIn(again[0] - 1, [0, *told], "a hole behind the kill")
        for key, state in (("pause", "paused"), ("resume", "up_to_date")):
            self.broker.publish(button.replace("pause", key), "PRESS")
            until(lambda: sink()["state"] == state, state)  # pylint: disable=cell-var-from-loop
        self.assertIn("answers", orders("test").stdout)

        self.broker.stop()
        until(lambda: sink()["state"] == "failing", "the sink to notice")
        orders("pause")  # until somebody listens again
        until(lambda: sink()["state"] == "paused", "the pause")
        taken = sink()["taken"]
        hear(listener, taken)  # no more is taken than was told
        until(lambda: sink()["backlog"] > 0, "readings while the broker is away")
        self.assertEqual(sink()["taken"], taken)
        self.broker.start()
        listener = self.listen()
        self.broker.publish("listening", "yes", "-r")
        listener.next(lambda topic, _: topic == "listening", "what is retained")
        orders("resume")
        later = hear(listener, taken + 2)
        self.assertEqual(later, list(range(taken + 1, later[-1] + 1)))
        self.assertEqual(running.json("/api/v1/status")["missed"], 0)
        self.assertEqual(sink()["target"], f"fithome/SITE/METER/history at 127.0.0.1:{self.broker.port}")
        running.stop()
        rows = self.readings("--channels", "p,u_a")
        for number in (1, 300, taken, taken + 1, taken + 2):
            row, one = rows[number - 1], told[number]
            self.assertEqual([row["time"], float(row["p"]), float(row["u_a"])], [one["time"], one["p"], one["u_a"]])
        self.assertRegex(rig.run("sinks", "--data", self.data).stdout, "mqtt *\n  stopped, [0-2] readings behind, 0 set aside")

    def test_no_more_is_taken_than_was_acknowledged_whatever_the_broker_does(self):
        rig.run("run", "--demo", "--start", "2026-06-01T12:00:00Z", "--speed", "max", "--for", "20m", "--data", self.data, "--listen",
                "127.0.0.1:0")
        whims = [("yes", 40, "cut"), ("cut", 0, "cut"), ("yes", 0, "no"), ("yes", 130, "cut")]
        left, then = 0, ""

        def greet(client):
            nonlocal left, then
            if not client.endswith("-history"):
                return "yes"
            say, left, then = whims.pop(0) if whims else ("yes", 10**9, "cut")
            return say

        def take(client, *_):
            nonlocal left
            if not client.endswith("-history"):
                return "yes"
            left -= 1
            return "yes" if left >= 0 else then
        broker = mqtt_rig.FakeBroker(greet, take)
        self.addCleanup(broker.stop)
        running = self.house("--start", "2026-06-01T12:20:10Z", broker=broker, env={"FITHOME_MQTT_HISTORY": "true"})
        readings = lambda: [json.loads(payload) for _, topic, payload in list(broker.taken) if topic.endswith("/history")]

        def all_there():
            taken = running.json("/api/v1/sinks")["sinks"][0]["taken"]
            numbers = [one["sequence"] for one in readings()]
            self.assertLessEqual(taken, max(numbers, default=0))
            return taken > 1200
        until(all_there, "all of them")
        self.assertEqual(whims, [])
        told, newest = {}, 0
        for one in readings():
            self.assertLessEqual(one["sequence"], newest + 1, "one was left out")
            newest = max(newest, one["sequence"])
            self.assertEqual(told.setdefault(one["sequence"], one), one)
        self.assertGreater(len(readings()), len(told), "none came again: nothing was tried")
        self.assertEqual(running.json("/api/v1/status")["missed"], 0)

    def test_a_broker_that_lets_nobody_write_there_says_so_and_nothing_is_taken(self):
        rights = self.folder / "rights"
        rights.write_text("topic read #\ntopic readwrite homeassistant/#\ntopic readwrite fithome/+/1/state\n")
        broker = self.start_broker(more=[f"acl_file {rights}"])
        running = self.house(broker=broker, env={"FITHOME_MQTT_HISTORY": "true", "FITHOME_MQTT_VERSION": "5"})
        self.listen(broker).state()
        sink = lambda: running.json("/api/v1/sinks")["sinks"][0]
        until(lambda: sink()["state"] == "failing", "the sink to notice")
        self.assertRegex(sink()["last_error"], "refused: Not authori[sz]ed")
        self.assertEqual(sink()["taken"], 0)


if __name__ == "__main__":
    unittest.main()
