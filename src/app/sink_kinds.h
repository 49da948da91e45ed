// SPDX-License-Identifier: MIT
//
// Which sinks a configuration asks for, and how each is made. A new kind has its place here.
//
// Flow:    Config -> SinkKind -> sinks::Sink
// Threads: any
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/config.h"
#include "sinks/sink.h"

namespace fithome::app {

/// What a sink must know of the store it is fed from.
struct SinkSource {
  std::string site;
  std::vector<store::Meter> meters;
};

struct SinkKind {
  std::string name;    // "mongodb": of its cursor, its fault and in commands
  std::string target;  // for people; no secret
  bool time_in_key;    // sinks::Sink::time_in_key()
  std::function<Result<std::unique_ptr<sinks::Sink>>(const SinkSource&)> make;
};

/// In the order in which they are shown; none where none is configured.
std::vector<SinkKind> configured_sinks(const Config& config);

/// Errors: not_found - no sink of that name is configured; says which are
Result<SinkKind> configured_sink(const Config& config, const std::string& name);

}  // namespace fithome::app
