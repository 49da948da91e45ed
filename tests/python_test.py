#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The Python package: what it says of a house is what is kept of it."""
import datetime
import io
import json
import os
import tempfile
import threading
import unittest
import warnings
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import debian_numpy  # before what needs it
import fithome
import numpy as np
import pandas as pd
from bson import ObjectId
from fithome import nilmtk
from fithome.exports import flag_bits
from fithome.monitor_data import day_bounds

UTC = datetime.timezone.utc
HOUR_MS = 3_600_000
# The night in which Berlin's clocks go from 3:00 back to 2:00, at 01:00 UTC.
NIGHT = datetime.datetime(2026, 10, 24, 12, tzinfo=UTC)
BERLIN = "Europe/Berlin"


class FakeCollection:
    """Documents by `_id`, asked as MongoDB is asked."""

    def __init__(self, documents):
        self.documents = documents
        self.scanned = 0

    def find(self, asked, wanted):
        low, high = (asked.get("_id", {}).get(key) for key in ("$gte", "$lt"))
        found = [document for document in self.documents
                 if (low is None or document["_id"] >= low) and (high is None or document["_id"] < high)
                 and all(document.get(key) == value for key, value in asked.items() if key != "_id")]
        self.scanned += len(found)
        return FakeCursor({key: document[key] for key in wanted if key in document} for document in found)


class FakeCursor(list):
    def sort(self, key, direction):
        assert (key, direction) == ("_id", 1)
        return FakeCursor(sorted(self, key=lambda document: (type(document[key]).__name__, document[key])))


def object_id(second, number=0):
    return ObjectId(second.to_bytes(4, "big") + number.to_bytes(8, "big"))


def from_mongodb(documents, **about):
    data = fithome.MonitorData(timezone=BERLIN, **about)
    data._collection = FakeCollection(documents)
    return data


def documents_of_night(hours=48, step=600):
    first = int(NIGHT.timestamp())
    return [{"_id": object_id(first + n, n % 7), "Pa": 100.0 + n / step, "Pr": -5.0} for n in range(0, hours * 3600, step)]


class Mongo(unittest.TestCase):
    def test_reads_documents_of_the_original_by_their_ids_alone(self):
        frame = from_mongodb(documents_of_night(hours=1)).readings()
        self.assertEqual(frame.index[0], pd.Timestamp(NIGHT))
        self.assertEqual(frame.index[1] - frame.index[0], pd.Timedelta("10min"))
        self.assertEqual(frame["Pa"].tolist(), [100, 101, 102, 103, 104, 105])
        self.assertEqual(frame["Pr"].tolist(), [-5] * 6)

    def test_takes_milliseconds_from_ts_and_the_meter_by_name(self):
        second = int(NIGHT.timestamp())
        documents = [{"_id": object_id(second), "Pa": 1.5, "Pr": 2.5, "ts": datetime.datetime(2026, 10, 24, 12, 0, 0, 250_000),
                      "meter": "mains", "quality": 0},
                     {"_id": object_id(second, 1), "Pa": 9.5, "Pr": 9.5, "meter": "solar"}]
        frame = from_mongodb(documents, meter="mains").readings()
        self.assertEqual(frame.index.tolist(), [pd.Timestamp("2026-10-24T12:00:00.250Z")])
        self.assertEqual(frame["Pa"].tolist(), [1.5])

    def test_asks_for_a_day_only_and_finds_its_25_hours(self):
        data = from_mongodb(documents_of_night())
        frame = data.get_DataFrame_for_date("2026-10-25")
        self.assertEqual(len(frame), 25 * 6)
        self.assertEqual(data._collection.scanned, 25 * 6)
        self.assertIsNone(frame.index.tz)
        self.assertEqual(frame.columns.tolist(), ["Pa"])
        self.assertEqual(frame.index[0], pd.Timestamp("2026-10-25 00:00"))
        self.assertEqual((frame.index == pd.Timestamp("2026-10-25 02:10")).sum(), 2)

    def test_has_readings_of_the_first_second_of_a_day(self):
        midnight, after = day_bounds("2026-10-24", BERLIN)
        edge = [{"_id": object_id(int(moment.timestamp())), "Pa": 1.0, "Pr": 1.0} for moment in (midnight, after)]
        self.assertEqual(len(from_mongodb(edge).get_DataFrame_for_date("2026-10-24")), 1)

    def test_holds_a_document_without_a_value_as_unknown_not_zero(self):
        frame = from_mongodb([{"_id": object_id(1_800_000_000), "Pa": None}]).readings()
        self.assertTrue(np.isnan(frame["Pa"].iloc[0]) and np.isnan(frame["Pr"].iloc[0]))

    def test_leaves_out_what_is_no_reading_and_counts_it(self):
        second = int(NIGHT.timestamp())
        foreign = [{"_id": "a note", "Pa": 1.0}, {"_id": object_id(second, 9), "volts": 120}, {"_id": object_id(second, 10), "Pa": "many"},
                   {"_id": object_id(second, 11), "Pa": True}, {"_id": 7, "Pa": 1.0, "Pr": 1.0}]
        data = from_mongodb(documents_of_night(hours=1) + foreign)
        self.assertEqual(len(data.readings()), 6)
        self.assertEqual(data.left_out, 5)
        self.assertEqual(len(from_mongodb(foreign).readings()), 0)
        data._collection = FakeCollection(documents_of_night(hours=1))
        self.assertEqual((len(data.readings()), data.left_out), (6, 0))

    def test_lists_local_days_with_readings(self):
        self.assertEqual(from_mongodb(documents_of_night()).get_isodate_list(), ["2026-10-24", "2026-10-25", "2026-10-26"])


class AlwaysOn(unittest.TestCase):
    def setUp(self):
        self.data = from_mongodb(documents_of_night())

    def test_is_what_30_percent_of_readings_are_below(self):
        every = self.data.readings()["Pa"].sort_values().to_numpy()
        watts = self.data.get_always_on_watts()
        self.assertAlmostEqual((every < watts).mean(), 0.3, delta=1 / len(every))
        self.assertEqual(fithome.get_always_on_watts(self.data.readings(), timezone=BERLIN), watts)

    def test_of_a_night_looks_at_its_hours_by_the_local_clock(self):
        night = self.data.get_always_on_watts("2026-10-25", "01:00", "01:59", quantile=0)
        self.assertEqual(night, self.data.readings().loc[pd.Timestamp("2026-10-24T23:00Z"), "Pa"])

    def test_says_when_there_are_no_readings(self):
        with self.assertRaisesRegex(LookupError, "no readings for 2019-12-30"):
            self.data.get_always_on_watts("2019-12-30")
        with self.assertRaises(ValueError):
            self.data.get_DataFrame_for_date("02-13-2020")


class Pickle(unittest.TestCase):
    def test_is_read_back_as_it_was_and_as_an_export(self):
        data = from_mongodb(documents_of_night())
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "aggregate.pkl.zip"
            self.assertEqual(data.to_pickle(file), 48 * 6)
            self.assertEqual(os.listdir(folder), ["aggregate.pkl.zip"])
            pd.testing.assert_frame_equal(fithome.read_export(file), data.readings(), check_freq=False)
            self.assertEqual(str(pd.read_pickle(file).index.tz), "UTC")
            pd.testing.assert_frame_equal(fithome.MonitorData(data=file).readings(), data.readings(), check_freq=False)


class Exports(unittest.TestCase):
    def read(self, name, text):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / name
            file.write_text(text)
            return fithome.read_export(file)

    def test_csv_in_local_time_is_in_utc_over_the_night_of_two_hours_alike(self):
        frame = self.read("night.csv", "time,Pa,flags\n2026-10-25T02:59:59.000+02:00,1.10,simulated late\n"
                          "2026-10-25T02:00:00.000+01:00,,\n")
        self.assertEqual([str(time) for time in frame.index], ["2026-10-25 00:59:59+00:00", "2026-10-25 01:00:00+00:00"])
        self.assertEqual(frame["Pa"].iloc[0], 1.1)
        self.assertTrue(np.isnan(frame["Pa"].iloc[1]))
        self.assertEqual(frame["flags"].tolist(), [5, 0])

    def test_flags_are_words_and_back(self):
        self.assertEqual(fithome.flag_words(5), "simulated late")
        for bits in range(1 << len(fithome.FLAGS)):
            self.assertEqual(flag_bits(fithome.flag_words(bits)), bits)

    def test_flags_are_those_of_the_program(self):
        header = (Path(__file__).parents[1] / "src/reading/reading.h").read_text()
        bits = {line.split("=")[0].strip(): int(line.split("<<")[1].split(",")[0]) for line in header.splitlines() if "= 1 <<" in line}
        self.assertEqual({name: bit for bit, name in enumerate(fithome.FLAGS)}, bits)

    def test_says_which_names_it_reads(self):
        with self.assertRaisesRegex(ValueError, r"house.xlsx.*\.parquet"):
            fithome.read_export("house.xlsx")


ANSWERS = {
    "/api/v1/now": {"p": 12.5, "q": None, "flags": []},
    "/api/v1/readings": {"columns": ["time", "p", "flags"], "units": ["ms", "W", ""],
                         "rows": [[1_795_000_000_000, 12.5, 1], [1_795_000_001_000, None, 0]]},
    "/api/v1/events": {"from": "", "to": "", "events": [{"kind": "sag"}]},
    "/api/v1/sinks": {"sinks": [{"name": "mongodb", "backlog": 7}]},
    "/api/v1/channels": {"channels": [{"name": "p", "unit": "W"}], "flags": []},
}


class FakeDaemon(BaseHTTPRequestHandler):
    asked = []

    def do_GET(self):
        FakeDaemon.asked.append(self.path)
        path = self.path.split("?")[0]
        if path == "/api/v1/live":
            return self.answer(200, b"event: reading\ndata: {\"p\": 1}\n\n: alive\n\nevent: reading\ndata: {\"p\": 2}\n\n")
        if path == "/api/v1/export/day.csv":  # made when it is asked for the second time
            ready = FakeDaemon.asked.count(self.path) > 1
            return self.answer(200, b"time,p\n") if ready else self.answer(202, b"{}", {"Retry-After": "0"})
        if path in ANSWERS:
            return self.answer(200, json.dumps(ANSWERS[path]).encode())
        self.answer(400, b'{"error": {"code": "invalid", "what": "since: no time"}}')

    def answer(self, status, body, headers=()):
        self.send_response(status)
        for name in headers:
            self.send_header(name, headers[name])
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


class Api(unittest.TestCase):
    def setUp(self):
        server = HTTPServer(("127.0.0.1", 0), FakeDaemon)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.client = fithome.Client(f"http://127.0.0.1:{server.server_port}/")
        FakeDaemon.asked.clear()

    def test_now_keeps_absent_absent(self):
        self.assertEqual(self.client.now(), {"p": 12.5, "q": None, "flags": []})
        self.assertEqual(FakeDaemon.asked, ["/api/v1/now?"])

    def test_readings_are_a_frame_with_unknown_for_absent(self):
        frame = self.client.readings(datetime.datetime(2026, 11, 20, tzinfo=UTC), channels=["p"], every="1m", meter="mains")
        self.assertEqual(FakeDaemon.asked, ["/api/v1/readings?channels=p&every=1m&meter=mains"
                                            "&from=2026-11-20T00%3A00%3A00.000%2B00%3A00"])
        self.assertEqual(frame.index.tolist(), [pd.Timestamp(1_795_000_000 + n, unit="s", tz="UTC") for n in (0, 1)])
        self.assertEqual((frame["p"].dtype, frame["flags"].dtype), ("float64", "uint32"))
        self.assertEqual(frame["p"].iloc[0], 12.5)
        self.assertTrue(np.isnan(frame["p"].iloc[1]))

    def test_a_time_without_a_zone_is_refused(self):
        with self.assertRaisesRegex(ValueError, "has no time zone"):
            self.client.readings(datetime.datetime(2026, 11, 20))

    def test_live_gives_each_reading_and_no_heartbeat(self):
        self.assertEqual([reading["p"] for reading in self.client.live()], [1, 2])

    def test_events_sinks_and_channels_are_lists(self):
        self.assertEqual(self.client.events("-1h", kinds=["sag", "outage"], limit=5), [{"kind": "sag"}])
        self.assertEqual(self.client.sinks(), [{"name": "mongodb", "backlog": 7}])
        self.assertEqual(self.client.channels(), [{"name": "p", "unit": "W"}])
        self.assertEqual(FakeDaemon.asked[0], "/api/v1/events?kind=sag%2Coutage&limit=5&from=-1h")

    def test_an_export_is_waited_for_and_put_in_its_place_whole(self):
        with tempfile.TemporaryDirectory() as folder:
            place = self.client.export(Path(folder) / "day.csv", "-1d", channels=["p"])
            self.assertEqual(place.read_text(), "time,p\n")
            self.assertEqual(FakeDaemon.asked, ["/api/v1/export/day.csv?channels=p&from=-1d"] * 2)
            with self.assertRaises(fithome.ApiError):
                self.client.export(Path(folder) / "no.csv")
            self.assertEqual([path.name for path in Path(folder).iterdir()], ["day.csv"])

    def test_a_refusal_says_why(self):
        with self.assertRaisesRegex(fithome.ApiError, "since: no time") as refused:
            self.client.energy(since="yesteryear")
        self.assertEqual(refused.exception.code, "invalid")


NILMTK_METER = """physical_quantity,power,power,voltage
type,active,reactive,
,,,
2026-10-25 00:59:59.000+00:00,100.25,-3.50,230.10
2026-10-25 01:00:00.000+00:00,101.25,,230.20
"""
NILMTK_BUILDING = """instance: 1
elec_meters:
  1:
    site_meter: true
    device_model: ATM90E32
appliances: []
"""


class Nilmtk(unittest.TestCase):
    """The layout that NILMTK documents; `make nilmtk-test` has its own loader open it."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.source, self.target = Path(folder.name) / "house.nilmtk", Path(folder.name) / "house.h5"
        (self.source / "building1" / "elec").mkdir(parents=True)
        (self.source / "metadata").mkdir()
        (self.source / "building1/elec/meter1.csv").write_text(NILMTK_METER)
        (self.source / "metadata/building1.yaml").write_text(NILMTK_BUILDING)
        (self.source / "metadata/dataset.yaml").write_text('name: "home"\ntimezone: "Europe/Berlin"\n')
        (self.source / "metadata/meter_devices.yaml").write_text("ATM90E32:\n  model: ATM90E32\n  max_sample_period: 10\n")

    def test_has_a_table_a_meter_as_nilmtk_wants_it(self):
        self.assertEqual(nilmtk.convert(self.source, self.target), 2)
        with pd.HDFStore(str(self.target), "r") as file:
            self.assertEqual(file.keys(), ["/building1/elec/meter1"])
            table = file["/building1/elec/meter1"]
            group = file.get_node("/building1/elec/meter1")
            self.assertEqual(group._v_attrs.table_type, "appendable_frame")
            self.assertTrue(group.table.cols.index.is_indexed)
        self.assertEqual(table.columns.names, ["physical_quantity", "type"])
        self.assertEqual(table.columns.tolist(), [("power", "active"), ("power", "reactive"), ("voltage", "")])
        self.assertEqual(set(map(str, table.dtypes)), {"float32"})
        self.assertEqual(str(table.index.tz), BERLIN)
        self.assertEqual(table.index.astype("int64").tolist(), [1_792_889_999 * 10**9, 1_792_890_000 * 10**9])
        self.assertTrue(np.isnan(table[("power", "reactive")].iloc[1]))

    def test_carries_its_metadata(self):
        nilmtk.convert(self.source, self.target)
        with pd.HDFStore(str(self.target), "r") as file:
            self.assertEqual(file.root._v_attrs.metadata["meter_devices"]["ATM90E32"]["max_sample_period"], 10)
            building = file.get_node("/building1")._v_attrs.metadata
        self.assertEqual(building["elec_meters"][1],
                         {"site_meter": True, "device_model": "ATM90E32", "data_location": "/building1/elec/meter1"})

    def test_leaves_the_old_file_where_the_export_is_damaged(self):
        self.target.write_text("old")
        (self.source / "building1/elec/meter1.csv").write_text(NILMTK_METER + "nonsense,1,2,3\n")
        with self.assertRaises(ValueError):
            nilmtk.convert(self.source, self.target)
        self.assertEqual(self.target.read_text(), "old")
        self.assertEqual(sorted(os.listdir(self.target.parent)), ["house.h5", "house.nilmtk"])


if __name__ == "__main__":
    warnings.simplefilter("ignore", ResourceWarning)
    unittest.main()
