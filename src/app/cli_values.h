// SPDX-License-Identifier: MIT
//
// What the options of the command line take, from their text.
//
// Flow:    text of an option -> value, or why it is none
// Errors:  invalid - what is wrong and what is possible instead
// Threads: pure functions
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "exports/request.h"

namespace fithome::app {

/// "10s", "1h": longer than nothing; a step is a second or longer.
Result<std::optional<std::chrono::milliseconds>> duration_of(const std::string& text);
Result<std::optional<std::chrono::milliseconds>> step_of(const std::string& text);
/// As parse_time takes it. Kept as text, for "now" may be a simulated house's.
Result<std::optional<std::string>> time_text(const std::string& text);
/// "max" is 0; else how many times as fast as a clock.
Result<std::optional<double>> speed_of(const std::string& text);
/// Names of channels, with commas.
Result<std::string> channels_of(const std::string& text);
/// "pandas", "csv.gz"
Result<std::optional<exports::Format>> export_format_of(const std::string& text);
/// "15m", "1d", "month"
Result<std::optional<exports::Every>> export_every_of(const std::string& text);
/// Names of channels or Pa and Pr, with commas; or "all".
Result<std::optional<std::string>> export_channels_of(const std::string& text);
/// "Europe/Berlin": one that this machine knows.
Result<std::optional<std::string>> timezone_of(const std::string& text);
/// Kinds of events, with commas.
Result<std::optional<std::string>> kinds_of(const std::string& text);
/// "127.0.0.1:8080"
Result<std::optional<std::string>> listen_of(const std::string& text);
/// "generated:7", "csv:FILE"
Result<std::optional<std::string>> house_of(const std::string& text);
/// One character; "tab" is one too.
Result<std::optional<std::string>> separator_of(const std::string& text);
/// The same words as the configuration takes for the key at `path`.
std::function<Result<std::optional<std::string>>(const std::string&)> value_of(std::string path);

}  // namespace fithome::app
