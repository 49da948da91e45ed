// SPDX-License-Identifier: MIT
#include "store/predict.h"

#include "store/rice.h"

namespace fithome::store {
namespace {

// A predictor is begun with the first number; next() says what follows, take() hears what did.

struct ZeroPredictor {
  explicit ZeroPredictor(std::int32_t) {}
  std::int32_t next() const { return 0; }
  void take(std::int32_t) {}
};

struct LastPredictor {
  explicit LastPredictor(std::int32_t first) : last(first) {}
  std::int32_t next() const { return last; }
  void take(std::int32_t number) { last = number; }
  std::int32_t last;
};

struct LinearPredictor {
  explicit LinearPredictor(std::int32_t first) : last(first), before(first) {}
  std::int32_t next() const { return wrapped_sum(last, wrapped_difference(last, before)); }
  void take(std::int32_t number) {
    before = last;
    last = number;
  }
  std::int32_t last, before;
};

struct Mean2Predictor {
  explicit Mean2Predictor(std::int32_t first) : last(first), before(first) {}
  std::int32_t next() const { return static_cast<std::int32_t>((last + before) >> 1); }
  void take(std::int32_t number) {
    before = last;
    last = number;
  }
  std::int64_t last, before;
};

struct Mean4Predictor {
  explicit Mean4Predictor(std::int32_t first)
      : numbers{first, first, first, first}, sum(4 * std::int64_t{first}) {}
  std::int32_t next() const { return static_cast<std::int32_t>(sum >> 2); }
  void take(std::int32_t number) {
    sum += number - numbers[0];
    numbers[0] = numbers[1];
    numbers[1] = numbers[2];
    numbers[2] = numbers[3];
    numbers[3] = number;
  }
  std::int64_t numbers[4];  // the oldest first
  std::int64_t sum;
};

// The mean is kept in sixteenths, in steps that are rounded down.
struct Ewma4Predictor {
  explicit Ewma4Predictor(std::int32_t first) : mean(16 * std::int64_t{first}) {}
  std::int32_t next() const { return static_cast<std::int32_t>((mean + 8) >> 4); }
  void take(std::int32_t number) { mean += (16 * std::int64_t{number} - mean) >> 2; }
  std::int64_t mean;
};

template <class Model>
void residuals_of(std::span<const std::int32_t> series, std::span<std::uint32_t> out) {
  Model model(series[0]);
  for (std::size_t n = 1; n < series.size(); ++n) {
    out[n - 1] = zigzag(wrapped_difference(series[n], model.next()));
    model.take(series[n]);
  }
}

template <class Model>
void restore_by(std::span<const std::uint32_t> residuals, std::span<std::int32_t> series) {
  Model model(series[0]);
  for (std::size_t n = 1; n < series.size(); ++n) {
    series[n] = wrapped_sum(unzigzag(residuals[n - 1]), model.next());
    model.take(series[n]);
  }
}

template <class Visit>
void with_model(Predictor predictor, Visit visit) {
  switch (predictor) {
    case Predictor::zero:
      return visit.template operator()<ZeroPredictor>();
    case Predictor::last:
      return visit.template operator()<LastPredictor>();
    case Predictor::mean2:
      return visit.template operator()<Mean2Predictor>();
    case Predictor::mean4:
      return visit.template operator()<Mean4Predictor>();
    case Predictor::linear:
      return visit.template operator()<LinearPredictor>();
    case Predictor::ewma4:
      return visit.template operator()<Ewma4Predictor>();
  }
}

}  // namespace

void residuals(Predictor predictor, std::span<const std::int32_t> series,
               std::span<std::uint32_t> out) {
  with_model(predictor, [&]<class Model>() { residuals_of<Model>(series, out); });
}

void restore(Predictor predictor, std::span<const std::uint32_t> residuals,
             std::span<std::int32_t> series) {
  with_model(predictor, [&]<class Model>() { restore_by<Model>(residuals, series); });
}

}  // namespace fithome::store
