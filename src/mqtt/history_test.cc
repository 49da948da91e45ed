// SPDX-License-Identifier: MIT
#include "mqtt/history.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "api/fake_live.h"

namespace fithome::mqtt {
namespace {

using nlohmann::json;
using std::chrono::sys_days;

constexpr UtcTime kWhen{sys_days{std::chrono::year{2026} / 11 / 22}};

TEST(History, IsOfEachReadingWhatWasMeasuredAndItsNumber) {
  store::Numbered reading{.sequence = 41, .meter = 2, .reading = api::reading_at(kWhen, -1234.5)};
  reading.reading.flags |= bit(reading::Flag::late);
  const Message message = history_of(reading, "home/power", "0123456789ab");
  EXPECT_EQ(message.topic, "home/power/0123456789ab/2/history");
  EXPECT_EQ(json::parse(message.payload), (json{{"sequence", 41},
                                                {"time", "2026-11-22T00:00:00.000Z"},
                                                {"flags", {"simulated", "late"}},
                                                {"p", -1234.5},
                                                {"p_a", -617.25}}));
}

TEST(History, IsTheSameWhenItComesAgain) {
  const store::Numbered reading{.sequence = 1, .reading = api::reading_at(kWhen, 7)};
  const auto payload = [&] { return history_of(reading, "fithome", "0123456789ab").payload; };
  EXPECT_EQ(payload(), payload());
}

}  // namespace
}  // namespace fithome::mqtt
