# SPDX-License-Identifier: MIT
"""A real mosquitto for the end-to-end tests, and mosquitto_sub as the one who listens."""
import json
import queue
import shutil
import signal
import socket
import subprocess
import threading
import time

import rig
from rig import run_system, until

MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/bin")


class Broker:
    """On a port of its own, which it keeps when it is started again; `more` are lines of its configuration."""

    def __init__(self, folder, users=None, more=()):
        self.port = rig.free_port()
        self.config = folder / f"mosquitto-{self.port}.conf"
        lines = ["user root", "persistence false", "log_dest none", f"listener {self.port} 127.0.0.1", *more]
        if users:
            passwords = folder / "passwords"
            passwords.touch()
            for user, password in users.items():
                run_system("mosquitto_passwd", "-b", passwords, user, password)
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
                                         "%t\\t%p", *words], stdout=subprocess.PIPE, text=True)
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
            topic, _, payload = line.partition("\t")
            self.seen.append((topic, payload))
            if wanted(topic, payload):
                return payload
        raise AssertionError(f"no message: {what}; {self.seen[-5:]}")

    def heard(self):
        """All that has come by now."""
        while not self.queue.empty():
            topic, _, payload = self.queue.get().partition("\t")
            self.seen.append((topic, payload))
        return self.seen

    def state(self, condition=lambda state: True):
        return json.loads(self.next(lambda topic, payload: topic.endswith("/state") and condition(json.loads(payload)),
                                    "a state"))

    def discovery(self, wanted=lambda payload: True):
        return json.loads(self.next(lambda topic, payload: "/device/fithome_" in topic and "components" in payload
                                    and wanted(payload), "a discovery"))

    def status(self, wanted):
        ours = lambda topic: topic.endswith("/status") and topic != "homeassistant/status"
        said = [payload for topic, payload in self.seen if ours(topic)]
        if said and said[-1] == wanted:
            return
        self.next(lambda topic, payload: ours(topic) and payload == wanted, wanted)

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class FakeBroker:
    """Speaks as much MQTT 3.1.1 as we need, and does what no real broker does when told.

    `greet(client)` and `take(client, topic, payload)` say "yes", "no", which is not a word, or "cut"; a greeting is also
    "refused", for want of rights. `taken` is what it acknowledged: client, topic, payload.
    """

    def __init__(self, greet=lambda client: "yes", take=lambda client, topic, payload: "yes"):
        self.greet, self.take = greet, take
        self.taken = []
        self.clients = {}
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(near,), daemon=True).start()

    def serve(self, near):
        with near, near.makefile("rb") as stream:
            client = ""
            try:
                while first := stream.read(1):
                    length = shift = 0
                    while (byte := stream.read(1)[0]) > 127:
                        length, shift = length | (byte & 127) << shift, shift + 7
                    body = stream.read(length | byte << shift)
                    if first[0] >> 4 == 1:
                        client = body[12:12 + int.from_bytes(body[10:12], "big")].decode()
                        self.clients[client] = near
                        answer, say = b"\x20\2\0\0", self.greet(client)
                    elif first[0] >> 4 == 3 and first[0] & 6:
                        end = 2 + int.from_bytes(body[:2], "big")
                        said = client, body[2:end].decode(), body[end + 2:].decode()
                        answer, say = b"\x40\2" + body[end:end + 2], self.take(*said)
                        if say == "yes":
                            self.taken.append(said)
                    elif first[0] >> 4 == 12:
                        answer, say = b"\xd0\0", "yes"
                    else:
                        continue
                    if say == "refused":
                        near.sendall(b"\x20\2\0\5")
                    if say in ("cut", "refused"):
                        return
                    if say == "yes":
                        near.sendall(answer)
            except (OSError, IndexError):  # it left
                return

    def tell(self, client, topic, payload):
        """Something short, as if it was retained."""
        body = len(topic).to_bytes(2, "big") + (topic + payload).encode()
        self.clients[client].sendall(bytes([0x31, len(body)]) + body)

    def stop(self):
        self.socket.close()


class Case(rig.Case):
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
