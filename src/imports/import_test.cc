// SPDX-License-Identifier: MIT
#include "imports/import.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "imports/test_support.h"

namespace fithome::imports {
namespace {

using store::at;
using store::Reader;
using store::Store;

/// Readings from memory, and then perhaps an error.
class MemorySource final : public Source {
 public:
  explicit MemorySource(std::vector<reading::Reading> all, std::optional<Error> then = {})
      : all_(std::move(all)), then_(std::move(then)) {}

  Result<std::vector<reading::Reading>> next(std::size_t most) override {
    const auto end = std::min(at_ + most, all_.size());
    if (at_ == end && then_) return Failure(*then_);
    std::vector<reading::Reading> some(all_.begin() + static_cast<std::ptrdiff_t>(at_),
                                       all_.begin() + static_cast<std::ptrdiff_t>(end));
    at_ = end;
    return some;
  }
  double done() const override {
    return static_cast<double>(at_) / static_cast<double>(all_.size());
  }

 private:
  std::vector<reading::Reading> all_;
  std::optional<Error> then_;
  std::size_t at_ = 0;
};

std::vector<reading::Reading> each_ten_minutes(UtcTime from, std::size_t count) {
  std::vector<reading::Reading> all(count);
  for (std::size_t n = 0; n < count; ++n) {
    all[n].time = from + std::chrono::minutes(10 * n);
    all[n].steps[0] = static_cast<std::int32_t>(n);
  }
  return all;
}

class Imports : public testing::Test {
 protected:
  Result<Imported> bring_in(std::vector<reading::Reading> all, std::optional<Error> then = {}) {
    MemorySource source(std::move(all), std::move(then));
    FITHOME_TRY(Store store, Store::open(folder_.path()));
    FITHOME_TRY_VOID(store.name_meter(store::kFirstMeter, "mains"));
    FITHOME_TRY(const Reader reader, Reader::open(folder_.path()));
    return import_readings(source, store, reader, store::kFirstMeter, [](const Progress&) {});
  }
  /// The steps of channel p, in order of time.
  std::vector<std::int32_t> kept() {
    const Reader reader = Reader::open(folder_.path()).value();
    auto scan = reader.scan({.channels = {reading::ChannelId{0}}}).value();
    std::vector<std::int32_t> all;
    while (true) {
      const store::Chunk chunk = scan.next().value();
      if (chunk.size() == 0) return all;
      for (std::size_t n = 0; n < chunk.size(); ++n) {
        EXPECT_NE(chunk.flags[n] & bit(reading::Flag::imported), 0U);
        all.push_back(chunk.columns[0].steps[n]);
      }
    }
  }
  std::vector<std::int32_t> up_to(std::int32_t count) {
    std::vector<std::int32_t> all(static_cast<std::size_t>(count));
    for (std::int32_t n = 0; n < count; ++n) all[static_cast<std::size_t>(n)] = n;
    return all;
  }

  InZone zone_{"Europe/Berlin"};
  store::TemporaryDirectory folder_;
};

const UtcTime kSummerEnds = at("2026-10-24T22:00:00Z");  // midnight in Berlin, of 25 hours

TEST_F(Imports, RepeatedAddNothing) {
  const auto all = each_ten_minutes(kSummerEnds, 3 * 144);
  EXPECT_EQ(bring_in(all)->brought, 432U);
  const auto again = bring_in(all);
  EXPECT_EQ(again->brought, 0U);
  EXPECT_EQ(again->there, 432U);
  EXPECT_EQ(kept(), up_to(432));
}

TEST_F(Imports, ThatAWrongValueStoppedGoOnOnceItIsMended) {
  const auto all = each_ten_minutes(kSummerEnds, 300);
  const auto stopped = bring_in({all.begin(), all.begin() + 200},
                                Error{Code::invalid, "t.csv:202: \"x\" is no number"});
  ASSERT_FALSE(stopped);
  EXPECT_EQ(
      stopped.error().what,
      "t.csv:202: \"x\" is no number; 200 readings were brought in before that: import again, "
      "and it goes on");
  EXPECT_EQ(kept(), up_to(200)) << "what stands before it";

  const auto mended = bring_in(all);
  EXPECT_EQ(mended->brought, 100U);
  EXPECT_EQ(mended->there, 200U);
  EXPECT_EQ(kept(), up_to(300));
}

TEST_F(Imports, ThatWereStoppedBetweenTwoReadingsOfOneInstantKeepBoth) {
  auto all = each_ten_minutes(kSummerEnds, 6);
  all[3].time = all[2].time;
  all[4].time = all[2].time;
  ASSERT_FALSE(bring_in({all.begin(), all.begin() + 4}, Error{Code::invalid, "no number"}));
  EXPECT_EQ(bring_in(all)->brought, 2U);
  EXPECT_EQ(kept(), up_to(6));
}

TEST_F(Imports, ThatASilentServerStoppedKeepWholeDaysOnly) {
  const auto all = each_ten_minutes(kSummerEnds, 300);
  ASSERT_FALSE(
      bring_in({all.begin(), all.begin() + 200}, Error{Code::transient, "nobody answers"}));
  EXPECT_EQ(kept(), up_to(150)) << "a day of 25 hours";
  EXPECT_EQ(bring_in(all)->brought, 150U);
  EXPECT_EQ(kept(), up_to(300));
}

TEST_F(Imports, ADayThatWasMeasuredHereIsLeftAsItIsAndTold) {
  {
    Store store = Store::open(folder_.path()).value();
    ASSERT_TRUE(store.name_meter(store::kFirstMeter, "mains"));
    reading::Reading own;
    own.time = kSummerEnds + std::chrono::hours(25) + std::chrono::minutes(5);
    ASSERT_TRUE(store.append({.readings = {&own, 1}}));
  }
  const auto done = bring_in(each_ten_minutes(kSummerEnds, 3 * 144 + 6));
  ASSERT_TRUE(done);
  EXPECT_EQ(done->brought, 432U + 6 - 144);
  EXPECT_EQ(done->both, std::vector{kSummerEnds + std::chrono::hours(25)});
}

TEST_F(Imports, OfASourceThatIsWrongAtItsBeginTouchNothing) {
  const auto wrong = look_into(std::make_unique<MemorySource>(
      each_ten_minutes(kSummerEnds, 5), Error{Code::invalid, "t.csv:7: no number"}));
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().what, "t.csv:7: no number; nothing was changed");
  EXPECT_EQ(look_into(std::make_unique<MemorySource>(std::vector<reading::Reading>{})).error().code,
            Code::not_found);

  const auto good = look_into(std::make_unique<MemorySource>(each_ten_minutes(kSummerEnds, 2500)));
  ASSERT_TRUE(good);
  const auto all = all_of(**good);
  ASSERT_EQ(all.size(), 2500U) << "what was looked at comes too";
  EXPECT_TRUE(std::ranges::is_sorted(all, {}, &reading::Reading::time));
}

}  // namespace
}  // namespace fithome::imports
