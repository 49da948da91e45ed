// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>

#include "store/sqlite.h"
#include "store/test_support.h"

namespace fithome::store {
namespace {

using std::chrono::milliseconds;

/// The same said in the plainest way.
std::vector<Rolled> naive(const std::vector<reading::Reading>& readings, const Range& range,
                          milliseconds step) {
  std::map<std::int64_t, std::vector<reading::Reading>> steps;
  for (const auto& reading : readings) {
    if (reading.time < range.from || reading.time >= range.to) continue;
    steps[reading.time.time_since_epoch() / step].push_back(reading);
  }
  std::vector<Rolled> rolled;
  for (const auto& [number, members] : steps) {
    Rolled& one = rolled.emplace_back();
    one.start = UtcTime(number * step);
    one.readings = static_cast<std::uint32_t>(members.size());
    for (const auto& member : members) one.flags |= member.flags;
    for (const reading::ChannelId id : range.channels) {
      Rolled::Value& value = one.values.emplace_back();
      double sum = 0;
      for (const auto& member : members) {
        const auto present = member.value(id);
        if (!present) continue;
        value.min = value.count == 0 ? *present : std::min(value.min, *present);
        value.max = value.count == 0 ? *present : std::max(value.max, *present);
        sum += *present;
        ++value.count;
      }
      if (value.count > 0) value.mean = sum / value.count;
    }
  }
  return rolled;
}

void expect_same(const std::vector<Rolled>& got, const std::vector<Rolled>& wanted) {
  RC_ASSERT(got.size() == wanted.size());
  for (std::size_t n = 0; n < got.size(); ++n) {
    RC_ASSERT(got[n].start == wanted[n].start);
    RC_ASSERT(got[n].readings == wanted[n].readings);
    RC_ASSERT(got[n].flags == wanted[n].flags);
    RC_ASSERT(got[n].values.size() == wanted[n].values.size());
    for (std::size_t k = 0; k < got[n].values.size(); ++k) {
      const auto& value = got[n].values[k];
      const auto& other = wanted[n].values[k];
      RC_ASSERT(value.count == other.count);
      RC_ASSERT(value.min == other.min);
      RC_ASSERT(value.max == other.max);
      // The naive sum is of rounded values: a millionth of a step is far more than it is off.
      RC_ASSERT(std::abs(value.mean - other.mean) < 1e-8);
    }
  }
}

TEST(Rollup, EqualsTheNaiveReckoning) {
  const TemporaryDirectory directory;
  Store store = open_store(directory.path());
  auto readings = readings_of(1, 8000);
  for (std::size_t n = 3000; n < readings.size(); ++n) readings[n].time += std::chrono::hours(5);
  ASSERT_TRUE(store.append({.readings = readings}));
  const Reader reader = open_reader(directory.path());

  const bool holds = rc::check([&] {
    Range range;
    range.from = kStart + milliseconds(*rc::gen::inRange(-5'000'000, 30'000'000));
    range.to = range.from + milliseconds(*rc::gen::inRange(0, 30'000'000));
    range.channels = *rc::gen::container<std::vector<reading::ChannelId>>(
        4, rc::gen::inRange<reading::ChannelId>(0, reading::kChannelCount));
    const milliseconds step =
        *rc::gen::element<milliseconds>(milliseconds(*rc::gen::inRange(1'000, 40'000'000)),
                                        std::chrono::minutes(*rc::gen::inRange(1, 200)),
                                        std::chrono::hours(*rc::gen::inRange(1, 12)));
    const auto rolled = reader.rollup(range, step);
    RC_ASSERT(rolled.has_value());
    expect_same(*rolled, naive(readings, range, step));
  });
  EXPECT_TRUE(holds);
}

// All rows of the kept roll-ups, as text.
std::vector<std::string> kept_rows(const std::filesystem::path& directory) {
  const Database db = Database::open(directory / "readings.db", Access::read).value();
  std::vector<std::string> all;
  for (const std::string_view sql :
       {"SELECT block, meter, first_ms, last_ms, hex(data), '', '' FROM minutes",
        "SELECT 'hour', meter, start_ms, readings, flags, '', '' FROM rollup_hour",
        "SELECT 'day', meter, start_ms, readings, flags, '', '' FROM rollup_day",
        "SELECT meter, channel, start_ms, count, min, sum, max FROM rollup_hour_value",
        "SELECT meter, channel, start_ms, count, min, sum, max FROM rollup_day_value"}) {
    Statement query = db.prepare(sql).value();
    Rows rows = query.rows();
    while (rows.next().value()) {
      std::string& line = all.emplace_back();
      for (int column = 0; column < rows.columns(); ++column) line += rows.text(column) + '|';
    }
  }
  return all;
}

/// `TZ`, until the test ends.
class Zone {
 public:
  explicit Zone(const char* name) { set(name); }
  Zone(const Zone&) = delete;
  Zone& operator=(const Zone&) = delete;
  ~Zone() { set("UTC0"); }

 private:
  static void set(const char* name) {
    ::setenv("TZ", name, 1);
    ::tzset();
  }
};

bool go_on(double) { return true; }

/// Readings `apart` from one another.
std::vector<reading::Reading> spread(UtcTime from, std::size_t count, milliseconds apart) {
  std::vector<reading::Reading> readings;
  for (std::size_t n = 0; n < count; ++n) {
    readings.push_back(reading_of(n + 1));
    readings.back().time = from + apart * static_cast<int>(n);
  }
  return readings;
}

void append(Store& store, std::vector<reading::Reading> readings, MeterId meter = kFirstMeter) {
  const auto ledger = ledger_of(readings.size());
  ASSERT_TRUE(store.append({.meter = meter, .readings = readings, .ledger = &ledger}));
}

TEST(KeptRollups, AreTheSameHoweverTheReadingsCameAndWhenTheyAreMadeAnew) {
  const Zone zone("Europe/Berlin");
  const TemporaryDirectory one, other;
  const auto late = spread(at("2026-10-24T20:00:00Z"), 4000, milliseconds(20'000));
  const auto early = spread(at("2026-10-24T09:30:10Z"), 4000, milliseconds(9'700));
  {
    Store store = open_store(one.path());
    append(store, early);
    append(store, late);
    append(store, early, 2);
    for (const auto& reading : spread(kStart, 40, milliseconds(700))) append(store, {reading});
  }
  {
    Store store = open_store(other.path());
    append(store, late);
    append(store, early);
  }
  const auto before = kept_rows(one.path());
  EXPECT_GT(before.size(), 50U * reading::kChannelCount);
  const Reader reader = open_reader(one.path()), reader2 = open_reader(other.path());
  const Range night{.to = at("2026-11-01T00:00:00Z")};
  const auto days = reader.days(night).value(), same = reader2.days(night).value();
  ASSERT_EQ(days.size(), 2U);
  ASSERT_EQ(same.size(), 2U);
  for (std::size_t n = 0; n < days.size(); ++n) {
    EXPECT_EQ(days[n].start, same[n].start);
    EXPECT_EQ(days[n].readings, same[n].readings);
    EXPECT_EQ(days[n].values[0].mean, same[n].values[0].mean);
  }
  ASSERT_TRUE(reader.check(go_on).value().good());

  const Rebuilt untouched = rebuild(one.path(), go_on).value();
  EXPECT_EQ(untouched.mended, 0U);
  EXPECT_EQ(kept_rows(one.path()), before);
  {
    const Database db = Database::open(one.path() / "readings.db", Access::write).value();
    ASSERT_TRUE(
        db.execute("DELETE FROM minutes WHERE block = 1; DELETE FROM rollup_day;"
                   "UPDATE minutes SET data = x'00' WHERE block = 2;"
                   "UPDATE rollup_hour_value SET sum = 0"));
  }
  const auto wrong = open_reader(one.path()).check(go_on).value().wrong;
  ASSERT_EQ(wrong.size(), 3U + 12 + 1) << "and of meter 2, each hour and the day";
  EXPECT_NE(wrong[2].find("hours and days cannot be checked"), std::string::npos) << wrong[2];
  const Rebuilt mended = rebuild(one.path(), go_on).value();
  EXPECT_EQ(mended.mended, 2U);
  EXPECT_TRUE(mended.bad.empty());
  EXPECT_EQ(kept_rows(one.path()), before);
}

TEST(KeptRollups, HaveDaysOf23And25HoursWhereTheClockIsPutOnAndBack) {
  const Zone zone("Europe/Berlin");
  const TemporaryDirectory directory;
  Store store = open_store(directory.path());
  const auto days_of = [&](const char* from) {
    const UtcTime begin = at(from);
    append(store, spread(begin, std::size_t{3} * 24 * 60, milliseconds(60'000)));
    return open_reader(directory.path())
        .days({.from = begin, .to = begin + std::chrono::hours(72), .channels = {0}})
        .value();
  };
  const auto spring = days_of("2026-03-27T23:00:00Z");
  ASSERT_EQ(spring.size(), 4U);
  EXPECT_EQ(spring[0].readings, 24U * 60);
  EXPECT_EQ(spring[1].start, at("2026-03-28T23:00:00Z"));
  EXPECT_EQ(spring[1].readings, 23U * 60);
  EXPECT_EQ(spring[2].start, at("2026-03-29T22:00:00Z"));
  EXPECT_EQ(spring[2].readings, 24U * 60);
  const auto autumn = days_of("2026-10-23T22:00:00Z");
  ASSERT_EQ(autumn.size(), 3U);
  EXPECT_EQ(autumn[1].start, at("2026-10-24T22:00:00Z"));
  EXPECT_EQ(autumn[1].readings, 25U * 60);
}

TEST(KeptRollups, HaveTheDaysOfTheZoneTheHouseIsIn) {
  const TemporaryDirectory directory;
  std::vector<std::string> in_nepal;
  {
    const Zone zone("Asia/Kathmandu");
    Store store = open_store(directory.path());
    append(store, spread(kStart, 4000, milliseconds(60'000)));
    in_nepal = kept_rows(directory.path());
  }
  {
    const Zone zone("America/New_York");
    EXPECT_TRUE(open_reader(directory.path()).check(go_on).value().good()) << "looked at elsewhere";
  }
  const auto first_day = [&] { return open_reader(directory.path()).days({}).value().at(0).start; };
  {
    const Zone zone("America/New_York");
    open_store(directory.path());
    EXPECT_EQ(first_day(), at("2026-11-22T05:00:00Z"));
    EXPECT_NE(kept_rows(directory.path()), in_nepal);
  }
  const Zone zone("Asia/Kathmandu");
  open_store(directory.path());
  EXPECT_EQ(first_day(), at("2026-11-21T18:15:00Z"));
  EXPECT_EQ(kept_rows(directory.path()), in_nepal);
  ASSERT_TRUE(open_reader(directory.path()).check(go_on).value().good());
  {
    const Database db = Database::open(directory.path() / "readings.db", Access::write).value();
    ASSERT_TRUE(
        db.execute("UPDATE rollup_day SET start_ms = start_ms + 4096"
                   " WHERE start_ms = (SELECT min(start_ms) FROM rollup_day)"));
  }
  const auto wrong = open_reader(directory.path()).check(go_on).value().wrong;
  ASSERT_EQ(wrong.size(), 2U) << "one day is where none is, another is not there";
}

TEST(KeptRollups, FollowReadingsWhoseClockWasPutRight) {
  const TemporaryDirectory directory, plain;
  const Era before{.boot = "b", .offset = milliseconds(0), .first = kStart, .trust = Trust::unset};
  Era after = before;
  after.offset = std::chrono::hours(30);
  after.first += after.offset;
  after.trust = Trust::vouched;
  const auto readings = spread(kStart, 4000, milliseconds(1000));
  {
    Store store = open_store(directory.path());
    ASSERT_TRUE(store.append({.readings = readings, .era = &before}));
    ASSERT_TRUE(store.restamp(
        {.from = before, .to = after, .last = readings.back().time, .by = after.offset}));
  }
  const auto moved = kept_rows(directory.path());
  EXPECT_EQ(rebuild(directory.path(), go_on).value().mended, 0U);
  EXPECT_EQ(kept_rows(directory.path()), moved);
  EXPECT_EQ(open_reader(directory.path()).rollup({}, std::chrono::hours(1)).value().at(0).start,
            at("2026-11-23T14:00:00Z"));
}

TEST(KeptRollups, StayWhenTheirReadingsAreLetGo) {
  const TemporaryDirectory directory;
  const auto readings = readings_of(1, 10'000);
  const auto as_asked = [&](const char* what) {
    const Reader reader = open_reader(directory.path());
    std::string all = what;
    for (const auto step : {milliseconds(60'000), milliseconds(3'600'000)}) {
      const auto rolled = reader.rollup({.channels = {0, 7}}, step).value();
      for (const Rolled& one : rolled) {
        all += fmt::format("{} {} {} {}\n", to_iso(one.start), one.readings, one.flags,
                           one.values[0].mean);
      }
    }
    return all;
  };
  Store store = open_store(directory.path());
  append(store, readings);
  append(store, spread(kStart - std::chrono::days(9), 50, milliseconds(1000)));
  append(store, readings_of(10'001, 14'000));
  const std::string before = as_asked("");
  EXPECT_EQ(store.let_go(readings[7'199].time).value(), 3'600U) << "the second is not older";
  EXPECT_EQ(as_asked(""), before);
  EXPECT_EQ(store.let_go(readings[7'199].time).value(), 0U);
  EXPECT_EQ(store.let_go(readings[7'200].time).value(), 3'600U);
  EXPECT_EQ(as_asked(""), before);
  {
    const Reader reader = open_reader(directory.path());
    const auto kept = read_all(reader);
    EXPECT_EQ(kept.size(), 14'050U - 7'200U);
    EXPECT_EQ(reader.read_after(0, 10).value().at(0).sequence, 7'201U);
    EXPECT_EQ(reader.info().value().first, kStart - std::chrono::days(9));
    EXPECT_TRUE(reader.check(go_on).value().good());
  }
  const auto rows = kept_rows(directory.path());
  // What comes now gets no number of what went, and nothing is made of nothing.
  append(store, readings_of(14'001, 18'000));
  EXPECT_EQ(open_reader(directory.path()).check(go_on).value().wrong, std::vector<std::string>{});
  const TemporaryDirectory copy;
  ASSERT_TRUE(open_reader(directory.path()).back_up(copy.path(), go_on));
  EXPECT_EQ(open_reader(copy.path())
                .rollup({.channels = {0}}, milliseconds(3'600'000))
                .value()[1]
                .readings,
            3'600U);
  store = open_store(copy.path());
  ASSERT_EQ(rebuild(directory.path(), go_on).value().mended, 0U);
  const auto after = kept_rows(directory.path());
  EXPECT_TRUE(std::ranges::includes(after, std::vector(rows.begin(), rows.begin() + 2)));
}

TEST(KeptRollups, AreThereForPeopleInPlainSql) {
  const TemporaryDirectory directory;
  {
    Store store = open_store(directory.path());
    std::vector<reading::Reading> readings(3600, reading::Reading{kStart, 0, {}});
    for (std::size_t n = 0; n < readings.size(); ++n) {
      readings[n].time += kOne * static_cast<int>(n);
      readings[n].steps[0] = n < 1800 ? 100'000 : 200'050;
    }
    append(store, readings);
  }
  const Database db = Database::open(directory.path() / "readings.db", Access::read).value();
  EXPECT_EQ(db.text("SELECT start || ' ' || channel || ' ' || unit || ' ' || count || ' ' || min"
                    " || ' ' || mean || ' ' || max FROM hour"),
            "2026-11-22T08:00:00Z p W 3600 1000.0 1500.25 2000.5");
  EXPECT_EQ(db.integer("SELECT count(*) FROM day"), 1);
}

TEST(Rollup, BeginsADayAtMidnightUtcAndLeavesEmptyOnesOut) {
  const TemporaryDirectory directory;
  Store store = open_store(directory.path());
  auto readings = readings_of(1, 3);
  readings[1].time += std::chrono::hours(24 * 3);
  readings[2].time += std::chrono::hours(24 * 3);
  ASSERT_TRUE(store.append({.readings = readings}));

  const auto days = open_reader(directory.path()).rollup({}, std::chrono::hours(24)).value();

  ASSERT_EQ(days.size(), 2U);
  EXPECT_EQ(days[0].start, at("2026-11-22T00:00:00Z"));
  EXPECT_EQ(days[0].readings, 1U);
  EXPECT_EQ(days[1].start, at("2026-11-25T00:00:00Z"));
  EXPECT_EQ(days[1].readings, 2U);
  EXPECT_EQ(days[0].values.size(), std::size_t{reading::kChannelCount});
}

TEST(Rollup, TellsAChannelThatWasNeverThereFromZero) {
  const TemporaryDirectory directory;
  Store store = open_store(directory.path());
  reading::Reading reading{kStart, 0, {}};
  reading.steps[0] = 0;
  ASSERT_TRUE(store.append({.readings = {&reading, 1}}));
  const auto rolled =
      open_reader(directory.path()).rollup({.channels = {0, 1}}, std::chrono::hours(1)).value();
  ASSERT_EQ(rolled.size(), 1U);
  EXPECT_EQ(rolled[0].values[0].count, 1U);
  EXPECT_EQ(rolled[0].values[1].count, 0U);
}

TEST(Rollup, OfNothingIsEmpty) {
  const TemporaryDirectory directory;
  Store store = open_store(directory.path());
  const Reader reader = open_reader(directory.path());
  EXPECT_TRUE(reader.rollup({}, std::chrono::hours(1)).value().empty());
}

TEST(Rollup, RefusesMoreThanAHundredThousandStepsAndNoneAtAll) {
  const TemporaryDirectory directory;
  Store store = open_store(directory.path());
  std::vector<reading::Reading> readings(2, reading::Reading{kStart, 0, {}});
  readings[1].time = kStart + std::chrono::seconds(99'999);
  ASSERT_TRUE(store.append({.readings = readings}));
  const Reader reader = open_reader(directory.path());

  EXPECT_EQ(reader.rollup({}, std::chrono::seconds(1)).value().size(), 2U);
  EXPECT_EQ(reader.rollup({}, milliseconds(999)).error().code, Code::invalid);
  EXPECT_EQ(reader.rollup({}, milliseconds(0)).error().code, Code::invalid);
  EXPECT_EQ(reader.rollup({}, milliseconds(-1)).error().code, Code::invalid);
}

}  // namespace
}  // namespace fithome::store
