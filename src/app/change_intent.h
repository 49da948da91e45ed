// SPDX-License-Identifier: MIT
//
// A note beside the store, there only while a chip's settings are being changed: what they were and
// what they are to be. Whoever comes after a killed process knows by it what the chip may hold.
//
// Shape:   DATA/calibration-N.pending of meter N, {"before":{...},"after":{...}} as
// meter_settings.h has them Threads: who holds the store's lock; one at a time
#pragma once

#include <filesystem>
#include <optional>
#include <utility>

#include "app/meter_settings.h"

namespace fithome::app {

class ChangeIntent {
 public:
  /// On disk when it returns.
  static Result<ChangeIntent> note(const std::filesystem::path& data, store::MeterId meter,
                                   const MeterSettings& before, const MeterSettings& after);
  /// The note goes with it, unless it is kept: where the chip was left half changed.
  ~ChangeIntent();
  void keep() { file_.clear(); }
  ChangeIntent(ChangeIntent&& other) noexcept : file_(std::exchange(other.file_, {})) {}
  ChangeIntent& operator=(ChangeIntent&&) = delete;

 private:
  explicit ChangeIntent(std::filesystem::path file) : file_(std::move(file)) {}
  std::filesystem::path file_;
};

/// The one of the two settings of a note that was left behind which is not `wanted`; nothing where
/// there is no note, or none that can be read.
std::optional<MeterSettings> left_behind(const std::filesystem::path& data, store::MeterId meter,
                                         const MeterSettings& wanted);

}  // namespace fithome::app
