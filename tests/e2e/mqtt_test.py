# SPDX-License-Identifier: MIT
"""What an MQTT broker is told: a real mosquitto, and mosquitto_sub as the one who listens."""
import json
import queue
import shutil
import signal
import socket
import string
import subprocess
import threading
import time
import unittest

import rig
from rig import run_system, until

MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/bin")


class Broker:
    def __init__(self, folder, users=None):
        self.port = rig.free_port()
        self.config = folder / "mosquitto.conf"
        lines = [f"listener {self.port} 127.0.0.1", "persistence false", "log_dest none"]
        if users:
            passwords = folder / "passwords"
            passwords.touch()
            for user, password in users.items():
                run_system("mosquitto_passwd", "-b", passwords, user, password)
            passwords.chmod(0o644)
            folder.chmod(0o755)
            lines += ["allow_anonymous false", f"password_file {passwords}"]
        else:
            lines += ["allow_anonymous true"]
        self.config.write_text("\n".join(lines) + "\n")
        self.start()

    def start(self):
        self.process = subprocess.Popen([MOSQUITTO, "-c", self.config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(self.listens, "mosquitto")

    def listens(self):
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()

    def publish(self, topic, payload, *words):
        run_system("mosquitto_pub", "-h", "127.0.0.1", "-p", str(self.port), "-t", topic, "-m", payload, *words)


class Listener:
    """All messages, as they come."""

    def __init__(self, broker, *words):
        self.process = subprocess.Popen(["mosquitto_sub", "-h", "127.0.0.1", "-p", str(broker.port), "-t", "#", "-F",
                                         "%r %t %p", *words], stdout=subprocess.PIPE, text=True)
        self.queue = queue.Queue()
        self.seen = []
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        for line in self.process.stdout:
            self.queue.put(line.rstrip("\n"))

    def next(self, wanted, what):
        """The next message for which wanted(topic, payload) holds: its payload."""
        end = time.monotonic() + rig.PATIENCE
        while time.monotonic() < end:
            try:
                line = self.queue.get(timeout=1)
            except queue.Empty:
                continue
            _, topic, payload = (line + "  ").split(" ", 2)
            payload = payload.removesuffix("  ")
            self.seen.append((topic, payload))
            if wanted(topic, payload):
                return payload
        raise AssertionError(f"no message: {what}; {self.seen[-5:]}")

    def state(self, condition=lambda state: True):
        return json.loads(self.next(lambda topic, payload: topic.endswith("/state") and condition(json.loads(payload)),
                                    "a state"))

    def discovery(self, wanted=lambda payload: True):
        return json.loads(self.next(lambda topic, payload: "/device/fithome_" in topic and "components" in payload
                                    and wanted(payload), "a discovery"))

    def status(self, wanted):
        said = [payload for topic, payload in self.seen if topic.startswith("fithome/") and topic.endswith("/status")]
        if said and said[-1] == wanted:
            return
        self.next(lambda topic, payload: topic.startswith("fithome/") and topic.endswith("/status") and payload == wanted,
                  wanted)

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class ToldOverMqtt(rig.Case):
    def setUp(self):
        super().setUp()
        if MOSQUITTO is None:
            rig.skip("there is no mosquitto; ./test installs it")
        self.broker = self.start_broker()

    def start_broker(self, **kwargs):
        broker = Broker(self.folder, **kwargs)
        self.addCleanup(lambda: broker.stop())
        return broker

    def listen(self, broker=None, *words):
        listener = Listener(broker or self.broker, *words)
        self.addCleanup(listener.close)
        return listener

    def house(self, *args, env=None, broker=None):
        settings = {"FITHOME_MQTT_HOST": "127.0.0.1", "FITHOME_MQTT_PORT": str((broker or self.broker).port),
                    "FITHOME_MQTT_INTERVAL": "1"}
        return self.daemon("--demo", "--data", self.data, *args, env=settings | (env or {}))

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
        scenario.write_text("+1s voltage a 70% for 500ms\n")
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

    def test_a_password_of_any_characters_is_taken_and_never_told(self):
        password = "".join(c for c in string.printable if c not in string.whitespace) + " end"
        broker = self.start_broker(users={"house": password})
        words = ("-u", "house", "-P", password)
        secret = self.folder / "secret"
        secret.write_text(password + "\n")
        listener = self.listen(broker, *words)
        running = self.house(broker=broker, env={"FITHOME_MQTT_USER": "house", "FITHOME_MQTT_PASSWORD_FILE": str(secret)})
        listener.discovery()
        told = [running.get(path) for path in ("/api/v1/status", "/metrics")]
        _, out, err = running.stop()
        listener.status("offline")
        self.assertNotIn(password[:40], "".join([*told, out, err]) + json.dumps(listener.seen))

        refused = self.house(broker=broker, env={"FITHOME_MQTT_USER": "house", "FITHOME_MQTT_PASSWORD": "wrong"})
        stored = refused.json("/api/v1/status")["readings"]
        until(lambda: refused.json("/api/v1/status")["readings"] > stored + 2, "readings")
        _, _, err = refused.stop()
        self.assertRegex(err, r"mqtt://house@127\.0\.0\.1:\d+: .*(refused|[Nn]ot authori[sz]ed)")
        self.assertNotIn("wrong", err)

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

    def test_rubbish_and_a_flood_of_births_break_nothing(self):
        for payload in ("rubbish", '{"components": 7}', "\x01" * 1000):
            self.broker.publish("homeassistant/status", payload, "-r")
        running = self.house()
        listener = self.listen()
        listener.state()
        for _ in range(50):
            self.broker.publish("homeassistant/status", "online")
        listener.seen.clear()
        stored = running.json("/api/v1/status")["readings"]
        until(lambda: running.json("/api/v1/status")["readings"] > stored + 4, "readings")
        listener.state()
        listener.state()
        announced = [topic for topic, _ in listener.seen if topic.endswith("/config")]
        self.assertLessEqual(len(announced), 2)
        self.assertEqual(running.json("/api/v1/status")["missed"], 0)


if __name__ == "__main__":
    unittest.main()
