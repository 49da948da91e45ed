// SPDX-License-Identifier: MIT
//
// Which predictor, and which kin: tried on samples, for trying all of a column costs more than
// writing it.
#include <algorithm>
#include <array>
#include <limits>

#include "store/dense.h"
#include "store/rice.h"

namespace fithome::store {
namespace {

// A sample is a group's length, and what a mean needs to forget how it was begun.
constexpr std::size_t kSamples = 6;
constexpr std::size_t kSampleLead = 16;
constexpr std::size_t kSampleSize = kSampleLead + 1 + kRiceGroup;

// Where two cost the same, the first is taken: the past alone is simplest; what kin leave over has
// most often no memory.
using Predictors = std::array<Predictor, kPredictors>;
constexpr Predictors kForThePast{Predictor::last,  Predictor::ewma4,  Predictor::mean4,
                                 Predictor::mean2, Predictor::linear, Predictor::zero};
constexpr Predictors kForKin{Predictor::zero,  Predictor::last,  Predictor::ewma4,
                             Predictor::mean4, Predictor::mean2, Predictor::linear};

class CodeChooser {
 public:
  explicit CodeChooser(const Dense& dense) : dense_(dense) {}

  void consider(const Kinship& kinship, const Predictors& predictors) {
    std::array<std::uint64_t, kPredictors> bits{};
    for_each_sample([&](std::size_t from, std::size_t size, std::size_t lead) {
      std::array<std::int32_t, kSampleSize> room;
      const auto series = std::span(room).first(size);
      dense_.differences(kinship, from, series);
      for (std::size_t n = 0; n < predictors.size(); ++n) {
        bits[n] += bits_of(predictors[n], series, lead);
      }
    });
    for (std::size_t n = 0; n < predictors.size(); ++n) {
      if (bits[n] >= best_bits_) continue;
      best_bits_ = bits[n];
      best = {.predictor = predictors[n], .kinship = kinship};
    }
  }

  ColumnCode best;

 private:
  static std::uint64_t bits_of(Predictor predictor, std::span<const std::int32_t> series,
                               std::size_t lead) {
    std::array<std::uint32_t, kSampleSize> room;
    const auto left = std::span(room).first(series.size() - 1);
    residuals(predictor, series, left);
    return rice_bits(left.subspan(lead));
  }

  // visit(from, size, lead): of a short column all, of a long one samples, evenly.
  template <class Visit>
  void for_each_sample(Visit visit) {
    const std::size_t size = dense_.size();
    if (size <= kSamples * kRiceGroup + kSampleSize) {
      for (std::size_t from = 0; from + 1 < size; from += kRiceGroup) {
        visit(from, std::min(size - from, kRiceGroup + 1), std::size_t{0});
      }
      return;
    }
    for (std::size_t n = 0; n < kSamples; ++n) {
      visit(n * (size - kSampleSize) / (kSamples - 1), kSampleSize, kSampleLead);
    }
  }

  const Dense& dense_;
  std::uint64_t best_bits_ = std::numeric_limits<std::uint64_t>::max();
};

}  // namespace

ColumnCode choose_code(const ColumnView& column, std::span<const Kinship> kin,
                       std::span<const ColumnView> columns) {
  const Dense dense(column, columns);
  CodeChooser chooser(dense);
  chooser.consider({}, kForThePast);
  for (const Kinship& kinship : kin) chooser.consider(kinship, kForKin);
  chooser.best.gaps = !column.present.empty();
  return chooser.best;
}

}  // namespace fithome::store
