// SPDX-License-Identifier: MIT
//
// What each address answers; for Routes only.
//
// Threads: pure functions of their source, the store and the clock
#pragma once

#include "api/event_json.h"
#include "api/http.h"
#include "api/json.h"
#include "api/query.h"
#include "api/routes.h"

namespace fithome::api {

Response now_answer(const Source& source, const Query& query);
Response status_answer(const Source& source, const Query& query);
Response channels_answer(const Source& source, const Query& query);
Response energy_answer(const Source& source, const Query& query);
Response events_answer(const Source& source, const Query& query);
Response sinks_answer(const Source& source, const Query& query);
Response readings_answer(const Source& source, const Query& query);
Response metrics_answer(const Source& source, const Query& query, std::string_view accept);
Response export_answer(const Source& source, std::string_view name, const Query& query,
                       const Request& request);
/// Nothing where no file of the page has that path.
std::optional<Response> asset_answer(std::string_view path, const Request& request);

/// The object of /api/v1/now on one line; nothing before the first reading.
std::optional<std::string> now_object(const Source& source);

/// When the newest reading of any meter was taken.
std::optional<UtcTime> newest_time(const std::vector<Latest>& latest);

/// "a", "b", "c".
std::string_view line_name(std::size_t line);
/// Whether any reading of this house has the channel: those of the house, and of lines in use.
bool in_use(const Status& status, reading::ChannelId channel);

}  // namespace fithome::api
