// SPDX-License-Identifier: MIT
//
// What a store knew when the daemon came: each meter's history, the house's, and what had not
// ended.
//
// Flow:    store::Reader, configuration -> Past, SamplerConfig; events of what is new -> HandOver
// Errors:  invalid - readings of another kind of house; and those of the store
// Threads: main, before any other begins
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "app/config.h"
#include "app/hand_over.h"
#include "app/heartbeat.h"
#include "app/sampler.h"
#include "store/store.h"

namespace fithome::app {

/// What the store knew of a meter when we came.
struct Past {
  store::MeterId id = store::kFirstMeter;
  reading::Ledger ledger;
  std::optional<UtcTime> newest;
  std::optional<store::Calibration> calibration;
};

/// Simulated readings and real ones never share a store.
Result<void> never_mixed(const store::Reader& reader, const std::filesystem::path& data,
                         bool simulated);

/// Finds each meter's history, and writes down what is new about their names.
Result<std::vector<Past>> pasts_of(store::Store& store, const store::Reader& reader,
                                   const Config& config, HandOver& to, UtcTime now);

/// The ledger of the sum that is the house, going on from what the store has of it.
Result<void> open_house(SamplerConfig& of, store::Store& store, const store::Reader& reader,
                        const Config& config, const std::vector<Past>& pasts, HandOver& to,
                        UtcTime now);

/// Whoever would have ended these was killed: they lasted as long as there was a sign of life.
Result<void> end_what_lasted(const store::Reader& reader, const std::vector<Past>& pasts,
                             const Absence& absence, HandOver& to);

}  // namespace fithome::app
