#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Readings go to MongoDB as the original wrote them, each exactly once, whatever happens on the way."""
import datetime
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import time
import unittest

import mongo_rig
import rig
from mongo_rig import BEGIN, HOURS


# FHanalyze as its author published it. The driver that it was written for speaks to no server of today, and the one of
# today has lost `count`, which this server would not do between two ObjectIds either.
FHANALYZE = """
import json, sys
from pymongo.collection import Collection
Collection.count = lambda self, which: len(list(self.find(which)))
from FHanalyze.analyze import Analyze
house = Analyze(sys.argv[1])
day = house.get_DataFrame_for_date(sys.argv[2])
print(json.dumps({"days": house.get_isodate_list(), "Pa": list(day["Pa"]), "times": [str(time) for time in day.index],
                  "always on": house.get_always_on_watts(sys.argv[2])}))
"""


class Mongodb(mongo_rig.Case):
    def test_the_originals_reader_finds_the_same_day_to_the_digit(self):
        from bson import ObjectId
        self.fill()
        self.deliver(self.config())

        # As the original reads a day: by the bounds of its ObjectIds.
        begin, end = ObjectId.from_datetime(BEGIN), ObjectId.from_datetime(BEGIN + datetime.timedelta(days=1))
        day = list(self.documents.find({"_id": {"$gt": begin, "$lt": end}}).sort("_id", 1))

        rows = self.readings("--from", BEGIN.isoformat(), "--to", (BEGIN + datetime.timedelta(days=1)).isoformat(), "--channels", "p,q")
        self.assertGreater(len(day), HOURS * 3600 - 2)
        self.assertLessEqual(len(rows) - len(day), 4)
        rows = rows[:len(day)]  # the last may have been stored after the last delivery
        self.assertEqual([one["Pa"] for one in day], [float(row["p"]) for row in rows])
        self.assertEqual([one["Pr"] for one in day], [float(row["q"]) for row in rows])
        self.assertEqual([one["_id"].generation_time.timestamp() for one in day], [int(rig.seconds(row["time"])) for row in rows])
        self.assertEqual({one["meter"] for one in day}, {"mains"})
        self.assertEqual(set(day[0]), {"_id", "Pa", "Pr", "ts", "meter", "quality"})

        done = subprocess.run([rig.DEBIAN_PYTHON, "-W", "ignore", "-c", FHANALYZE, self.server.whole, str(BEGIN.date())],
                              capture_output=True, text=True, check=False, timeout=rig.PATIENCE,
                              env=rig.ENVIRONMENT | {"PYTHONPATH": str(mongo_rig.SITE)})
        self.assertEqual(done.returncode, 0, done.stderr)
        seen = json.loads(done.stdout)
        self.assertEqual(seen["days"], [str(BEGIN.date())])
        self.assertEqual(seen["Pa"], [one["Pa"] for one in day])
        pacific = datetime.timedelta(hours=7)
        self.assertEqual(seen["times"], [str(one["_id"].generation_time.replace(tzinfo=None) - pacific) for one in day])
        three_tenths = statistics.quantiles(seen["Pa"], n=10, method="inclusive")[2]  # interpolated, as pandas does
        self.assertAlmostEqual(seen["always on"], three_tenths, places=9)

    def test_all_channels_where_they_are_asked_for(self):
        daemon = self.measure(self.config(more='channels = "all"\n'))
        one = rig.until(lambda: self.documents.find_one({}), "a document")
        daemon.stop()
        self.assertTrue(100 < one["u_a_V"] < 140, one)
        self.assertIn("f_Hz", one)

    def test_a_server_killed_stopped_and_back_has_each_reading_once(self):
        self.fill()
        daemon = self.measure(self.config())
        rig.until(lambda: self.documents.count_documents({}) > 500, "some documents")
        self.server.stop(signal.SIGKILL)
        rig.until(lambda: self.sink(daemon)["state"] == "failing", "the sink to notice")
        self.assertIn("mongodb: ", self.sink(daemon)["last_error"])
        self.server.start()
        before = self.sink(daemon)["failures"]
        rig.until(lambda: self.sink(daemon)["state"] != "failing", "the server to be found again")
        self.server.send(signal.SIGSTOP)
        rig.until(lambda: self.sink(daemon)["failures"] > before or self.sink(daemon)["state"] == "up_to_date", "a time-out")
        self.server.send(signal.SIGCONT)
        self.assert_each_once(daemon)

    def test_a_daemon_killed_in_the_middle_and_then_the_server_too_deliver_each_reading_once(self):
        self.fill()
        config = self.config()
        for documents in (200, 3000, 5000):
            daemon = self.measure(config)
            rig.until(lambda: self.documents.count_documents({}) > documents, "documents")  # pylint: disable=cell-var-from-loop
            daemon.stop(signal.SIGKILL)
        self.server.stop(signal.SIGKILL)
        self.server.start()
        self.assert_each_once(self.measure(config))

    def test_hangs_and_answers_that_break_off_double_nothing(self):
        self.fill()
        proxy = mongo_rig.Proxy(self.server.port)
        self.addCleanup(proxy.close)
        daemon = self.measure(self.config(proxy.uri))
        dice = random.Random(int(os.environ.get("FITHOME_TEST_SEED", "1")))
        for mode in dice.sample(["hang", "half", "half", "hang"], 3):
            failures = self.sink(daemon)["failures"]
            proxy.mode = mode
            rig.until(lambda: self.sink(daemon)["failures"] > failures, mode)  # pylint: disable=cell-var-from-loop
            proxy.mode = "pass"
            rig.until(lambda: self.sink(daemon)["state"] != "failing", "it to work again")
        self.assert_each_once(daemon)

    def test_a_network_that_is_cut_off_leaves_nothing_out_and_doubles_nothing(self):
        self.fill()
        proxy = mongo_rig.Proxy(self.server.port)
        self.addCleanup(proxy.close)
        daemon = self.measure(self.config(proxy.uri))
        rig.until(lambda: self.documents.count_documents({}) > 500, "some documents")
        proxy.cut()
        rig.until(lambda: self.sink(daemon)["state"] == "failing", "the sink to notice")
        backlog = self.sink(daemon)["backlog"]
        rig.until(lambda: self.sink(daemon)["backlog"] > backlog, "readings meanwhile")
        proxy.mend()
        self.assert_each_once(daemon)

    def test_whatever_happens_in_whatever_order_each_reading_is_there_once(self):
        self.fill()
        proxy = mongo_rig.Proxy(self.server.port)
        self.addCleanup(proxy.close)
        config = self.config(proxy.uri)
        daemon = self.measure(config)
        dice = random.Random(int(os.environ.get("FITHOME_TEST_SEED", "1")))
        happens = [*dice.sample(list(self.TROUBLE), len(self.TROUBLE)), dice.choice(list(self.TROUBLE))]
        print("in this order:", *happens, file=sys.stderr)
        for what in happens:
            rig.until(lambda: self.sink(daemon)["state"] != "failing", "it to work")  # pylint: disable=cell-var-from-loop
            rig.run("sinks", "rewind", "mongodb", "--config", config, "--data", self.data)
            told = proxy.answers + dice.randrange(1, 6)
            rig.until(lambda: proxy.answers > told, "it to be under way")  # pylint: disable=cell-var-from-loop
            if what == "daemon killed":
                daemon.stop(signal.SIGKILL)
                daemon = self.measure(config)
                continue
            begin, end = self.TROUBLE[what]
            failures = self.sink(daemon)["failures"]
            begin(self, proxy)
            rig.until(lambda: self.sink(daemon)["failures"] > failures, what)  # pylint: disable=cell-var-from-loop
            end(self, proxy)
        self.assert_each_once(daemon)

    # How it begins, and how it is mended.
    TROUBLE = {
        "server killed": (lambda self, _: self.server.stop(signal.SIGKILL), lambda self, _: self.server.start()),
        "server restarted": (lambda self, _: self.server.stop(), lambda self, _: self.server.start()),
        "server paused": (lambda self, _: self.server.send(signal.SIGSTOP), lambda self, _: self.server.send(signal.SIGCONT)),
        "network cut": (lambda _, proxy: proxy.cut(), lambda _, proxy: proxy.mend()),
        "network hangs": (lambda _, proxy: setattr(proxy, "mode", "hang"), lambda _, proxy: proxy.mend()),
        "answers break off": (lambda _, proxy: setattr(proxy, "mode", "half"), lambda _, proxy: proxy.mend()),
        "daemon killed": None,
    }

    def test_a_server_that_says_nothing_does_not_keep_the_daemon_from_ending(self):
        daemon = self.measure(self.config())
        rig.until(lambda: self.documents.count_documents({}) > 0, "a document")
        self.server.send(signal.SIGSTOP)
        time.sleep(1.5)  # so long that it has been asked again
        begun = time.monotonic()
        status, _, _ = daemon.stop()
        self.assertEqual(status, 0)
        self.assertLess(time.monotonic() - begun, 15)

    def test_it_is_paused_resumed_sent_again_and_tested(self):
        self.fill()
        config = self.config()
        daemon = self.measure(config)
        self.up_to_date(daemon)
        orders = lambda *words: rig.run("sinks", *words, "--config", config, "--data", self.data).stdout
        self.assertIn("paused", orders("pause", "mongodb"))
        rig.until(lambda: self.sink(daemon)["state"] == "paused", "the pause")
        self.documents.delete_many({})
        orders("rewind", "mongodb")
        orders("resume", "mongodb")
        rig.until(lambda: self.documents.count_documents({}) > HOURS * 3600, "all of them again")
        self.assertIn("answers", orders("test", "mongodb"))
        shown = rig.run("sinks", "--url", daemon.url).stdout
        self.assertIn("FitHome.aggregate at 127.0.0.1", shown)
        self.assertRegex(daemon.get("/metrics"), r'fithome_sink_backlog_readings\{sink="mongodb"\} \d')
        self.assert_each_once(daemon)
        self.assertIn("mongodb", rig.run("sinks", "--data", self.data).stdout, "the cursor is in the store")
        self.assertIn("answers", orders("test", "mongodb"), "without a daemon")

    def test_a_refused_log_in_is_told_and_the_password_never_is(self):
        from mockupdb import MockupDB
        mock = MockupDB(auto_ismaster={"minWireVersion": 0, "maxWireVersion": 13})
        mock.run()
        self.addCleanup(mock.stop)

        def answer(request):
            if request.command_name.lower() in ("ismaster", "hello"):
                return request.ok(ismaster=True, minWireVersion=0, maxWireVersion=13, saslSupportedMechs=["SCRAM-SHA-256"])
            if request.command_name.lower() == "saslstart":
                return request.reply(ok=0, errmsg="Authentication failed.", code=18)
            return request.ok()
        mock.autoresponds(answer)
        secret = "correct horse"
        (self.folder / "password").write_text(secret + "\n")
        config = self.config(f"mongodb://anna@127.0.0.1:{mock.port}", f'password_file = "{self.folder}/password"\n')
        daemon = self.measure(config)
        sink = rig.until(lambda: (one := self.sink(daemon))["last_error"] and one, "a refusal")
        self.assertIn("uthentication", sink["last_error"])
        said = [daemon.get(path) for path in ("/api/v1/sinks", "/api/v1/status", "/metrics", "/api/v1/events")]
        said.append(rig.run("config", "show", "--config", config).stdout)
        said.append(str(rig.run("sinks", "test", "mongodb", "--config", config, "--data", self.data, check=False)))
        said += map(str, daemon.stop())
        for text in said:
            self.assertNotIn(secret, text)
            self.assertNotIn("correct", text)

    def test_a_password_in_the_configuration_is_refused(self):
        done = rig.run("config", "check", "--config", self.config("mongodb://anna:secret@host"), check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("password_file", done.stderr)

    def test_errors_of_the_server_are_told_and_duplicates_are_none(self):
        from mockupdb import MockupDB, going
        mock = MockupDB(auto_ismaster={"minWireVersion": 0, "maxWireVersion": 13})
        mock.run()
        self.addCleanup(mock.stop)
        daemon = self.measure(self.config(f"mongodb://127.0.0.1:{mock.port}"))

        def insert():
            while (request := mock.receives(timeout=60)).command_name != "insert":
                request.ok()
            return request
        insert().reply(ok=0, errmsg="no space left", code=14031)
        rig.until(lambda: "no space left" in (self.sink(daemon)["last_error"] or ""), "the disk to be full")
        insert().ok(n=0, writeErrors=[{"index": 0, "code": 121, "errmsg": "Document failed validation"}])
        refused = insert()  # maybe after it was halved
        while len(refused.doc["documents"]) > 1:
            refused.ok(n=0, writeErrors=[{"index": 0, "code": 121, "errmsg": "Document failed validation"}])
            refused = insert()
        refused.ok(n=0, writeErrors=[{"index": 0, "code": 11000, "errmsg": "E11000 duplicate key error index: _id_"}])
        rig.until(lambda: self.sink(daemon)["delivered"] >= 1, "a duplicate to count as delivered")
        with going(daemon.stop, signal.SIGKILL):
            pass

    def test_a_module_that_is_not_installed_says_which_package_has_it(self):
        alone = self.folder / "fithome"
        alone.write_bytes(open(rig.BINARY, "rb").read())
        alone.chmod(0o755)
        if os.path.exists("/usr/lib/fithome/libfithome_mongodb.so"):
            rig.skip("the module is installed on this machine")
        binary, rig.BINARY = rig.BINARY, str(alone)
        self.addCleanup(setattr, rig, "BINARY", binary)
        daemon = self.measure(self.config())
        self.assertTrue(daemon.live(2), "it measures all the same")
        faults = daemon.json("/api/v1/status")["faults"]
        daemon.stop()
        self.assertIn("apt install fithome-mongodb", str(faults))


if __name__ == "__main__":
    unittest.main()
