// SPDX-License-Identifier: MIT
//
// An event as JSON, the same wherever it is told.
//
// Threads: pure
// Source:  docs/api.md, /api/v1/events
#pragma once

#include "api/json.h"
#include "api/live.h"

namespace fithome::api {

/// Keys and values of an event, for an object that is open; whose it is, where there are several.
void write_event(JsonWriter& out, const Status& status, const store::Event& event);

}  // namespace fithome::api
