// SPDX-License-Identifier: MIT
//
// What is wrong with the installation while the meter runs: each sample looked at as it comes; what
// persists becomes a fault, with what to do about it.
//
// Flow:    chip::Sample -> DiagnosisWatch -> flags of the reading, Hub (faults)
// Shape:   a doubt is flagged at once, for a flag costs nothing; a fault waits until it has lasted,
//          and goes when all has been well for a while. Names of faults: docs/scenarios.md
// Threads: the sampler's only
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/hub.h"
#include "app/transformer_watch.h"
#include "base/time.h"
#include "chip/chip.h"
#include "reading/reading.h"

namespace fithome::app {

/// What to do where the chip is not heard.
constexpr std::string_view kCheckWires =
    "check the wires between Pi and meter, and the meter's supply; it is tried again by itself";

class DiagnosisWatch {
 public:
  /// The hub must outlive it.
  /// `meter`: its name in the hub, where there are several; one of several may be of a circuit that
  /// is often at rest.
  DiagnosisWatch(Hub& hub, const chip::ChipConfig& config, std::string meter = {})
      : hub_(hub), config_(config), meter_(std::move(meter)), transformers_(meter_.empty()) {}

  /// What is doubtful about this sample's reading.
  reading::Flags look(const chip::Sample& sample, UtcTime time);
  /// The chip is not itself and has to be configured again.
  void chip_lost(std::string_view cause, UtcTime time);
  void chip_back();
  /// A poll brought nothing, though the chip is there.
  void poll_failed(const Error& error, UtcTime time);
  void poll_succeeded();

 private:
  struct Lasting {
    std::string name;
    std::optional<UtcTime> since, well_since;
    bool shown = false;
  };
  struct Rule {
    std::string_view name;
    std::chrono::milliseconds after{};  // it must have lasted so long
    std::chrono::milliseconds until{};  // and then been well for so long
  };
  struct Words {
    std::string what, remedy;
  };
  static constexpr Rule unsteady() {
    return {"chip_unsteady", std::chrono::milliseconds(0), std::chrono::minutes(10)};
  }
  /// `words` is asked only where they are wanted.
  void put(const Rule& rule, bool now, UtcTime time, const std::function<Words()>& words);
  Lasting& lasting(std::string_view name);
  void look_at_mains(const chip::Sample& sample, UtcTime time);
  void look_at_transformers(const TransformerDoubts& doubts, UtcTime time);
  void look_at_energy(const chip::Sample& sample, UtcTime time);

  Hub& hub_;
  chip::ChipConfig config_;
  std::string meter_;
  TransformerWatch transformers_;
  std::vector<Lasting> lasting_;
  std::vector<UtcTime> losses_;  // of the chip, in the last ten minutes
};

}  // namespace fithome::app
