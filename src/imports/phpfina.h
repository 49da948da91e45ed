// SPDX-License-Identifier: MIT
//
// Feeds of emoncms as its engine PHPFina keeps them: N.meta and N.dat in a folder.
//
// Shape:   N.meta: four 32-bit numbers without sign, little-endian: 0, 0 (once the number of
//          points), interval in seconds, begin in Unix seconds. N.dat: points as 32-bit IEEE
//          floats, little-endian; NaN: absent. A point stands at begin + index x interval
//          A reading holds what all the feeds have at its instant; their intervals may differ
// Errors:  not_found - no such folder; invalid - no such feed or channel; corrupt - a meta that is
//          none, a point beyond the channel's range
// Threads: one
// Source:  emoncms, Modules/feed/engine/PHPFina.php
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "imports/source.h"

namespace fithome::imports {

struct PhpfinaOptions {
  std::filesystem::path folder = {};
  std::string feeds = {};  // "p=1,u_a=3,q=4*-1": a channel, its feed, a factor
};

Result<std::unique_ptr<Source>> phpfina_source(const PhpfinaOptions& options);

struct FeedMeta {
  std::chrono::seconds interval{};
  UtcTime begin{};  // 1970: there is no point yet
};

/// Errors: corrupt - what is wrong, without the file's name
Result<FeedMeta> parse_meta(std::span<const std::byte> bytes);

}  // namespace fithome::imports
