// SPDX-License-Identifier: MIT
//
// One function a format: it writes all that is asked for to `path`, in memory that does not grow
// with the time that it goes over. The request is within_store.
//
// Errors:  of Frames and Output; transient - `watch` said stop
// Threads: one
// Source:  docs/export.md; docs/decisions/0019-export.md
#pragma once

#include <filesystem>
#include <functional>

#include "exports/frames.h"

namespace fithome::exports {

/// Told how far an export is, after each hour of readings; false stops it.
using Watch = std::function<bool(const Progress&)>;

/// Text: `time` first, flags as words last. Times are local with their offset where `TZ` is not
/// UTC.
Result<Progress> write_csv(const store::Reader& reader, const Request& request,
                           const std::filesystem::path& path, const Watch& watch);
Result<Progress> write_csv_gz(const store::Reader& reader, const Request& request,
                              const std::filesystem::path& path, const Watch& watch);
/// For pandas.read_pickle: a DataFrame with an index in UTC.
Result<Progress> write_pandas(const store::Reader& reader, const Request& request,
                              const std::filesystem::path& path, const Watch& watch);
/// For numpy.load: `time` as datetime64[ms], columns as float64. Goes over the store once a column.
Result<Progress> write_npz(const store::Reader& reader, const Request& request,
                           const std::filesystem::path& path, const Watch& watch);
Result<Progress> write_parquet(const store::Reader& reader, const Request& request,
                               const std::filesystem::path& path, const Watch& watch);
/// A directory in NILMTK's CSV layout.
Result<Progress> write_nilmtk(const store::Reader& reader, const Request& request,
                              const std::filesystem::path& path, const Watch& watch);
/// Whether write_nilmtk() made it.
bool is_our_nilmtk(const std::filesystem::path& folder);

/// What all of them go through.
Result<Progress> each_frame(Frames& frames, const Watch& watch,
                            const std::function<Result<void>(const Frame&)>& take);

}  // namespace fithome::exports
