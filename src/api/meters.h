// SPDX-License-Identifier: MIT
//
// Which meter a request is about, and what the house of several is.
//
// Shape:   a house of one meter without a stated sum is answered as ever: nothing of this shows
// Threads: plain values
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/json.h"
#include "api/query.h"
#include "api/routes.h"

namespace fithome::api {

inline bool several(const Status& status) { return status.meters.size() > 1; }

/// What readings of the stated sum are asked for by; no meter of several is called so.
constexpr std::string_view kHouseName = "house";

/// All of them; made from the status where it names none.
std::vector<MeterStatus> meters_of(const Status& status);

/// The parameter `meter`: the place of that one, or nothing where none is asked for.
/// Errors: invalid - names those there are
Result<std::optional<std::size_t>> meter_asked(const Query& query,
                                               const std::vector<MeterStatus>& meters);

/// Whether a meter that measures these lines has the channel: those of the whole, and of its lines.
bool in_use(const std::vector<bool>& lines, reading::ChannelId channel);
/// All of those, in the order of the channel table.
std::vector<reading::ChannelId> channels_in_use(const std::vector<bool>& lines);

/// The house's power by the stated sum: nothing unless all its meters read at one instant.
std::optional<Watts> house_power(const Status& status, const std::vector<Latest>& latest);

/// "house": what it is the sum of, its power, and which meters it lacks.
void write_house_now(JsonWriter& out, const Status& status, const std::vector<Latest>& latest);

}  // namespace fithome::api
