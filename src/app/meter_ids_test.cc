// SPDX-License-Identifier: MIT
#include "app/meter_ids.h"

#include <gtest/gtest.h>

namespace fithome::app {
namespace {

using Ids = std::vector<store::MeterId>;

std::vector<MeterConfig> configured(std::initializer_list<const char*> names) {
  std::vector<MeterConfig> meters;
  for (const char* name : names) meters.emplace_back().name = name;
  return meters;
}

Ids ids(const std::vector<MeterConfig>& meters, const std::vector<store::Meter>& stored) {
  const auto found = meter_ids(meters, stored);
  return found ? found->ids : Ids{};
}

TEST(MeterIds, CountFromOneInANewStore) {
  const auto found = meter_ids(configured({"mains", "solar"}), {});

  EXPECT_EQ(found->ids, (Ids{1, 2}));
  ASSERT_EQ(found->changes.size(), 2u);
  EXPECT_EQ(found->changes[1].name, "solar");
  EXPECT_EQ(found->changes[1].what, "") << "nothing to tell of a store that begins";
}

TEST(MeterIds, StayWithTheNameInWhateverOrderTheMetersStand) {
  const std::vector<store::Meter> stored{{1, "mains"}, {2, "solar"}, {3, "car"}};

  EXPECT_EQ(ids(configured({"car", "mains", "solar"}), stored), (Ids{3, 1, 2}));
  EXPECT_TRUE(meter_ids(configured({"car", "mains", "solar"}), stored)->changes.empty());
}

TEST(MeterIds, AreNotGivenToAnotherMeterWhenOneLeaves) {
  const std::vector<store::Meter> stored{{1, "mains"}, {2, "solar"}};

  const auto found = meter_ids(configured({"mains", "car"}), stored);

  EXPECT_EQ(found->ids, (Ids{1, 3}));
  ASSERT_EQ(found->changes.size(), 1u);
  EXPECT_EQ(found->changes[0].what, "meter car is new; its history begins now");
  EXPECT_EQ(ids(configured({"mains", "solar"}), {{1, "mains"}, {2, "solar"}, {3, "car"}}),
            (Ids{1, 2}))
      << "and it finds its history when it comes back";
}

TEST(MeterIds, OfTheOneMeterOfAHouseStayWhateverItIsCalled) {
  EXPECT_EQ(ids(configured({"house"}), {{1, "mains"}}), Ids{1});
  EXPECT_EQ(ids(configured({"house"}), {{1, std::nullopt}}), Ids{1});
  EXPECT_EQ(ids(configured({"house"}), {{1, "mains"}, {2, "solar"}}), Ids{3});
}

TEST(MeterIds, AHistoryWithoutANameIsThatOfMainsElseOfTheFirst) {
  EXPECT_EQ(ids(configured({"solar", "mains"}), {{1, std::nullopt}}), (Ids{2, 1}));
  EXPECT_EQ(ids(configured({"solar", "car"}), {{1, std::nullopt}}), (Ids{1, 2}));
}

TEST(MeterIds, AHistoryIsTakenOverWhereTheConfigurationSaysSo) {
  auto meters = configured({"mains", "roof"});
  meters[1].formerly = "solar";

  const auto found = meter_ids(meters, {{1, "mains"}, {2, "solar"}});

  ASSERT_TRUE(found);
  EXPECT_EQ(found->ids, (Ids{1, 2}));
  EXPECT_EQ(found->changes.at(0).what, "meter solar is now called roof");
  EXPECT_EQ(ids(meters, {{1, "mains"}, {2, "roof"}}), (Ids{1, 2})) << "the line may stay";
  meters[1].formerly = "sollar";
  EXPECT_FALSE(meter_ids(meters, {{1, "mains"}, {2, "solar"}}));
}

}  // namespace
}  // namespace fithome::app
