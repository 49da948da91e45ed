// SPDX-License-Identifier: MIT
//
// Old readings are let go by whoever writes, on the word of a sure clock alone.
#include "app/writer.h"

#include <gtest/gtest.h>

#include "app/test_noon.h"
#include "store/test_support.h"

namespace fithome::app {
namespace {

using namespace std::chrono_literals;
using store::Sequence;

constexpr std::chrono::days kKeep{7};
constexpr Sequence kHour = store::kChunkReadings;

// Three hours lie in the store; at noon two of them are older than a week.
class TheWriter : public testing::Test {
 protected:
  void SetUp() override {
    const UtcTime start = to_stamp(kNoon) - kKeep - 2h;
    for (Sequence hour = 0; hour < 3; ++hour) {
      std::vector<reading::Reading> readings;
      for (Sequence n = 1; n <= kHour; ++n) {
        readings.push_back(store::reading_of(hour * kHour + n, start));
      }
      ASSERT_TRUE(store_.append({.readings = readings}));
    }
  }
  /// A reading at noon comes.
  void write(reading::Flags flags, std::optional<std::chrono::days> keep) {
    reading::Reading reading = store::reading_of(1, to_stamp(kNoon));
    reading.flags = flags;
    Parcel parcel;
    parcel.add(store::kFirstMeter, reading, store::ledger_of(1, to_stamp(kNoon)));
    HandOver to(10);
    ASSERT_TRUE(to.give(parcel));
    to.close();
    Leds leds({});
    ManualClock clock(kNoon);
    Hub hub(clock, {});
    Writer(store_, to, hub, leds, 10s, keep).run({});
    EXPECT_TRUE(hub.healthy());
  }
  std::vector<store::Kept> kept() const {
    return store::read_all(store::open_reader(directory_.path()));
  }

  store::TemporaryDirectory directory_;
  store::Store store_ = store::open_store(directory_.path());
};

TEST_F(TheWriter, LetsReadingsGoThatAreOlderThanTheyAreKept) {
  write({}, kKeep);
  const auto left = kept();
  ASSERT_EQ(left.size(), kHour + 1);
  EXPECT_EQ(left.front().sequence, 2 * kHour + 1);
  EXPECT_EQ(left.front().reading.time, to_stamp(kNoon) - kKeep);
  EXPECT_EQ(left.back().reading.time, to_stamp(kNoon));
  const auto hours = store::open_reader(directory_.path()).rollup({}, 1h).value();
  ASSERT_EQ(hours.size(), 4U) << "what they came to stays";
  EXPECT_EQ(hours.front().readings, kHour);
}

TEST_F(TheWriter, KeepsAllOnTheWordOfAClockThatIsNotSure) {
  write(bit(reading::Flag::clock_unset), kKeep);
  EXPECT_EQ(kept().size(), 3 * kHour + 1);
  write(bit(reading::Flag::clock_unsynced), kKeep);
  EXPECT_EQ(kept().size(), 3 * kHour + 2);
}

TEST_F(TheWriter, KeepsAllUnlessToldHowLong) {
  write({}, {});
  EXPECT_EQ(kept().size(), 3 * kHour + 1);
}

}  // namespace
}  // namespace fithome::app
