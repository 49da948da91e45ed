// SPDX-License-Identifier: MIT
#include "store/store.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <regex>
#include <thread>

#include "store/schema.h"
#include "store/sqlite.h"
#include "store/test_support.h"

namespace fithome::store {
namespace {

TEST(Store, ReadsBackBitForBitHoweverTheReadingsWereSplitIntoBatches) {
  const bool holds = rc::check([](const std::vector<std::uint8_t>& sizes) {
    const TemporaryDirectory directory;
    Sequence next = 1;
    {
      Store store = open_store(directory.path());
      for (const std::uint8_t size : sizes) {
        const auto readings = readings_of(next, next + size % 32 - 1);
        const auto last = store.append({.readings = readings});
        RC_ASSERT(last.has_value());
        next += readings.size();
        RC_ASSERT(*last == next - 1);
      }
    }
    const auto kept = read_all(open_reader(directory.path()));
    RC_ASSERT(kept.size() == next - 1);
    for (Sequence n = 1; n < next; ++n) RC_ASSERT(kept[n - 1] == (Kept{n, reading_of(n)}));
  });
  EXPECT_TRUE(holds);
}

TEST(Store, KeepsAnyValueAndWhetherThereWasOne) {
  const TemporaryDirectory directory;
  Store store = open_store(directory.path());
  std::vector<Kept> given;
  const bool holds = rc::check([&] {
    reading::Reading reading;
    reading.time =
        UtcTime(std::chrono::milliseconds(*rc::gen::inRange<std::int64_t>(0, 253'402'300'799'999)));
    reading.flags = *rc::gen::arbitrary<reading::Flags>();
    for (auto& steps : reading.steps) {
      if (*rc::gen::arbitrary<bool>()) steps = *rc::gen::arbitrary<std::int32_t>();
    }
    const auto sequence = store.append({.readings = {&reading, 1}});
    RC_ASSERT(sequence.has_value());
    given.push_back({*sequence, reading});
  });
  ASSERT_TRUE(holds);

  std::ranges::sort(given, {},
                    [](const Kept& kept) { return std::pair(kept.reading.time, kept.sequence); });
  EXPECT_EQ(read_all(open_reader(directory.path())), given);
}

TEST(Store, KeepsAbsentAbsentAndZeroZero) {
  const TemporaryDirectory directory;
  Store store = open_store(directory.path());
  reading::Reading reading{kStart, 0, {}};
  reading.steps[0] = 0;
  reading.steps[2] = std::numeric_limits<std::int32_t>::min();
  reading.steps[3] = std::numeric_limits<std::int32_t>::max();

  ASSERT_TRUE(store.append({.readings = {&reading, 1}}));

  const auto newest = open_reader(directory.path()).newest();
  ASSERT_TRUE(newest && *newest);
  EXPECT_EQ(**newest, reading);
  EXPECT_FALSE((*newest)->steps[1].has_value());
}

TEST(Store, GoesOnCountingWhereItStoppedAfterARestart) {
  const TemporaryDirectory directory;
  std::string site;
  {
    Store store = open_store(directory.path());
    site = store.site();
    ASSERT_EQ(store.append({.readings = readings_of(1, 10)}).value(), 10U);
  }
  Store store = open_store(directory.path());
  EXPECT_EQ(store.site(), site);
  EXPECT_EQ(store.append({.readings = readings_of(11, 11)}).value(), 11U);
  EXPECT_EQ(store.append({}).value(), 11U) << "a batch without readings counts nothing";
}

TEST(Store, NamesTheSiteByARandomUuidMadeOnce) {
  const TemporaryDirectory one, other;
  const Store store = open_store(one.path());
  const std::regex uuid("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  EXPECT_TRUE(std::regex_match(store.site(), uuid)) << store.site();
  EXPECT_NE(store.site(), open_store(other.path()).site());
  EXPECT_EQ(open_reader(one.path()).info().value().site, store.site());
}

TEST(Store, LosesNothingAndKeepsItsCountWhenTheClockIsSetBack) {
  const TemporaryDirectory directory;
  Store store = open_store(directory.path());
  auto readings = readings_of(1, 100);
  for (std::size_t n = 50; n < 100; ++n) readings[n].time -= std::chrono::seconds(30);
  const reading::Ledger ledger = ledger_of(100);

  ASSERT_EQ(store.append({.readings = readings, .ledger = &ledger}).value(), 100U);

  const Reader reader = open_reader(directory.path());
  const auto kept = read_all(reader);
  ASSERT_EQ(kept.size(), 100U);
  for (std::size_t n = 1; n < kept.size(); ++n) {
    EXPECT_LE(kept[n - 1].reading.time, kept[n].reading.time) << "in order of time";
    if (kept[n - 1].reading.time == kept[n].reading.time) {
      EXPECT_LT(kept[n - 1].sequence, kept[n].sequence) << "then as they came";
    }
  }
  for (const Kept& one : kept) EXPECT_EQ(one.reading, readings[one.sequence - 1]);
  EXPECT_EQ(reader.newest().value(), readings[99]) << "the last to come, not the latest stamp";
}

TEST(Store, RefusesATimeNoCalendarKnowsAndKeepsNothingOfTheBatch) {
  const TemporaryDirectory directory;
  Store store = open_store(directory.path());
  auto readings = readings_of(1, 2);
  readings[1].time = UtcTime::max();

  const auto refused = store.append({.readings = readings});

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::invalid);
  EXPECT_EQ(store.append({.readings = readings_of(1, 1)}).value(), 1U);
}

TEST(Store, KeepsNothingOfABatchWhoseLastPartFails) {
  const TemporaryDirectory directory;
  Store store = open_store(directory.path());
  ASSERT_TRUE(store.append({.readings = readings_of(1, 5)}));
  const Database other = Database::open(directory.path() / "readings.db", Access::write).value();
  ASSERT_TRUE(other.execute(
      "CREATE TRIGGER t BEFORE INSERT ON cursor BEGIN SELECT RAISE(ABORT, 'not so'); END"));
  const reading::Ledger ledger = ledger_of(10);
  const std::vector<Event> events{{.kind = "gap", .begin = kStart}};
  const std::vector<Cursor> cursors{{"mqtt", 10}};
  const auto readings = readings_of(6, 10);
  const Batch batch{.readings = readings, .ledger = &ledger, .events = events, .cursors = cursors};

  const auto refused = store.append(batch);

  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().what.find("append 5 readings"), std::string::npos);
  EXPECT_NE(refused.error().what.find("not so"), std::string::npos) << refused.error().what;
  const Reader reader = open_reader(directory.path());
  EXPECT_EQ(read_all(reader).size(), 5U);
  EXPECT_EQ(reader.ledger().error().code, Code::not_found);
  EXPECT_TRUE(reader.events(UtcTime::min(), UtcTime::max()).value().empty());
  ASSERT_TRUE(other.execute("DROP TRIGGER t"));
  EXPECT_EQ(store.append(batch).value(), 10U) << "the same batch again, once it can be kept";
  EXPECT_EQ(reader.ledger_at(kStart).value(), ledger);
}

TEST(Store, KeepsMetersApartUnderOneCount) {
  const TemporaryDirectory directory;
  Store store = open_store(directory.path());
  const auto mains = readings_of(1, 3);
  const auto flat = readings_of(4, 5);
  const reading::Ledger ledger = ledger_of(5);
  ASSERT_EQ(store.append({.readings = mains}).value(), 3U);
  ASSERT_EQ(store.append({.meter = 2, .readings = flat, .ledger = &ledger}).value(), 5U);
  ASSERT_EQ(store.append({.readings = readings_of(6, 6)}).value(), 6U);

  const Reader reader = open_reader(directory.path());
  EXPECT_EQ(read_all(reader).size(), 4U);
  const auto second = read_all(reader, {.meter = 2});
  ASSERT_EQ(second.size(), 2U);
  EXPECT_EQ(second[0], (Kept{4, flat[0]}));
  EXPECT_EQ(reader.newest(2).value(), flat[1]);
  EXPECT_EQ(reader.newest(3).value(), std::nullopt);
  EXPECT_EQ(reader.ledger(2).value(), ledger);
  EXPECT_EQ(reader.ledger(1).error().code, Code::not_found);
  const Info info = reader.info().value();
  EXPECT_EQ(info.readings, 6U);
  EXPECT_EQ(info.first, mains[0].time);
  EXPECT_EQ(info.last, reading_of(6).time);
}

TEST(Store, MeetsANewMeterInSeveralBatchesOfOneAppend) {
  const TemporaryDirectory directory;
  Store store = open_store(directory.path());
  const auto readings = readings_of(1, 4);
  const std::span<const reading::Reading> all = readings;
  const Batch batches[] = {{.meter = 2, .readings = all.first(1)},
                           {.meter = 3, .readings = all.subspan(1, 1)},
                           {.meter = 2, .readings = all.subspan(2, 2)}};
  const auto last = store.append_all(batches);
  ASSERT_TRUE(last) << last.error().what;
  EXPECT_EQ(read_all(open_reader(directory.path()), {.meter = 2}).size(), 3U);
  EXPECT_EQ(read_all(open_reader(directory.path()), {.meter = 3}).size(), 1U);
}

TEST(Store, SetsTheEndOfAnEventByTheSameBeginAgain) {
  const TemporaryDirectory directory;
  Store store = open_store(directory.path());
  std::vector<Event> events{{.kind = "gap", .begin = kStart, .end = {}, .cause = "no chip"},
                            {.kind = "start", .begin = kStart, .end = kStart, .cause = "by hand"}};
  ASSERT_TRUE(store.append({.events = events}));
  const Reader reader = open_reader(directory.path());
  EXPECT_EQ(reader.events(kStart, kStart + kOne).value(), events);

  events[0].end = kStart + 10 * kOne;
  events[0].cause = "the chip's wire \"CS\" was loose; it's back";
  ASSERT_TRUE(store.append({.events = {events.data(), 1}}));
  EXPECT_EQ(reader.events(kStart, kStart + kOne).value(), events);
}

TEST(Store, FindsTheEventsThatTouchATime) {
  const TemporaryDirectory directory;
  Store store = open_store(directory.path());
  const auto second = [](int n) { return kStart + n * kOne; };
  const std::vector<Event> events{
      {.kind = "gap", .begin = second(0), .end = second(10), .cause = "past"},
      {.kind = "gap", .begin = second(5), .end = {}, .cause = "lasts"},
      {.kind = "stop", .begin = second(20), .end = second(20), .cause = "moment"},
      {.kind = "gap", .begin = second(30), .end = second(40), .cause = "later"}};
  ASSERT_TRUE(store.append({.events = events}));
  const Reader reader = open_reader(directory.path());
  const auto causes = [&](int from, int to, std::size_t limit = 1000) {
    std::string text;
    const auto found = reader.events(second(from), second(to), limit).value();
    for (const Event& event : found) {
      text += event.cause + " ";
    }
    return text;
  };

  EXPECT_EQ(causes(0, 100), "past lasts moment later ");
  EXPECT_EQ(causes(10, 30), "lasts moment ") << "neither what ended nor what begins then";
  EXPECT_EQ(causes(20, 21), "lasts moment ");
  EXPECT_EQ(causes(35, 36), "lasts later ");
  EXPECT_EQ(causes(0, 100, 2), "moment later ") << "the latest ones";
  EXPECT_EQ(reader.events(UtcTime::min(), UtcTime::max()).value().size(), 4U);
}

TEST(Store, RemembersWhatEachConsumerHasTaken) {
  const TemporaryDirectory directory;
  Store store = open_store(directory.path());
  const std::vector<Cursor> cursors{{"mqtt", 10}, {"influxdb", 7}};
  ASSERT_TRUE(store.append({.cursors = cursors}));
  const std::vector<Cursor> moved{{"mqtt", 12}};
  ASSERT_TRUE(store.append({.cursors = moved}));

  const auto kept = open_reader(directory.path()).cursors().value();
  ASSERT_EQ(kept.size(), 2U);
  EXPECT_EQ(kept[0].name, "influxdb");
  EXPECT_EQ(kept[0].taken, 7U);
  EXPECT_EQ(kept[1].name, "mqtt");
  EXPECT_EQ(kept[1].taken, 12U);
}

TEST(Store, SaysHowMuchItHolds) {
  const TemporaryDirectory directory;
  Store store = open_store(directory.path());
  const Reader reader = open_reader(directory.path());
  const Info empty = reader.info().value();
  EXPECT_EQ(empty.readings, 0U);
  EXPECT_EQ(empty.first, std::nullopt);

  ASSERT_TRUE(store.append({.readings = readings_of(1, 500)}));

  const Info info = reader.info().value();
  EXPECT_EQ(info.format, kFormat);
  EXPECT_EQ(info.readings, 500U);
  EXPECT_EQ(info.first, kStart);
  EXPECT_EQ(info.last, kStart + 499 * kOne);
  EXPECT_GT(info.bytes, empty.bytes);
}

TEST(Store, ShowsAReaderOnlyWholeBatchesWhileItWrites) {
  const TemporaryDirectory directory;
  Store store = open_store(directory.path());
  constexpr Sequence kBatch = 250;  // so that they are sealed, too
  std::atomic<bool> done = false;
  std::jthread looking([&] {
    const Reader reader = open_reader(directory.path());
    Sequence seen = 0;
    while (!done) {
      const auto kept = read_all(reader);
      EXPECT_EQ(kept.size() % kBatch, 0U);
      EXPECT_GE(kept.size(), seen);
      seen = kept.size();
      if (kept.empty()) continue;
      EXPECT_EQ(kept.back(), (Kept{seen, reading_of(seen)}));
    }
  });
  for (Sequence n = 0; n < 40; ++n) {
    const auto last = store.append({.readings = readings_of(n * kBatch + 1, (n + 1) * kBatch)});
    ASSERT_TRUE(last) << last.error().what;
  }
  done = true;
  looking.join();
  EXPECT_EQ(read_all(open_reader(directory.path())).size(), 40 * kBatch);
}

TEST(Store, KnowsTheCalibrationOfEveryReading) {
  const TemporaryDirectory directory_;
  Store store = open_store(directory_.path());
  Calibration first{.time = reading_of(1).time,
                    .kind = "configuration",
                    .before = "{}",
                    .after = R"({"pga":2})",
                    .configured = R"({"pga":2})"};
  Calibration second{.time = reading_of(3).time,
                     .kind = "voltage",
                     .line = "a",
                     .reference = "121.5 V",
                     .before = R"({"pga":2})",
                     .after = R"({"pga":1})",
                     .configured = R"({"pga":2})",
                     .error_ppm = 120,
                     .note = "Kill-A-Watt"};
  ASSERT_TRUE(store.append({.calibrations = {&first, 1}}));
  ASSERT_TRUE(store.append({.readings = readings_of(1, 2)}));
  ASSERT_TRUE(store.append({.readings = readings_of(3, 4), .calibrations = {&second, 1}}));
  Calibration undo = first;
  undo.kind = "undo";
  undo.undoes = 2;
  ASSERT_TRUE(store.append({.calibrations = {&undo, 1}}));

  const auto all = open_reader(directory_.path()).calibrations().value();

  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].first_sequence, 1U);
  EXPECT_EQ(all[1].first_sequence, 3U);
  EXPECT_EQ(all[1].undone_by, 3U);
  EXPECT_EQ(all[2].first_sequence, 5U);
  second.id = 2;
  second.first_sequence = 3;
  second.undone_by = 3;
  EXPECT_EQ(all[1], second);
}

}  // namespace
}  // namespace fithome::store
