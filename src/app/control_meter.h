// SPDX-License-Identifier: MIT
//
// The operations on the meter that a daemon offers at its control socket.
//
// Shape:   ping         {} -> {"pid","version","url"} (of the page)
//          chip.read    {"registers":["UgainA","0x61",97]} -> {"registers":[{"address","name",
//                       "word"}]}, in the order asked for; never one that reading clears
//          chip.dump    {} -> the same of all registers that can be read without harm
//          samples      {"count":10} -> the next polls, a line each, as app/poll_json.h has them
//          The last three are of the first meter, unless "meter" names another
// Threads: each operation waits on the thread of its connection; the sampler does the errands
#pragma once

#include <string>
#include <vector>

#include "app/control.h"
#include "app/errands.h"
#include "app/sample_feed.h"

namespace fithome::app {

/// `names`: of the meters, in the sampler's order. `url`: of the daemon's page. `errands` and
/// `feed` must outlive the server.
void add_meter_operations(Operations& operations, Errands& errands, SampleFeed& feed,
                          const std::vector<std::string>& names, std::string url);

/// The place of the meter that `request` names; the first where it names none.
Result<std::size_t> meter_asked(const Json& request, const std::vector<std::string>& names);

}  // namespace fithome::app
