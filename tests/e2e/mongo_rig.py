# SPDX-License-Identifier: MIT
"""A server of MongoDB's wire protocol for the end-to-end tests, and what can stand between it and us.

The server is nx-27017, which keeps its documents in SQLite: not MongoDB, of which Debian has no package. What passes here
says little about a real one, so FITHOME_TEST_MONGODB may name one (a URI; its database FitHome is dropped).
"""
import collections
import ctypes
import datetime
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest
import urllib.parse

import rig

PACKAGES = ["nx-27017==0.8.1", "pymongo==4.20.1", "mockupdb==1.8.1",
            "pytz==2025.2"]  # with time zones of its own: FHanalyze's US/Pacific is not in Debian 13's tzdata
WITHOUT_THEIRS = ["--no-deps", "FHanalyze==0.0.1"]  # it asks for a pymongo of 2016
UTC = datetime.timezone.utc
BEGIN = datetime.datetime(2026, 6, 21, tzinfo=UTC)
HOURS = 2
SITE = rig.ROOT / "build" / "mongodb-rig"


def driver():
    """What the module of this machine is linked with."""
    version = ctypes.CDLL("libmongoc-1.0.so.0").mongoc_get_version
    version.restype = ctypes.c_char_p
    return "libmongoc " + version().decode()


def install():
    """Once a checkout; then these can be imported."""
    rig.install(SITE, PACKAGES, WITHOUT_THEIRS)
    if str(SITE) not in sys.path:
        sys.path.insert(0, str(SITE))


class Server:
    """nx-27017 on a port of its own, which it keeps when it is started again."""

    password = None

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        (self.folder / "db").mkdir(parents=True)
        self.port = rig.free_port()
        self.process = None
        self.start()

    def tell(self):
        with self.client() as client:
            wire = client.admin.command("hello")["maxWireVersion"]
        print(f"server: {PACKAGES[0]}, wire version {wire}", file=sys.stderr)

    @property
    def uri(self):
        return f"mongodb://127.0.0.1:{self.port}"

    whole = uri  # with its password, were there one

    def start(self):
        (self.folder / "pid").unlink(missing_ok=True)  # of one that was killed
        self.process = subprocess.Popen(
            [sys.executable, "-c", "from nx_27017.nx_27017 import main; main()", "--host", "127.0.0.1", "-p", str(self.port),
             "--data-dir", str(self.folder / "db"), "--log-file", str(self.folder / "log"), "--pid-file", str(self.folder / "pid")],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=rig.ENVIRONMENT | {"PYTHONPATH": str(SITE)})

        def answers():
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended: {(self.folder / 'log').read_text()[-500:]}")
            with socket.socket() as one:
                return one.connect_ex(("127.0.0.1", self.port)) == 0
        rig.until(answers, "the server to listen")

    def send(self, sig):
        self.process.send_signal(sig)

    def stop(self, sig=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(sig)
        self.process.wait(rig.PATIENCE)

    def close(self):
        self.stop(signal.SIGKILL)

    def client(self):
        from pymongo import MongoClient
        return MongoClient(self.uri, retryWrites=False, serverSelectionTimeoutMS=20000)


class NamedServer:
    """One that somebody else runs: FITHOME_TEST_MONGODB. It cannot be killed, so such tests are skipped."""

    def __init__(self, uri):
        self.whole = uri
        secret = re.search("(?<=//)([^:@/]+):([^@/]*)@", uri)  # which our own configuration does not take
        self.uri = uri.replace(secret[0], f"{secret[1]}@") if secret else uri
        self.password = urllib.parse.unquote(secret[2]) if secret else None
        with self.client() as client:
            client.drop_database("FitHome")

    def tell(self):
        with self.client() as client:
            print(f"server: MongoDB {client.server_info().get('version')}", file=sys.stderr)

    @property
    def port(self):
        raise unittest.SkipTest("a named server cannot be stood in front of")

    def send(self, sig):
        raise unittest.SkipTest(f"a named server cannot be sent signal {sig}")

    def stop(self, sig=signal.SIGTERM):
        self.send(sig)

    def close(self):
        pass

    def client(self):
        from pymongo import MongoClient
        return MongoClient(self.whole, serverSelectionTimeoutMS=20000)


def end(*sockets):
    for one in sockets:
        try:
            one.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


class Proxy:
    """Between us and the server: passes all on, or hangs, or breaks off in the middle of an answer; or is cut off, and nobody is
    there, until it is mended."""

    def __init__(self, port):
        self.target = port
        self.mode = "pass"
        self.answers = 0  # that were passed on
        self.most_answers = float("inf")  # then they break off
        self.heard = []  # from us
        self.port = 0
        self.alive = []
        self.listen()

    def listen(self):
        self.listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    @property
    def uri(self):
        return f"mongodb://127.0.0.1:{self.port}"

    def accept(self, listener):
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self.join, args=(near,), daemon=True).start()

    def join(self, near):
        try:
            far = socket.create_connection(("127.0.0.1", self.target))
        except OSError:
            return near.close()
        self.alive += [near, far]
        threading.Thread(target=self.carry, args=(near, far, False), daemon=True).start()
        threading.Thread(target=self.carry, args=(far, near, True), daemon=True).start()
        return None

    def carry(self, source, to, answers):
        try:
            while data := source.recv(65536):
                if not answers:
                    self.heard.append(data)
                while self.mode == "hang":
                    time.sleep(0.02)
                if answers and (self.mode == "half" or self.answers >= self.most_answers):
                    to.sendall(data[:len(data) // 2])
                    break
                to.sendall(data)
                self.answers += answers
        except OSError:
            pass
        end(source, to)

    def cut(self):
        self.mode = "cut"
        end(self.listener, *self.alive)  # which wakes who waits on them
        self.listener.close()

    def mend(self):
        if self.mode == "cut":
            self.listen()
        self.mode = "pass"

    def close(self):
        self.mode = "pass"
        self.listener.close()
        for one in self.alive:
            one.close()


class Case(rig.Case):
    """A server, a store, and a daemon between them."""

    def setUp(self):
        super().setUp()
        install()
        named = os.environ.get("FITHOME_TEST_MONGODB")
        self.server = NamedServer(named) if named else Server(self.folder / "server")
        self.addCleanup(self.server.close)
        self.server.tell()
        print(driver(), file=sys.stderr)
        client = self.server.client()
        self.addCleanup(client.close)
        self.documents = client["FitHome"]["aggregate"]

    def config(self, uri=None, more=""):
        if not uri and self.server.password:
            (self.folder / "password").write_text(self.server.password + "\n")
            more += f'password_file = "{self.folder}/password"\n'
        file = self.folder / "fithome.toml"
        file.write_text(f'[mongodb]\nuri = "{uri or self.server.uri}"\n{more}')
        return file

    def fill(self):
        """The store, with hours of readings that no sink has."""
        rig.run("run", "--demo", "--start", BEGIN.isoformat(), "--speed", "max", "--for", f"{HOURS}h", "--data", self.data,
                "--config", "/dev/null", "--listen", "127.0.0.1:0")

    def measure(self, config):
        """A daemon that measures on where fill() ended, and delivers."""
        begin = BEGIN + datetime.timedelta(hours=HOURS, seconds=5)
        return self.daemon("--demo", "--data", self.data, "--config", config, "--start", begin.isoformat())

    def deliver(self, config):
        """A daemon that has delivered all, and nothing more to tell."""
        daemon = self.measure(config)
        self.up_to_date(daemon)
        daemon.stop()

    def sink(self, daemon):
        return daemon.json("/api/v1/sinks")["sinks"][0]

    def up_to_date(self, daemon):
        rig.until(lambda: self.sink(daemon)["state"] == "up_to_date", "the sink to catch up")

    def stored(self):
        """(time, watts, var) of every reading of the store."""
        rows = self.readings("--from", "2026-06-20", "--channels", "p,q")
        return [(row["time"], float(row["p"]), float(row["q"])) for row in rows]

    def delivered(self):
        """The same of every document."""
        def iso(time):
            return time.strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:03}Z"
        return sorted((iso(one["ts"]), one["Pa"], one["Pr"]) for one in self.documents.find({}))

    def assert_each_once(self, daemon):
        """All that the store holds is there, once. The daemon ends, for it goes on measuring."""
        rig.until(lambda: self.documents.count_documents({}) > HOURS * 3600, "a reading of the last daemon's own")
        self.up_to_date(daemon)
        daemon.stop()
        stored, delivered = self.stored(), self.delivered()
        self.assertGreater(len(stored), HOURS * 3600)
        # The last may have been stored after the last delivery. They need not be the last in time: each daemon's house
        # begins at the same instant.
        self.assertLessEqual(len(stored) - len(delivered), 4)
        numbers = sorted(int(str(one["_id"])[14:], 16) for one in self.documents.find({}))
        self.assertEqual(numbers, list(range(1, len(delivered) + 1)))
        self.assertFalse(collections.Counter(delivered) - collections.Counter(stored))
