#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Into a time-series collection, which takes a document twice that comes twice: each reading is there once all the same.

The server is scripted after MongoDB's manual; none that has such collections was to be had.
"""
import os
import random
import signal
import threading
import unittest

import mongo_rig
import rig

WANTED = {"timeField": "ts", "metaField": "meter", "granularity": "seconds"}
UNKNOWN = {"ok": 0, "errmsg": "BSON field 'create.timeseries' is an unknown field.", "code": 40415}


def listed(kind, **options):
    return {"name": "aggregate", "type": kind, "options": options, "info": {"readOnly": False}}


class Scripted:
    """Keeps what is inserted, as often as it comes, and lets `trouble(documents)` decide how an insert ends.

    trouble gives how many are kept, when (seconds), and what is answered; None hangs up.
    """

    def __init__(self, case, there=None, create=None):
        from mockupdb import MockupDB
        self.there, self.create = there, create
        self.documents, self.made, self.finds = [], None, 0
        self.trouble = lambda documents: (len(documents), 0, {"n": len(documents)})
        mock = MockupDB(auto_ismaster={"minWireVersion": 0, "maxWireVersion": 13})
        mock.run()
        case.addCleanup(mock.stop)
        mock.autoresponds(self.answer)
        self.uri = f"mongodb://127.0.0.1:{mock.port}"

    def answer(self, request):
        command = request.command_name.lower()
        if command in ("ismaster", "hello"):
            return request.ok(ismaster=True, minWireVersion=0, maxWireVersion=13)
        if command == "listcollections":
            if self.there == "not to be told":
                return request.reply(ok=0, errmsg="not authorized on FitHome to execute command listCollections", code=13)
            return request.ok(cursor={"id": 0, "ns": "FitHome.$cmd.listCollections", "firstBatch": [self.there] if self.there else []})
        if command == "create":
            if self.create:
                return request.reply(**self.create)
            self.made = request.doc["timeseries"]
            self.there = listed("timeseries", timeseries=self.made)
            return request.ok()
        if command == "find":
            self.finds += 1
            times = request.doc.get("filter", {}).get("ts")
            found = [{"_id": one["_id"]} for one in list(self.documents) if times and times["$gte"] <= one["ts"] <= times["$lte"]]
            return request.ok(cursor={"id": 0, "ns": "FitHome.aggregate", "firstBatch": found})
        if command == "insert":
            return self.insert(request)
        return request.ok()

    def insert(self, request):
        documents = request.doc["documents"]
        kept, when, answer = self.trouble(documents)
        keep = lambda: self.documents.extend(documents[:kept])
        if when:
            threading.Timer(when, keep).start()
        else:
            keep()
        return request.reply(**({"ok": 1} | answer)) if answer else request.hangup()


class Trouble:
    """How inserts end, until there are no more: each way several times, in an order of chance."""

    def __init__(self, dice):
        self.dice = dice
        self.to_come = ["well", "lost", "unheard", "part", "errors", "late"] * 2
        dice.shuffle(self.to_come)

    def __call__(self, documents):
        all_of_it = len(documents)
        kind = self.to_come.pop() if self.to_come else "well"
        some = self.dice.randint(0, all_of_it)
        return {
            "well": (all_of_it, 0, {"n": all_of_it}),
            "lost": (0, 0, None),
            "unheard": (all_of_it, 0, None),
            "part": (some, 0, None),
            "errors": (some, 0, {"n": some, "writeErrors": [{"index": n, "code": 11600, "errmsg": "interrupted at shutdown"}
                                                            for n in range(some, all_of_it)]}),
            "late": (all_of_it, 0.9, None),
        }[kind]


class TimeSeries(mongo_rig.Case):
    def setUp(self):
        super().setUp()
        self.more = "time_series = true\n"

    def told(self, uri, more="time_series = true\n"):
        """What a daemon says that delivers nothing."""
        daemon = self.measure(self.config(uri, more))
        said = rig.until(lambda: self.sink(daemon)["last_error"], "a refusal")
        self.assertEqual(self.sink(daemon)["delivered"], 0)
        self.assertTrue(daemon.live(1), "it measures all the same")
        daemon.stop()
        return said

    def sinks_test(self, uri, more="time_series = true\n"):
        done = rig.run("sinks", "test", "mongodb", "--config", self.config(uri, more), "--data", self.data, check=False)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        return done.stderr

    def assert_each_once(self, server):
        numbers = sorted(int(str(one["_id"])[14:], 16) for one in list(server.documents))
        self.assertEqual(numbers, list(range(1, len(numbers) + 1)))
        self.assertLessEqual(len(self.stored()) - len(numbers), 4)

    def test_it_is_made_as_one_and_each_reading_is_there_once(self):
        server = Scripted(self)
        daemon = self.measure(self.config(server.uri, self.more))
        rig.until(lambda: len(server.documents) > 1, "two readings")
        daemon.stop()
        self.assertEqual(server.made, WANTED)
        self.assertEqual(server.documents[0]["meter"], "mains")
        made, server.create = server.made, {"ok": 0, "errmsg": "it is there", "code": 48}
        self.deliver(self.config(server.uri, self.more))
        self.assertIs(server.made, made, "what is there is not made again")
        self.assert_each_once(server)

    def test_what_is_sent_again_comes_once_whatever_happens(self):
        self.fill()
        server = Scripted(self)
        dice = random.Random(int(os.environ.get("FITHOME_TEST_SEED", "1")))
        trouble = server.trouble = Trouble(dice)
        config = self.config(server.uri, self.more)
        for documents in (500, 2500, 5000):
            daemon = self.measure(config)
            rig.until(lambda: len(server.documents) > documents, "documents")  # pylint: disable=cell-var-from-loop
            if dice.random() < 0.7:
                rig.run("sinks", "rewind", "mongodb", "--config", config, "--data", self.data)
            daemon.stop(signal.SIGKILL)
        daemon = self.measure(config)
        rig.until(lambda: not trouble.to_come, "all trouble to be over")
        self.up_to_date(daemon)
        rig.run("sinks", "rewind", "mongodb", "--config", config, "--data", self.data)
        before = server.finds
        rig.until(lambda: server.finds > before + 5, "all to be asked for again")
        self.up_to_date(daemon)
        daemon.stop()
        self.assert_each_once(server)
        self.assertGreater(len(server.documents), mongo_rig.HOURS * 3600)

    def test_a_server_that_has_none_is_told_and_given_nothing(self):
        for create in (UNKNOWN, {"ok": 1}):
            server = Scripted(self, create=create)
            said = self.told(server.uri)
            self.assertIn("5.0", said)
            self.assertIn(create.get("errmsg", "did as if"), said)
            self.assertEqual(server.documents, [])

    def test_one_that_makes_an_ordinary_one_instead_is_given_nothing(self):
        self.assertIn("no time-series collection", self.told(self.server.uri))
        self.assertIn("no time-series collection", self.sinks_test(self.server.uri))
        self.assertEqual(self.documents.count_documents({}), 0)

    def test_a_collection_of_the_other_kind_is_told_and_given_nothing(self):
        for there, more, words in ((listed("collection"), self.more, "name another"),
                                   (listed("timeseries", timeseries=WANTED | {"timeField": "when"}), self.more, '"when"'),
                                   (listed("timeseries", timeseries=WANTED), "", "mongodb.time_series = true")):
            server = Scripted(self, there)
            self.assertIn(words, self.told(server.uri, more))
            self.assertIn(words, self.sinks_test(server.uri, more))
            self.assertEqual(server.documents, [])

    def test_a_user_who_may_only_insert_is_enough_for_an_ordinary_one(self):
        server = Scripted(self, "not to be told")
        self.assertIn("not authorized", self.told(server.uri))
        daemon = self.measure(self.config(server.uri))
        rig.until(lambda: server.documents, "a document")
        daemon.stop()
        self.assertEqual(server.finds, 0)


if __name__ == "__main__":
    unittest.main()
