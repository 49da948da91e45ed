// SPDX-License-Identifier: MIT
//
// `fithome watch`: each new reading as it comes, until Ctrl-C or the end of --for.
//
// Threads: main; one of its own waits for the signal or the end
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string_view>

#include "app/client_source.h"
#include "app/print_text.h"

namespace fithome::app {

struct Screen {
  bool whole = false;  // a terminal: draw over the last reading
  Style style;
};

/// Until `stop`, with the text of each reading to `write`. The terminal is left as it was found.
/// `meter`: only that one; empty: all.
Result<void> watch_readings(Source& source, const Screen& screen, const std::string& meter,
                            std::stop_token stop, std::function<void(std::string_view)> write);

/// Runs `body` with a token that SIGINT, SIGTERM or the end of `duration` stops.
Result<void> until_told(std::optional<std::chrono::milliseconds> duration,
                        std::function<Result<void>(std::stop_token)> body);

}  // namespace fithome::app
