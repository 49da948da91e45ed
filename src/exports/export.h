// SPDX-License-Identifier: MIT
//
// An export from beginning to end: all of it in its place, or nothing changed.
//
// Flow:    Request -> a format -> PartFile -> the file
// Errors:  as Frames; invalid - where it cannot be written; transient - disk full, stopped
// Threads: one; any number at once, each with a Reader of its own
#pragma once

#include "exports/formats.h"

namespace fithome::exports {

struct Exported {
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;  // on disk
  std::vector<store::BadBlock> left_out = {};
};

Result<Exported> run_export(const store::Reader& reader, const Request& request,
                            const std::filesystem::path& place, const Watch& watch);

}  // namespace fithome::exports
