// SPDX-License-Identifier: MIT
#include "imports/phpfina.h"

#include <bit>
#include <cmath>
#include <limits>

#include "imports/test_support.h"

namespace fithome::imports {
namespace {

using store::at;

std::string four_bytes(std::uint32_t value) {
  std::string bytes;
  for (int n = 0; n < 4; ++n) bytes += static_cast<char>(value >> (8 * n) & 255);
  return bytes;
}

std::string meta(std::uint32_t interval, std::uint32_t begin) {
  return four_bytes(0) + four_bytes(0) + four_bytes(interval) + four_bytes(begin);
}

std::string points(const std::vector<float>& values) {
  std::string bytes;
  for (const float value : values) bytes += four_bytes(std::bit_cast<std::uint32_t>(value));
  return bytes;
}

constexpr float kAbsent = std::numeric_limits<float>::quiet_NaN();
constexpr std::uint32_t kBegin = 1795348800;  // 2026-11-22 12:00 UTC

class Phpfina : public testing::Test {
 protected:
  void feed(const std::string& name, const std::string& head, const std::string& body) {
    write_file(folder_.path() / (name + ".meta"), head);
    write_file(folder_.path() / (name + ".dat"), body);
  }
  std::string refusal(const std::string& feeds) {
    const auto source = phpfina_source({folder_.path(), feeds});
    if (!source) return source.error().what;
    std::string error = "accepted";
    all_of(**source, &error);
    return error;
  }

  store::TemporaryDirectory folder_;
};

TEST_F(Phpfina, FeedsBecomeReadingsOfTheirInstants) {
  feed("1", meta(10, kBegin), points({230.1F, kAbsent, 229.9F}));
  feed("12", meta(20, kBegin - 20), points({1.5F, 2.5F, kAbsent, -3.25F}));

  const auto source = phpfina_source({folder_.path(), "u_a=1,p=12*1000"});
  ASSERT_TRUE(source) << source.error().what;
  const auto found = all_of(**source);

  ASSERT_EQ(found.size(), 4U);
  const UtcTime noon = at("2026-11-22T12:00:00Z");
  EXPECT_EQ(found[0].time, noon - std::chrono::seconds(20));
  EXPECT_EQ(found[0].value(id("p")), 1500);
  EXPECT_EQ(found[0].steps[id("u_a")], std::nullopt) << "this feed had not begun";
  EXPECT_EQ(found[1].time, noon);
  EXPECT_EQ(found[1].value(id("p")), 2500);
  EXPECT_EQ(found[1].steps[id("u_a")], 23010);
  EXPECT_EQ(found[2].time, noon + std::chrono::seconds(20));
  EXPECT_EQ(found[2].steps[id("p")], std::nullopt) << "NaN is absent";
  EXPECT_EQ(found[2].steps[id("u_a")], 22990);
  EXPECT_EQ(found[3].time, noon + std::chrono::seconds(40));
  EXPECT_EQ(found[3].value(id("p")), -3250);
}

TEST_F(Phpfina, MoreThanABufferOfPointsComesWhole) {
  std::vector<float> values(50'000, kAbsent);
  for (std::size_t n = 0; n < values.size(); n += 3) values[n] = static_cast<float>(n);
  feed("7", meta(1, kBegin), points(values));

  const auto source = phpfina_source({folder_.path(), "p=7"});
  ASSERT_TRUE(source) << source.error().what;
  const auto found = all_of(**source);

  ASSERT_EQ(found.size(), 16'667U);
  for (std::size_t n = 0; n < found.size(); ++n) {
    ASSERT_EQ(found[n].time, at("2026-11-22T12:00:00Z") + std::chrono::seconds(3 * n));
    ASSERT_EQ(found[n].value(id("p")), static_cast<double>(3 * n));
  }
}

TEST_F(Phpfina, HalfAPointAtTheEndIsLeftOutAndTold) {
  feed("1", meta(10, kBegin), points({1, 2}) + "\x01\x02");
  const auto source = phpfina_source({folder_.path(), "p=1"});
  ASSERT_TRUE(source) << source.error().what;
  EXPECT_EQ(all_of(**source).size(), 2U);
  EXPECT_EQ((*source)->left_out(),
            "half a point at the end of " + (folder_.path() / "1.dat").string());
}

TEST_F(Phpfina, AMetaThatIsNoneIsRefused) {
  const auto file = [&](const char* name) { return (folder_.path() / name).string(); };
  feed("1", meta(10, kBegin).substr(0, 11), points({1}));
  feed("2", meta(10, kBegin) + "x", points({1}));
  feed("3", meta(0, kBegin), points({1}));
  feed("4", meta(10, 0), points({1}));
  feed("5", meta(10, 0xFFFFFFF0), points({1}));
  feed("6", meta(0x7FFFFFFF, kBegin), points({1, 2, 3}));
  feed("7", meta(10, 0), "");

  EXPECT_EQ(refusal("p=1"),
            file("1.meta") + ": 11 bytes in place of 16; copy it again, or leave the feed out");
  EXPECT_EQ(refusal("p=2"), file("2.meta") +
                                ": more than 16 bytes in place of 16; copy it again, or leave the "
                                "feed out");
  EXPECT_EQ(refusal("p=3"),
            file("3.meta") + ": an interval of 0 s; copy it again, or leave the feed out");
  EXPECT_TRUE(refusal("p=4").starts_with(file("4.meta") + ": 1 points from 1970-01-01"));
  EXPECT_NE(refusal("p=5").find("which is not yet"), std::string::npos);
  EXPECT_NE(refusal("p=6").find("they do not belong together"), std::string::npos);
  EXPECT_EQ(refusal("p=7"), "accepted") << "a new feed has no points yet";

  std::filesystem::remove(folder_.path() / "7.dat");
  EXPECT_TRUE(
      refusal("p=7").starts_with(file("7.dat") + ": cannot be read; copy 7.meta and 7.dat"));
}

TEST_F(Phpfina, SaysWhichFeedsAndChannelsThereAre) {
  EXPECT_NE(refusal("p=1").find("no feed is in it"), std::string::npos);
  feed("10", meta(10, kBegin), "");
  feed("2", meta(10, kBegin), "");

  EXPECT_EQ(refusal("p=3"), "no feed \"3\"; the folder has \"2\", \"10\"");
  EXPECT_TRUE(refusal("power=2").starts_with("no channel \"power\"; there are p q s"));
  EXPECT_EQ(refusal("2"), "\"2\" names no feed; write p_a=FEED");
  EXPECT_EQ(phpfina_source({folder_.path() / "none", "p=1"}).error().code, Code::not_found);
}

TEST_F(Phpfina, APointBeyondAChannelsRangeIsNamed) {
  feed("1", meta(10, kBegin), points({1, 0x1p40F}));
  EXPECT_TRUE(
      refusal("p=1").starts_with((folder_.path() / "1.dat").string() +
                                 ": point 1, of 2026-11-22T12:00:10.000Z: 1099511627776 W is more "
                                 "than p can hold"))
      << refusal("p=1");
}

}  // namespace
}  // namespace fithome::imports
