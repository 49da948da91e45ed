// SPDX-License-Identifier: MIT
#include "imports/mongodb.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace fithome::imports {
namespace {

reading::Reading reading_of(const sinks::OldReading& old) {
  reading::Reading reading{.time = old.time, .flags = 0, .steps = {}};
  using reading::Quantity;
  if (old.p) reading.set(reading::house_channel(Quantity::active_power), *old.p);
  if (old.q) reading.set(reading::house_channel(Quantity::reactive_power), *old.q);
  return reading;
}

class MongodbSource final : public Source {
 public:
  MongodbSource(std::unique_ptr<sinks::MongodbReader> reader, std::uint64_t expected)
      : reader_(std::move(reader)), expected_(std::max<std::uint64_t>(expected, 1)) {}

  Result<std::vector<reading::Reading>> next(std::size_t most) override {
    FITHOME_TRY(const auto some, reader_->next(most));
    std::vector<reading::Reading> found(some.size());
    std::ranges::transform(some, found.begin(), reading_of);
    seen_ += some.size();
    return found;
  }
  double done() const override {
    return std::min(1.0, static_cast<double>(seen_) / static_cast<double>(expected_));
  }
  std::string left_out() const override {
    if (reader_->left_out() == 0) return {};
    return fmt::format("{} documents that are no readings: no ObjectId, or neither Pa nor Pr",
                       reader_->left_out());
  }

 private:
  std::unique_ptr<sinks::MongodbReader> reader_;
  std::uint64_t expected_, seen_ = 0;
};

}  // namespace

Result<std::unique_ptr<Source>> mongodb_source(std::unique_ptr<sinks::MongodbReader> reader) {
  FITHOME_TRY(const std::uint64_t expected, reader->count());
  return std::unique_ptr<Source>(std::make_unique<MongodbSource>(std::move(reader), expected));
}

}  // namespace fithome::imports
