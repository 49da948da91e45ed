// SPDX-License-Identifier: MIT
//
// Asks the daemon that keeps a data directory for something only it can do (app/control.h).
//
// Use:     ask_daemon(config.data, {{"op", "chip.read"}, {"registers", {"UgainA"}}}, {}, take)
// Errors:  not_found - no daemon runs there; invalid - it may not be asked by this user, or as the
//          daemon says; transient - it stopped, said nothing for too long, or as it says
// Threads: any
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <stop_token>
#include <string_view>

#include "app/control.h"
#include "base/clock.h"
#include "base/result.h"

namespace fithome::app {

/// The same request about the meter of that name; empty: about the first.
Json about_meter(Json request, const std::string& meter);

struct Asking {
  Nanoseconds patience = std::chrono::seconds(20);  // for each line of the answer
  std::stop_token stop = {};                        // ends it, as if all had been answered
};

/// Calls `take` for each line of data, until the end or until it says false.
Result<void> ask_daemon(const std::filesystem::path& data, const Json& request,
                        const Asking& asking, const std::function<bool(const Json&)>& take);
/// The first line of data. Errors also: corrupt - there was none
Result<Json> ask_daemon(const std::filesystem::path& data, const Json& request,
                        const Asking& asking = {});

/// Whether a daemon listens there; an error that is not not_found where that cannot be known.
Result<bool> daemon_listens(const std::filesystem::path& data);

/// What a line of an answer says: its data, or nothing at the end. Errors: what the daemon said, or
/// corrupt - no such line
Result<std::optional<Json>> parse_answer(std::string_view line);

}  // namespace fithome::app
