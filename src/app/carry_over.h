// SPDX-License-Identifier: MIT
//
// Energy totals that go on where a copy of the store took the place of a newer one: the readings
// since the copy are gone, what flowed is not.
//
// Flow:    the store that was put aside -> its ledgers since the copy -> the store that came back
// Promise: no total falls. Where one there is less than in the copy, all of its meter stay as in
//          the copy
// Errors:  those of the stores; nothing is carried then, or the earlier part of it
// Threads: main; no daemon runs
#pragma once

#include <filesystem>
#include <vector>

#include "store/store.h"

namespace fithome::app {

struct Carried {
  store::MeterId meter = store::kFirstMeter;
  reading::Ledger before, now;
  bool lower = false;  // there, than in the copy: not carried
};

/// One for each meter of `aside` that went on since the copy, and the house; none where it is of
/// another site. The totals of each quarter of an hour come along, and an event that says so, of
/// the time at which the totals stood.
Result<std::vector<Carried>> carry_over(const std::filesystem::path& aside,
                                        const std::filesystem::path& data);

}  // namespace fithome::app
