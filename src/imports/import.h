// SPDX-License-Identifier: MIT
//
// Readings of another program become readings of a meter here.
//
// Flow:    Source -> days (local ones) -> Store::append, a day at once, flagged `imported`
// Promise: broken off and begun again it goes on, and begun again when done it adds nothing. A day
//          that holds readings measured here is left as it is, and told of. Of a source that is
//          wrong at its begin nothing comes into the store; of one that is wrong further on, what
//          stands before that
// Errors:  those of the source and of the store
// Threads: one
// Source:  docs/import.md
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "imports/source.h"
#include "store/store.h"

namespace fithome::imports {

struct Imported {
  std::uint64_t brought = 0;  // readings
  std::uint64_t there = 0;    // were there already
  std::vector<UtcTime> both;  // begins of days that were left as they are
  std::string left_out;       // Source::left_out()
};

struct Progress {
  double done = 0;  // 0 to 1
  std::uint64_t readings = 0;
};
using Watch = std::function<void(const Progress&)>;

/// The same source, once its first thousand readings were seen to be good.
/// Errors: those of the source; not_found - it has no reading at all
Result<std::unique_ptr<Source>> look_into(std::unique_ptr<Source> source);

/// Brings in all there is, as of `meter`; on the disk when it returns. `reader` is of the same
/// store.
Result<Imported> import_readings(Source& source, store::Store& store, const store::Reader& reader,
                                 store::MeterId meter, const Watch& watch);

}  // namespace fithome::imports
