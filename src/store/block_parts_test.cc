// SPDX-License-Identifier: MIT
//
// The parts of the block codec, each for itself.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>

#include "store/block_test_support.h"
#include "store/byte_reader.h"
#include "store/column_order.h"
#include "store/crc32.h"
#include "store/naive_block.h"
#include "store/predict.h"
#include "store/presence.h"
#include "store/relation.h"
#include "store/rice.h"

namespace fithome::store {
namespace {

constexpr auto kLeast = std::numeric_limits<std::int32_t>::min();
constexpr auto kMost = std::numeric_limits<std::int32_t>::max();

std::vector<std::byte> as_bytes(std::string_view text) {
  std::vector<std::byte> bytes;
  for (const char letter : text) bytes.push_back(static_cast<std::byte>(letter));
  return bytes;
}

std::vector<std::uint32_t> any_residuals(std::uint64_t seed) {
  AnyReadings dice(seed);
  std::vector<std::uint32_t> numbers;
  for (const std::int32_t number : dice.numbers(1 + dice.below(300))) {
    numbers.push_back(zigzag(number));
  }
  return numbers;
}

TEST(Crc32, IsThatOfZip) {
  EXPECT_EQ(crc32(as_bytes("123456789")), 0xCBF43926U);
  EXPECT_EQ(crc32({}), 0U);
}

TEST(Crc32, GoesOnFromPieceToPieceAndIsThatOfTheNaiveOne) {
  const auto bytes = as_bytes("a line that carries current but shows no voltage");

  for (std::size_t at = 0; at <= bytes.size(); ++at) {
    const auto all = std::span(bytes);
    EXPECT_EQ(crc32(all.subspan(at), crc32(all.first(at))), naive::crc(bytes));
  }
}

TEST(Rice, GivesBackAnyNumbers) {
  EXPECT_TRUE(rc::check([](std::uint64_t seed) {
    const auto numbers = any_residuals(seed);
    std::vector<std::byte> bytes{std::byte{7}};
    append_rice(numbers, bytes);
    std::vector<std::uint32_t> back(numbers.size(), 99);
    RC_ASSERT(read_rice(std::span(bytes).subspan(1), back).empty());
    RC_ASSERT(back == numbers);
  }));
}

TEST(Rice, TakesNeverMoreThanFourBytesANumberAndOneAGroup) {
  EXPECT_TRUE(rc::check([](std::uint64_t seed) {
    const auto numbers = any_residuals(seed);
    std::vector<std::byte> bytes;
    append_rice(numbers, bytes);
    RC_ASSERT(bytes.size() <= 4 * numbers.size() + (numbers.size() + 63) / 64 + 3);
  }));
}

TEST(Rice, CostsABitAGroupWhereNothingChanges) {
  const std::vector<std::uint32_t> zeros(3600);
  std::vector<std::byte> bytes;

  append_rice(zeros, bytes);

  EXPECT_EQ(bytes.size(), 8U);
}

TEST(Rice, IsNotWidenedByOneNumberThatStandsOut) {
  std::vector<std::uint32_t> numbers(64, 100);
  const auto usual = rice_bits(numbers);

  numbers[7] = 400'000;

  EXPECT_LE(rice_bits(numbers), usual + 17 + 32);
}

std::uint64_t bits_at_width(std::span<const std::uint32_t> group, int width) {
  std::uint64_t bits = 0;
  for (const std::uint32_t number : group) {
    const std::uint64_t quotient = width == 33 ? 0 : std::uint64_t{number} << 1 >> width;
    const std::uint64_t ones = width == 33 ? 0 : 1;
    bits += static_cast<std::uint64_t>(width) - 1 + (quotient < 16 ? quotient + ones : 17 + 32);
  }
  return bits;
}

/// Noise in which a few numbers stand out.
std::vector<std::uint32_t> noisy_group(std::uint64_t seed) {
  AnyReadings dice(seed);
  std::vector<std::uint32_t> group;
  const std::size_t noise = std::size_t{2} << dice.below(24);
  for (int n = 0; n < 64; ++n) {
    group.push_back(static_cast<std::uint32_t>((dice.below(noise) + dice.below(noise)) / 2));
    if (dice.below(30) == 0) group.back() = static_cast<std::uint32_t>(dice.any());
  }
  group[0] |= 1;  // a width of 0 is for nothing but zeros
  return group;
}

TEST(Rice, ChoosesTheBestWidthForNoiseInWhichAFewNumbersStandOut) {
  EXPECT_TRUE(rc::check([](std::uint64_t seed) {
    const auto group = noisy_group(seed);
    RC_ASSERT(rice_bits(group) == bits_at_width(group, naive::best_width(group)));
  }));
}

// The search gave up here, five widths in vain before the best.
TEST(Rice, ChoosesTheBestWidthHoweverFarDownItIs) {
  const auto group = noisy_group(8'758'270'178'420);
  EXPECT_EQ(rice_bits(group), bits_at_width(group, naive::best_width(group)));
}

TEST(Rice, SaysWhatIsWrongOrReadsTheSameNumberOfNumbers) {
  EXPECT_TRUE(rc::check([](std::vector<std::uint8_t> any) {
    std::vector<std::byte> bytes;
    for (const std::uint8_t byte : any) bytes.push_back(std::byte{byte});
    std::vector<std::uint32_t> numbers(any.size() * 3 + 1);
    (void)read_rice(bytes, numbers);  // sanitizers watch
  }));
}

TEST(Zigzag, IsItsOwnOpposite) {
  for (const std::int32_t number : {0, 1, -1, 5, -5, kLeast, kMost}) {
    EXPECT_EQ(unzigzag(zigzag(number)), number);
  }
  EXPECT_EQ(zigzag(-1), 1U);
  EXPECT_EQ(zigzag(kLeast), 0xFFFFFFFFU);
}

TEST(Predictors, RestoreAnySeries) {
  EXPECT_TRUE(rc::check([](std::uint64_t seed) {
    AnyReadings dice(seed);
    const auto series = dice.numbers(1 + dice.below(200));
    for (std::size_t n = 0; n < kPredictors; ++n) {
      std::vector<std::uint32_t> left(series.size() - 1);
      residuals(static_cast<Predictor>(n), series, left);
      std::vector<std::int32_t> back(series.size());
      back[0] = series[0];
      restore(static_cast<Predictor>(n), left, back);
      RC_ASSERT(back == series);
    }
  }));
}

TEST(Predictors, SayWhatTheyAreNamedFor) {
  const std::vector<std::int32_t> series{10, 13, 10, 14, 20, 0};
  const auto last_residual = [&](Predictor predictor) {
    std::vector<std::uint32_t> left(series.size() - 1);
    residuals(predictor, series, left);
    return unzigzag(left.back());
  };

  EXPECT_EQ(last_residual(Predictor::zero), 0);
  EXPECT_EQ(last_residual(Predictor::last), -20);
  EXPECT_EQ(last_residual(Predictor::mean2), -17);
  EXPECT_EQ(last_residual(Predictor::mean4), -14);
  EXPECT_EQ(last_residual(Predictor::linear), -26);
  // In sixteenths: 160 172 169 182.75->182 216.5->216, of which the nearest whole is 14.
  EXPECT_EQ(last_residual(Predictor::ewma4), -14);
}

TEST(Predictors, RoundDownBelowZero) {
  const std::vector<std::int32_t> series{-1, -2, 0};
  std::vector<std::uint32_t> left(2);

  residuals(Predictor::mean2, series, left);

  EXPECT_EQ(unzigzag(left[1]), 2);  // the mean is -1.5, rounded to -2
}

TEST(Root, IsTheGreatestWhoseSquareFits) {
  EXPECT_TRUE(rc::check([](std::uint64_t any, std::uint32_t guess, std::uint8_t shift) {
    const std::uint64_t square = (any >> 1) >> (shift % 63);
    const std::uint64_t root = root_of(square, guess);
    RC_ASSERT(root * root <= square);
    RC_ASSERT((root + 1) * (root + 1) > square);
  }));
  for (const std::uint32_t guess : {0U, 1U, 0x7FFFFFFFU, 0xFFFFFFFFU}) {
    EXPECT_EQ(root_of(std::uint64_t{1} << 63, guess), 3'037'000'499U);
    EXPECT_EQ(root_of((std::uint64_t{1} << 63) - 1, guess), 3'037'000'499U);
    EXPECT_EQ(root_of(24, guess), 4U);
    EXPECT_EQ(root_of(25, guess), 5U);
    EXPECT_EQ(root_of(0, guess), 0U);
  }
}

TEST(Ratio, IsRoundedAwayFromZeroAndIsNoneOfNothing) {
  EXPECT_EQ(ratio_of(1, 2), 500);
  EXPECT_EQ(ratio_of(1, 2000), 1);  // 0.5
  EXPECT_EQ(ratio_of(-1, 2000), -1);
  EXPECT_EQ(ratio_of(1, 2001), 0);
  EXPECT_EQ(ratio_of(kLeast, kMost), -1000);
  EXPECT_EQ(ratio_of(5, 0), 0);
  EXPECT_EQ(ratio_of(5, -3), 0);
}

TEST(Ratio, AndSumWrapAround) {
  EXPECT_EQ(ratio_of(kMost, 1), static_cast<std::int32_t>(1000U * 0x7FFFFFFFU));
  EXPECT_EQ(ratio_of(kLeast, 1), 0);  // -1000 * 2^31
  const std::vector<std::int32_t> a{kMost}, b{1};
  const std::array<std::span<const std::int32_t>, 2> operands{a, b};
  std::vector<std::int32_t> out(1);

  related(Relation::sum, operands, out);

  EXPECT_EQ(out[0], kLeast);
}

TEST(Presence, OfALineThatWasDeadForAWhileTakesAFewBytes) {
  std::vector<std::uint8_t> present(3600, 1);
  std::fill(present.begin() + 1000, present.begin() + 1600, std::uint8_t{0});
  std::vector<std::byte> bytes;

  append_presence(present, bytes);

  EXPECT_LE(bytes.size(), 8U);
}

TEST(Presence, OfAnySortIsReadBackInABitAReading) {
  EXPECT_TRUE(rc::check([](std::vector<bool> any) {
    RC_PRE(!any.empty());
    const std::vector<std::uint8_t> present(any.begin(), any.end());
    std::vector<std::byte> bytes;
    append_presence(present, bytes);
    RC_ASSERT(bytes.size() <= 1 + (present.size() + 7) / 8);
    std::vector<std::uint8_t> back(present.size(), 7);
    ByteReader reader(bytes);
    RC_ASSERT(read_presence(reader, back).empty());
    RC_ASSERT(back == present);
    RC_ASSERT(reader.rest().empty());
  }));
}

TEST(Varint, BeyondItsRangeIsRefused) {
  const auto refused = [](std::initializer_list<int> bytes) {
    std::vector<std::byte> all;
    for (const int byte : bytes) all.push_back(static_cast<std::byte>(byte));
    ByteReader reader(all);
    (void)reader.varint();
    return reader.failed();
  };

  EXPECT_FALSE(refused({0xFF, 0xFF, 0xFF, 0xFF, 0x0F}));
  EXPECT_TRUE(refused({0xFF, 0xFF, 0xFF, 0xFF, 0x1F}));
  EXPECT_TRUE(refused({0x80, 0x80, 0x80, 0x80, 0x80, 0x00}));
  EXPECT_TRUE(refused({0x80}));
  EXPECT_TRUE(refused({}));
}

TEST(ColumnOrder, HasEveryChannelOnceAndKinInFront) {
  std::array<bool, reading::kChannelCount> measured{};
  measured.fill(true);
  std::array<bool, reading::kChannelCount> stands{};

  for (const reading::ChannelId id : column_order()) {
    EXPECT_FALSE(stands[id]) << reading::kChannels[id].name;
    for (const Relative& relative : relatives(id, measured)) {
      for (const reading::ChannelId operand : relative.operands) EXPECT_TRUE(stands[operand]);
    }
    stands[id] = true;
  }

  EXPECT_EQ(std::ranges::count(stands, true), reading::kChannelCount);
}

TEST(ColumnOrder, LooksForNoKinThatIsNotMeasured) {
  const auto p = *reading::find_channel("p");
  std::array<bool, reading::kChannelCount> measured{};
  EXPECT_TRUE(relatives(p, measured).empty());

  measured[*reading::find_channel("p_c")] = true;

  ASSERT_EQ(relatives(p, measured).size(), 1U);
  EXPECT_EQ(relatives(p, measured)[0].operands.size(), 1U);
}

}  // namespace
}  // namespace fithome::store
