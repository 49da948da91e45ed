// SPDX-License-Identifier: MIT
//
// What reader.cc, scan.cc and rollup.cc share. For no other file.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <utility>

#include "store/block_table.h"
#include "store/schema.h"
#include "store/sqlite.h"
#include "store/stamp.h"
#include "store/store.h"
#include "store/unsealed.h"

namespace fithome::store {

struct Bounds {
  UtcTime first, last;
};

/// Errors: invalid - one that there is not
Result<void> check_channels(std::span<const reading::ChannelId> channels);

/// A read transaction, and the tail that goes with it.
class View {
 public:
  View(const Database& db, const Tail& tail) : db_(&db), tail_(&tail) {}
  View(View&& other) noexcept : db_(std::exchange(other.db_, nullptr)), tail_(other.tail_) {}
  View& operator=(View&&) = delete;
  ~View() {
    if (db_ != nullptr) (void)db_->execute("COMMIT");
  }
  const Tail& tail() const { return *tail_; }

 private:
  const Database* db_;
  const Tail* tail_;
};

struct Reader::Impl {
  std::filesystem::path file;
  Database db;
  mutable JournalReader journal;
  mutable Unsealed unsealed = {};  // kept, so that the next query reads on where it ends

  mutable BlockLoader blocks = {};

  /// What stands now, sealed and unsealed, as one: queries of the database see no later seal until
  /// the view is gone.
  Result<View> view() const;
  Result<std::optional<reading::Reading>> newest_sealed(MeterId meter) const;
  /// The earliest and latest reading, if there is any that may be in the range; of those that
  /// were let go, too, as long as roll-ups of them are there.
  Result<std::optional<Bounds>> bounds(const View& view, const Range& range) const;
};

}  // namespace fithome::store
