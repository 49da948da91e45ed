// SPDX-License-Identifier: MIT
//
// The operations on the meter that a daemon offers at its control socket.
//
// Shape:   ping         {} -> {"pid","version"}
//          chip.read    {"registers":["UgainA","0x61",97]} -> {"registers":[{"address","name",
//                       "word"}]}, in the order asked for; never one that reading clears
//          chip.dump    {} -> the same of all registers that can be read without harm
//          samples      {"count":10} -> the next polls, a line each, as app/poll_json.h has them
// Threads: each operation waits on the thread of its connection; the sampler does the errands
#pragma once

#include "app/control.h"
#include "app/errands.h"
#include "app/sample_feed.h"

namespace fithome::app {

/// `errands` and `feed` must outlive the server.
void add_meter_operations(Operations& operations, Errands& errands, SampleFeed& feed);

}  // namespace fithome::app
