#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""To a MongoDB over TLS, and with a password: what is right gets in, what is wrong is told, and nothing leaks."""
import base64
import datetime
import hashlib
import hmac
import unittest

import mongo_rig
import rig
from authority import Authority

# Every printable character.
SECRET = "".join(map(chr, range(33, 80))) + " " + "".join(map(chr, range(80, 127)))
USER = "anna"
TRIES = "&serverSelectionTimeoutMS=1000&connectTimeoutMS=1000"


class Front(mongo_rig.Proxy):
    """Stands before the server and speaks TLS."""

    def __init__(self, port, context):
        self.context = context
        self.shook = 0  # hands
        super().__init__(port)

    def join(self, near):
        try:
            near = self.context.wrap_socket(near, server_side=True)
        except OSError:  # as of a client that does not trust us
            return near.close()
        self.shook += 1
        return super().join(near)


class OverTls(mongo_rig.Case):
    def setUp(self):
        super().setUp()
        self.authority = Authority(self.folder)
        self.port = self.server.port

    def front(self, address="127.0.0.1"):
        front = Front(self.port, self.authority.server(address))
        self.addCleanup(front.close)
        return front

    def refused(self, uri):
        """What a daemon says that cannot deliver to it, and `sinks test` too."""
        config = self.config(uri + TRIES)
        daemon = self.measure(config)
        said = rig.until(lambda: self.sink(daemon)["last_error"], "a refusal")
        daemon.stop()
        done = rig.run("sinks", "test", "mongodb", "--config", config, "--data", self.data, check=False)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        self.assertIn(said, done.stderr)
        self.assertEqual(self.documents.count_documents({}), 0)
        return said

    def test_readings_arrive_where_the_authority_is_known(self):
        front = self.front()
        daemon = self.measure(self.config(f"{front.uri}/?tls=true&tlsCAFile={self.folder}/ca.pem"))
        rig.until(lambda: self.documents.find_one({}), "a document")
        self.assertEqual(daemon.stop()[0], 0)
        self.assertGreater(front.shook, 0)

    def test_a_server_that_is_not_to_be_trusted_is_given_nothing_and_one_that_is_all_of_it(self):
        good, elsewhere, plain = self.front(), self.front("127.0.0.9"), mongo_rig.Proxy(self.port)
        self.addCleanup(plain.close)
        tls = f"/?tls=true&tlsCAFile={self.folder}/ca.pem"
        self.assertIn("certificate", self.refused(f"{good.uri}/?tls=true"), "an authority nobody knows")
        self.assertRegex(self.refused(elsewhere.uri + tls), "(?i)hostname|certificate|mismatch", "it is another's")
        self.assertIn("does it speak TLS", self.refused(plain.uri + tls))
        self.assertIn("say tls=true", self.refused(f"{good.uri}/?tls=false"))
        self.assertEqual(good.heard + elsewhere.heard, [])
        self.assertTrue(plain.heard)
        for data in plain.heard:
            self.assertEqual(data[:2], b"\x16\x03", "a greeting of TLS and nothing else")

        stored = len(self.stored())
        daemon = self.measure(self.config(good.uri + tls))
        rig.until(lambda: self.documents.count_documents({}) > stored, "what was measured meanwhile")
        daemon.stop()
        numbers = sorted(int(str(one["_id"])[14:], 16) for one in self.documents.find({}))
        self.assertEqual(numbers, list(range(1, len(numbers) + 1)))

    def test_an_authority_whose_file_comes_later_needs_no_restart_and_the_red_light_lasts_until_then(self):
        red = self.folder / "leds" / "fit-red" / "brightness"
        red.parent.mkdir(parents=True)
        red.write_text("0\n")
        lights = f'[leds]\npath = "{self.folder}/leds"\nred = "fit-red"\n'
        front = self.front()
        daemon = self.measure(self.config(f"{front.uri}/?tls=true&tlsCAFile={self.folder}/later.pem", lights))
        faults = lambda: [one["name"] for one in daemon.json("/api/v1/status")["faults"]]
        rig.until(lambda: "sink_mongodb" in faults(), "the fault")
        rig.until(lambda: red.read_text().startswith("1"), "the red light")
        (self.folder / "ca.pem").rename(self.folder / "later.pem")
        rig.until(lambda: self.documents.find_one({}), "a document")
        rig.until(lambda: "sink_mongodb" not in faults(), "the end of the fault")
        rig.until(lambda: red.read_text().startswith("0"), "the light to go out")

    def test_an_authority_whose_file_is_not_there_is_a_fault_and_the_house_is_measured(self):
        config = self.config(f"{self.server.uri}/?tls=true&tlsCAFile={self.folder}/ca-of-nobody.pem")
        daemon = self.measure(config)
        self.assertTrue(daemon.live(2))
        self.assertIn("ca-of-nobody.pem", str(daemon.json("/api/v1/status")["faults"]))
        done = rig.run("sinks", "test", "mongodb", "--config", config, "--data", self.data, check=False)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        self.assertIn("ca-of-nobody.pem", done.stderr)


class Door:
    """A server's side of SCRAM-SHA-256 (RFC 7677), on a scripted server: what it is it tells anybody, as MongoDB does, the
    rest is for who has logged in."""

    def __init__(self, case):
        from mockupdb import MockupDB
        self.inserted, self.opened, self.refused = [], 0, 0
        self.locked = False
        self.salt, self.rounds, self.talks = b"just twenty-eight bytes salt", 4096, {}
        mock = MockupDB(auto_ismaster={"minWireVersion": 0, "maxWireVersion": 13})
        mock.run()
        case.addCleanup(mock.stop)
        mock.autoresponds(self.answer)
        self.uri = f"mongodb://{USER}@127.0.0.1:{mock.port}/?authSource=admin"

    def answer(self, request):
        command = request.command_name.lower()
        if command in ("ismaster", "hello"):
            return request.ok(ismaster=True, minWireVersion=0, maxWireVersion=13, saslSupportedMechs=["SCRAM-SHA-256"])
        if command == "saslstart":
            return self.begin(request)
        if command == "saslcontinue":
            return self.decide(request)
        if command in ("insert", "find") and not self.opened:
            return request.reply(ok=0, errmsg=f"Command {command} requires authentication", code=13)
        if command == "insert":
            self.inserted += request.doc["documents"]
            return request.ok(n=len(request.doc["documents"]))
        return request.ok()

    def begin(self, request):
        bare = bytes(request.doc["payload"]).decode().removeprefix("n,,")
        fields = dict(part.split("=", 1) for part in bare.split(","))
        nonce = fields["r"] + "ofTheServer"
        first = f"r={nonce},s={base64.b64encode(self.salt).decode()},i={self.rounds}"
        self.talks[nonce] = (fields["n"], bare, first)
        return request.ok(conversationId=1, done=False, payload=first.encode())

    def decide(self, request):
        final = bytes(request.doc["payload"]).decode()
        without_proof, proof = final.rsplit(",p=", 1)
        nonce = dict(part.split("=", 1) for part in without_proof.split(","))["r"]
        user, bare, first = self.talks[nonce]
        said = f"{bare},{first},{without_proof}".encode()
        mac = lambda key, text: hmac.new(key, text, "sha256").digest()
        salted = hashlib.pbkdf2_hmac("sha256", SECRET.encode(), self.salt, self.rounds)
        key = mac(salted, b"Client Key")
        signed = mac(hashlib.sha256(key).digest(), said)
        if self.locked or user != USER or bytes(a ^ b for a, b in zip(base64.b64decode(proof), signed)) != key:
            self.refused += 1
            return request.reply(ok=0, errmsg="Authentication failed.", code=18)
        self.opened += 1
        signature = base64.b64encode(mac(mac(salted, b"Server Key"), said))
        return request.ok(conversationId=1, done=True, payload=b"v=" + signature)


class WithAPassword(rig.Case):
    def setUp(self):
        super().setUp()
        mongo_rig.install()
        self.door = Door(self)

    def config(self, more=""):
        file = self.folder / "fithome.toml"
        file.write_text(f'[mongodb]\nuri = "{self.door.uri}"\n{more}')
        return file

    def secret(self, name, text=SECRET):
        file = self.folder / name
        file.write_text(text + "\n")
        return file

    def test_what_was_measured_is_delivered_by_who_knows_it_and_by_nobody_else(self):
        config = self.config(f'password_file = "{self.secret("password", SECRET[1:])}"\n')
        daemon = self.measure(config)
        rig.until(lambda: self.door.refused, "a refusal")
        daemon.live(4)
        said = daemon.get("/api/v1/sinks") + "".join(map(str, daemon.stop()))
        self.assertEqual(self.door.inserted, [])

        self.secret("password")
        daemon = self.measure(config, after=600)
        rig.until(lambda: self.door.inserted, "a reading")
        said += daemon.get("/api/v1/sinks") + "".join(map(str, daemon.stop()))
        self.assertEqual(str(self.door.inserted[0]["_id"])[14:], "0000000001", "what waited")
        self.assertIn("Pa", self.door.inserted[0])
        self.assertNotIn(SECRET[1:20], said)
        self.assert_each_once()

    def test_what_was_measured_while_it_was_refused_is_there_once_when_it_is_let_in(self):
        self.door.locked = True
        daemon = self.measure(self.config(f'password_file = "{self.secret("password")}"\n'))
        rig.until(lambda: self.door.refused > 1, "refusals")
        daemon.live(4)
        self.door.locked = False
        rig.until(lambda: self.door.inserted, "a reading")
        daemon.stop()
        self.assert_each_once()

    def measure(self, config, after=0):
        begin = mongo_rig.BEGIN + datetime.timedelta(seconds=after)
        return self.daemon("--demo", "--data", self.data, "--config", config, "--start", begin.isoformat())

    def assert_each_once(self):
        """All that the store holds, but for what was stored after the last delivery."""
        stored = len(self.readings("--from", "2026-06-20"))
        numbers = [int(str(one["_id"])[14:], 16) for one in self.door.inserted]
        self.assertEqual(sorted(numbers), list(range(1, len(numbers) + 1)))
        self.assertLessEqual(stored - len(numbers), 4)
        self.assertGreater(stored, 3)

    def test_a_server_that_wants_a_user_where_none_is_named_is_told(self):
        uri = self.door.uri.replace(f"{USER}@", "")
        config = self.folder / "nobody.toml"
        config.write_text(f'[mongodb]\nuri = "{uri}"\n')
        done = rig.run("sinks", "test", "mongodb", "--config", config, "--data", self.data, check=False)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        self.assertIn("requires authentication", done.stderr)

    def test_it_is_taken_from_a_file_from_systemd_or_from_the_environment(self):
        def test(config, env):
            before = self.door.opened
            rig.run("sinks", "test", "mongodb", "--config", config, "--data", self.data, env=env)
            self.assertGreater(self.door.opened, before)
        test(self.config(f'password_file = "{self.secret("password")}"\n'), {})
        self.secret("mongodb_password")
        test(self.config(), {"CREDENTIALS_DIRECTORY": str(self.folder)})
        test(self.config(), {"FITHOME_MONGODB_PASSWORD": SECRET})

    def test_a_wrong_one_is_told_and_not_shown(self):
        done = rig.run("sinks", "test", "mongodb", "--config", self.config(), "--data", self.data, check=False,
                       env={"FITHOME_MONGODB_PASSWORD": SECRET + "?"})
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("uthentication", done.stderr)
        self.assertNotIn(SECRET[:20], done.stdout + done.stderr)
        self.assertEqual(self.door.opened, 0)
        self.assertGreater(self.door.refused, 0)


if __name__ == "__main__":
    unittest.main()
