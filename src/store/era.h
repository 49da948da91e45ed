// SPDX-License-Identifier: MIT
//
// The era in the store, and the moving of its stamps. For store.cc and reader.cc.
//
// Shape:   meta('era') is "BOOT OFFSET_MS FIRST_MS BEFORE_MS TRUST", "-" where there is none before
// Threads: pure, but for the connection handed in
// Source:  docs/store-format.md, docs/clock.md
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "store/sqlite.h"
#include "store/store.h"

namespace fithome::store {

std::string to_text(const Era& era);
/// Nothing where the text is none of ours: then there is no era to go on with.
std::optional<Era> parse_era(std::string_view text);

Result<std::optional<Era>> read_era(const Database& db);
Result<void> write_era(const Database& db, const Era& era);

/// Inside a transaction. Rows move only where the store's era is the one that the restamp is of: so
/// done twice it does nothing twice.
Result<void> restamp(const Database& db, const Restamp& restamp);

}  // namespace fithome::store
