# SPDX-License-Identifier: MIT
"""A real Home Assistant and a real Mosquitto, asked by another client than ours."""
import atexit
import contextlib
import datetime
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import rig  # noqa: E402

HOUR = 3_600_000
BROKER_PORT = os.environ.get("RIG_MQTT_PORT", "18830")
ZONE = "Europe/Brussels"  # where Home Assistant stands
# What Home Assistant itself says while its broker is away; and nothing else.
OF_LOST_CONNECTIONS = (
    re.compile(r"WARNING homeassistant\.components\.mqtt\.client: Error returned from MQTT server: The connection was lost\."),
    re.compile(r"WARNING homeassistant\.components\.mqtt\.client: Disconnected from MQTT server \S+ \(.*\)"),
    re.compile(r"ERROR homeassistant\.components\.mqtt\.client: Failed to connect to MQTT server( due to exception)?: .*"),
    # Its own birth message, that it could not send.
    re.compile(r"ERROR homeassistant: Error doing job: Task exception was never retrieved .*_async_resubscribe_and_publish_birth_message"
               r".*Error talking to MQTT: The client is not currently connected\.", re.DOTALL))


def ask_rig(*words, check=True):
    done = subprocess.run([os.environ["FITHOME_HA_RIG"], *words], capture_output=True, text=True, timeout=1200,
                          env=os.environ | {"RIG_TZ": ZONE})
    if check and done.returncode != 0:
        raise AssertionError(f"{words}: {done.stdout}{done.stderr}")
    return done.stdout


def home(message, **more):
    """What Home Assistant answers to a message of its websocket."""
    return json.loads(ask_rig("check", "ws", json.dumps({"type": message} | more)))


def complaints():
    """Warnings and errors in its log about our kind of thing, but for those of lost connections, which are printed."""
    records = re.split(r"\n(?! )", ask_rig("check", "log", check=False).strip())
    lost = [record for record in records if any(known.fullmatch(record) for known in OF_LOST_CONNECTIONS)]
    for record in lost:
        print("Home Assistant says of the lost connection:", record.splitlines()[0], "…", record.splitlines()[-1].strip())
    return [record for record in records if record not in lost and record != "nothing"]


def report():
    """What it thinks after its next five minutes: of its statistics, and of an energy dashboard made of our entities."""
    said = ask_rig("check", "report", "--wait", check=False)
    return said.partition("== log")[0]


def kill_broker():
    pid = (pathlib.Path(os.environ.get("RIG_DIR", "/tmp/rig")) / "state" / "mosquitto.pid").read_text().split()[0]
    os.kill(int(pid), signal.SIGKILL)
    rig.until(lambda: not pathlib.Path("/proc", pid).exists(), "its end")


def states():
    return {one["entity_id"]: one for one in home("get_states")}


def entities(site):
    """Its entities of ours: their ids, by the end of our own."""
    beginning = f"fithome_{site}_1_"
    return {one["unique_id"].removeprefix(beginning): one["entity_id"] for one in home("config/entity_registry/list")
            if one["unique_id"].startswith(beginning)}


def setUpModule():
    """Of each module; once for all of them, and ended when the tests are."""
    if Case.token:
        return
    ask_rig("clean")
    atexit.register(ask_rig, "stop")
    Case.token = ask_rig("start").split()[-1]
    mosquitto = subprocess.run(["mosquitto", "-h"], capture_output=True, text=True, env={"PATH": "/usr/sbin:/usr/bin:/bin"}, check=False)
    print(f"Home Assistant {home('get_config')['version']}, {mosquitto.stdout.splitlines()[0]}")


class Relay:
    """Between us and the broker: a wire that can be cut."""

    def __init__(self, port):
        self.behind = int(port)
        self.whole = True
        self.ends = []
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.server.accept()
            except OSError:
                return
            try:
                if not self.whole:
                    raise ConnectionError
                far = socket.create_connection(("127.0.0.1", self.behind))
            except OSError:
                near.close()
                continue
            self.ends += [near, far]
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self.carry, args=(one, other), daemon=True).start()

    @staticmethod
    def carry(one, other):
        with one:
            with contextlib.suppress(OSError):
                while data := one.recv(65536):
                    other.sendall(data)
            for end in (one, other):
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def cut(self):
        self.whole = False
        ends, self.ends = self.ends, []
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def mend(self):
        self.whole = True


class Case(rig.Case):
    token = ""

    def ask(self, what, *args, token=None, check=True):
        url = f"http://127.0.0.1:{os.environ.get('RIG_HA_PORT', '18123')}"
        return rig.run("homeassistant", what, "--data", self.data, *args, check=check,
                       env={"FITHOME_HOMEASSISTANT_URL": url, "FITHOME_HOMEASSISTANT_TOKEN": token or self.token})

    def learn_site(self):
        self.site = json.loads(rig.run("store", "info", "--json", "--data", self.data).stdout)["site"].replace("-", "")[:12]

    def since(self, start):
        """What the ledger says has flowed since then, in kWh, by the names of the statistics."""
        answer = json.loads(rig.run("energy", "--json", "--data", self.data, "--since", str(start // 1000)).stdout)["since"]
        flows = {"": answer["net"], **{"_" + line: energy for line, energy in answer["lines"].items()}}
        return {way + end: energy[way + "_wh"] / 1000 for end, energy in flows.items() for way in ("import", "export")}

    def hours_of(self, names, **more):
        return home("recorder/statistics_during_period", start_time="2020-01-01T00:00:00Z", period="hour", statistic_ids=names,
                    types=["state", "sum", "change"], **more)

    def assert_as_the_ledger(self, first, hours):
        known = home("recorder/list_statistic_ids")
        ids = {key: one["statistic_id"] for one in known for key in self.since(first)
               if one["statistic_id"].startswith(f"fithome:{self.site}_1_") and one["statistic_id"].endswith(f"_1_{key}")}
        self.assertEqual(len(ids), 6, known)
        rows = self.hours_of(list(ids.values()))
        gained = [self.since(first + n * HOUR) for n in range(hours + 1)]
        for key, name in ids.items():
            self.assertEqual([row["start"] for row in rows[name]], [first + n * HOUR for n in range(hours)])
            for n, row in enumerate(rows[name]):
                self.assertAlmostEqual(row["change"], gained[n][key] - gained[n + 1][key], delta=1e-9, msg=(key, n))
        return ids, rows

    def assert_days(self, ids, *times):
        """Its days between these times, which are midnights there or where the hours begin or end, have what flowed."""
        stamps = [int(time.timestamp() * 1000) for time in times]
        days = home("recorder/statistics_during_period", start_time=(times[0] - datetime.timedelta(days=1)).isoformat(), period="day",
                    statistic_ids=list(ids.values()), types=["change"])
        flowed = [self.since(stamp) for stamp in stamps]
        for key, name in ids.items():
            changes = [row["change"] for row in days[name]]
            self.assertEqual(len(changes), len(times) - 1)
            for n, change in enumerate(changes):
                self.assertAlmostEqual(change, flowed[n][key] - flowed[n + 1][key], delta=1e-9, msg=(key, n))
