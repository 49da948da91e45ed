#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""An owner's old collection becomes readings like others, once."""
import datetime
import os
import shutil
import unittest

import mongo_rig
import rig


class Import(mongo_rig.Case):
    DAYS = 3

    def originals(self):
        """What the original wrote: three days, a document each ten seconds."""
        from bson import ObjectId
        begin = datetime.datetime(2020, 3, 1, tzinfo=mongo_rig.UTC)
        return [{"_id": ObjectId(int((begin + datetime.timedelta(seconds=n)).timestamp()).to_bytes(4, "big") + os.urandom(8)),
                 "Pa": round(n % 7919 / 4, 2), "Pr": -round(n % 101 / 8, 2)} for n in range(0, self.DAYS * 86400, 10)]

    def bring_in(self, uri=None, **kwargs):
        return rig.run("import", "fithome-mongodb", uri or self.server.uri, "--data", self.data, "--config", "/dev/null", **kwargs)

    def test_an_old_collection_is_brought_in_once(self):
        documents = self.originals()
        self.documents.insert_many(documents)

        first = self.bring_in().stdout
        self.assertIn(f"{len(documents)} readings brought in, 0 were there", first)
        again = self.bring_in().stdout
        self.assertIn(f"0 readings brought in, {len(documents)} were there", again)

        rows = self.readings("--from", "2020-02-01", "--channels", "p,q")
        self.assertEqual([(float(row["p"]), float(row["q"])) for row in rows], [(one["Pa"], one["Pr"]) for one in documents])
        self.assertEqual({row["flags"] for row in rows}, {"imported"})

    def test_documents_that_are_no_readings_are_told_and_so_is_where_nobody_answers(self):
        from bson import ObjectId
        foreign = [{"_id": "a note", "Pa": 1.0}, {"_id": ObjectId(), "volts": 120}, {"_id": ObjectId(), "Pa": "many"}]
        self.documents.insert_many(foreign)
        none = self.bring_in(check=False)
        self.assertEqual((none.returncode, none.stdout), (69, ""))
        self.assertIn("no reading in it", none.stderr)

        self.documents.insert_many(self.originals()[:10])
        told = self.bring_in().stdout
        self.assertIn("10 readings brought in", told)
        self.assertIn("left out: 3 documents that are no readings", told)

        nobody = rig.run("import", "fithome-mongodb", f"mongodb://127.0.0.1:{rig.free_port()}", "--data", self.data, "--config",
                         "/dev/null", check=False)
        self.assertEqual(nobody.returncode, 69)
        self.assertIn("calling hello on '127.0.0.1:", nobody.stderr)

    def test_a_day_that_both_hold_is_told_and_not_mixed(self):
        rig.run("run", "--demo", "--start", "2020-03-02T12:00:00Z", "--speed", "max", "--for", "1m", "--data", self.data,
                "--config", "/dev/null", "--listen", "127.0.0.1:0")
        self.documents.insert_many(self.originals())

        told = self.bring_in().stdout
        self.assertIn("1 days hold readings of this meter too and were left as they are: 2020-03-02", told)
        self.assertIn("17280 readings brought in", told)

        daemon = self.daemon("--demo", "--data", self.data, "--config", self.config(), "--start", "2020-03-05T00:00:00Z")
        self.up_to_date(daemon)
        gaps = [event for event in daemon.json("/api/v1/events?from=2020-01-01&kind=gap")["events"]]
        self.assertTrue(all(gap["begin"] > "2020-03-02" for gap in gaps), gaps)
        refused = self.bring_in(check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("stop the daemon", refused.stderr)
        daemon.stop()
        self.assertEqual(self.documents.count_documents({"meter": {"$exists": False}}), self.DAYS * 8640, "nothing is sent back")

    def test_an_import_that_broke_off_is_begun_again(self):
        self.documents.insert_many(self.originals())
        proxy = mongo_rig.Proxy(self.server.port)
        self.addCleanup(proxy.close)
        self.assertEqual(self.bring_in(proxy.uri).returncode, 0)
        answers = proxy.answers
        shutil.rmtree(self.data)

        for most in (0, answers // 2):  # at once, and in the middle
            proxy.answers, proxy.most_answers = 0, most
            broken = self.bring_in(proxy.uri, check=False)
            self.assertNotEqual(broken.returncode, 0)
            self.assertIn("mongodb", broken.stderr)
        some = len(self.readings("--from", "2020-02-01", "--channels", "p"))
        self.assertIn(some, [day * 8640 for day in range(1, self.DAYS)], "whole days")
        told = self.bring_in().stdout
        self.assertIn(f"{self.DAYS * 8640 - some} readings brought in, {some} were there", told)
        rows = self.readings("--from", "2020-02-01", "--channels", "p")
        self.assertEqual(len({row["time"] for row in rows}), self.DAYS * 8640)
        self.assertEqual(len(rows), self.DAYS * 8640)

    def test_a_morning_that_was_brought_in_first_and_the_afternoon_that_was_measured_are_both_there(self):
        morning = self.originals()[:4320]
        self.documents.insert_many(morning)
        self.bring_in()
        rig.run("run", "--demo", "--start", "2020-03-01T13:00:00Z", "--speed", "max", "--for", "1m", "--data", self.data,
                "--config", "/dev/null", "--listen", "127.0.0.1:0")

        rows = self.readings("--from", "2020-02-01", "--channels", "p")

        self.assertEqual([float(row["p"]) for row in rows if "imported" in row["flags"]], [one["Pa"] for one in morning])
        self.assertGreater(len(rows), len(morning) + 50)


if __name__ == "__main__":
    unittest.main()
