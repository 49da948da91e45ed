# SPDX-License-Identifier: MIT
"""Brokers that are hard to get on with, and others on them who mean no good: nothing breaks, nothing leaks."""
import json
import socket
import string
import subprocess
import time
import unittest

import mqtt_rig
import rig
from authority import Authority
from rig import until


class OnAHostileBroker(mqtt_rig.Case):
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

    def test_rubbish_and_a_flood_of_births_break_nothing(self):
        for payload in ("rubbish", '{"components": 7}', "\x01" * 1000):
            self.broker.publish("homeassistant/status", payload, "-r")
        running = self.house()
        listener = self.listen()
        listener.state()
        self.flood("homeassistant/status", ["online"] * 5000)
        listener.seen.clear()
        stored = running.json("/api/v1/status")["readings"]
        until(lambda: running.json("/api/v1/status")["readings"] > stored + 4, "readings")
        listener.state()
        listener.state()
        announced = [topic for topic, _ in listener.seen if topic.endswith("/config")]
        self.assertLessEqual(len(announced), 2)
        self.assertEqual(running.json("/api/v1/status")["missed"], 0)

    def flood(self, topic, payloads, *words):
        subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(self.broker.port), "-t", topic, "-l", *words],
                       input="\n".join(payloads) + "\n", text=True, check=True, timeout=rig.PATIENCE)

    def test_rubbish_that_is_kept_on_our_topics_is_taken_back(self):
        running = self.house()
        site = running.json("/api/v1/status")["site"].replace("-", "")[:12]
        running.stop()
        announcement = f"homeassistant/device/fithome_{site}_1/config"
        nested = "[" * 100_000
        left = {f"fithome/{site}/1/state": '{"import": 99999, "p": 1e9}', f"fithome/{site}/1/p": "1e9", f"fithome/{site}/1/history": "x",
                f"fithome/{site}/1/event/sag": '{"event_type": "began"}', f"fithome/{site}/command/mark_event": "PRESS",
                f"homeassistant/sensor/fithome_{site}_9/config": nested, f"homeassistant/odd/fithome_{site}_/config": "\x01",
                announcement: nested, f"fithome/{site}/status": "rubbish", f"fithome/{site}/ / x": "{{ 1 / 0 }}"}
        for topic, payload in left.items():
            self.broker.publish(topic, payload, "-r")
        others = {"fithome/0123456789ab/1/state": "another's", "homeassistant/sensor/zigbee/config": "another's"}
        for topic, payload in others.items():
            self.broker.publish(topic, payload, "-r")

        running = self.house(env={"FITHOME_MQTT_COMMANDS": "true"})
        listener = self.listen()
        listener.discovery()
        listener.state(lambda state: state.get("time"))
        listener.next(lambda topic, _: topic.endswith("/event/restart"), "the restart")
        self.assertEqual(running.json("/api/v1/status")["missed"], 0)
        self.assertEqual(running.json("/api/v1/events?kind=mark")["events"], [])
        late = self.listen()  # what is kept now
        late.discovery()
        late.state()
        kept = dict(late.seen)
        self.assertEqual(kept[f"fithome/{site}/status"], "online")
        self.assertLess(json.loads(kept[f"fithome/{site}/1/state"])["import"], 99999)
        self.assertLessEqual(set(kept), {announcement, f"fithome/{site}/status", f"fithome/{site}/1/state",
                                         f"fithome/{site}/command/mark_event", *others})
        self.assertEqual({topic: kept[topic] for topic in others}, others)

    def test_rubbish_of_a_slow_broker_is_taken_back_too(self):
        left = []

        def take(client, topic, _):
            if topic.endswith("/config") and not left:  # it listens no more
                left.append(topic.replace("homeassistant/device/fithome_", "fithome/").replace("_1/config", "/1/state"))
                broker.tell(client, left[0], '{"import": 99999}')
            return "yes"
        broker = mqtt_rig.FakeBroker(take=take)
        self.addCleanup(broker.stop)
        self.house(broker=broker)
        until(lambda: any(said[1:] == (left[0], "") for said in list(broker.taken) if left), "its removal")

    def test_topics_of_odd_characters_are_spoken_and_what_is_no_topic_is_refused(self):
        topic, prefix = 'Zähler/"1" & \\2', "haus halt/ström '{{ 1 }}'"
        listener = self.listen()
        running = self.house(env={"FITHOME_MQTT_TOPIC": topic, "FITHOME_MQTT_DISCOVERY_PREFIX": prefix})
        site = running.json("/api/v1/status")["site"].replace("-", "")[:12]
        told = lambda name: listener.next(lambda seen, _: seen == name, name)
        discovery = json.loads(told(f"{prefix}/device/fithome_{site}_1/config"))
        self.assertEqual(discovery["state_topic"], f"{topic}/{site}/1/state")
        self.assertIn("p", json.loads(told(discovery["state_topic"])))
        self.broker.publish(f"{prefix}/status", "online")
        told(f"{prefix}/device/fithome_{site}_1/config")
        for odd in ("#", "a/+/b", "/a", "a/", "$SYS", "a\nb", "a\x7f"):
            said = rig.run("config", "check", env={"FITHOME_MQTT_HOST": "x", "FITHOME_MQTT_DISCOVERY_PREFIX": odd}, check=False)
            self.assertNotEqual(said.returncode, 0, odd)
            self.assertIn("must be the beginning of a topic", said.stderr)

    def test_a_broker_that_takes_no_large_message_is_told_of_and_the_house_is_measured(self):
        broker = self.start_broker(more=["max_packet_size 2000"])
        running = self.house(broker=broker, env={"FITHOME_MQTT_VERSION": "5"})
        stored = running.json("/api/v1/status")["readings"]
        until(lambda: running.json("/api/v1/status")["readings"] > stored + 4, "readings")
        self.assertEqual(running.json("/api/v1/status")["missed"], 0)
        _, _, err = running.stop()
        self.assertRegex(err, r'the broker takes no message of \d+ bytes; let it, or say discovery = "single"')
        listener = self.listen(broker)
        self.house(broker=broker, env={"FITHOME_MQTT_VERSION": "5", "FITHOME_MQTT_DISCOVERY": "single"})
        listener.next(lambda topic, _: topic.endswith("_p/config"), "a small discovery")
        listener.state()

    def test_a_port_where_nobody_ever_answers_costs_no_reading(self):
        with socket.create_server(("127.0.0.1", 0)) as mute:
            for tls in ("false", "true"):
                running = self.house(env={"FITHOME_MQTT_PORT": str(mute.getsockname()[1]), "FITHOME_MQTT_TLS": tls,
                                          "FITHOME_MQTT_CA_FILE": "/etc/ssl/certs/ca-certificates.crt", "FITHOME_MQTT_HISTORY": "true"})
                until(lambda: running.json("/api/v1/sinks")["sinks"][0]["state"] == "failing", "the sink to notice")
                status = running.json("/api/v1/status")
                self.assertEqual(status["missed"], 0)
                self.assertGreater(status["readings"], 2)
                begun = time.monotonic()
                code, _, err = running.stop()
                self.assertEqual(code, 0, err)
                self.assertLess(time.monotonic() - begun, 20)
                self.assertIn("it listens but does not answer", err)

    def test_who_vouches_for_the_broker_is_asked_before_anything_is_said(self):
        authority, port = Authority(self.folder / "authority"), rig.free_port()
        certificate, key = authority.certificate("127.0.0.1")
        stranger = Authority(self.folder / "stranger")
        broker = self.start_broker(more=[f"listener {port} 127.0.0.1", f"certfile {certificate}", f"keyfile {key}"])
        secret = "correct horse battery staple"
        for version in ("3.1.1", "5"):
            def over_tls(*, ca=None, to=port):
                return self.house(broker=broker, env={
                    "FITHOME_MQTT_PORT": str(to), "FITHOME_MQTT_TLS": "true", "FITHOME_MQTT_VERSION": version,
                    "FITHOME_MQTT_HISTORY": "true", "FITHOME_MQTT_USER": "house", "FITHOME_MQTT_PASSWORD": secret}
                    | ({"FITHOME_MQTT_CA_FILE": str(ca)} if ca else {}))
            with self.subTest(version=version):
                listener = self.listen(broker)
                running = over_tls(ca=authority.file)
                listener.state()
                listener.next(lambda topic, _: topic.endswith("/history"), "a reading")
                self.assertEqual(running.stop()[0], 0)
                listener.status("offline")
                for why, ca in (("vouches for it", stranger.file), ("vouches for it", None), ("none.pem", self.folder / "none.pem")):
                    listener.seen.clear()
                    running = over_tls(ca=ca)
                    stored = running.json("/api/v1/status")["readings"]
                    until(lambda: running.json("/api/v1/status")["readings"] > stored + 2, "readings")
                    self.assertEqual(running.json("/api/v1/sinks")["sinks"][0]["delivered"], 0, why)
                    _, out, err = running.stop()
                    self.assertRegex(err, r"mqtts://house@127\.0\.0\.1:\d+: .*" + why)
                    self.assertNotIn(secret, out + err)
                    told = {payload for topic, payload in listener.heard() if topic.startswith("fithome/")}
                    self.assertLessEqual(told, {"offline"}, why)


if __name__ == "__main__":
    unittest.main()
