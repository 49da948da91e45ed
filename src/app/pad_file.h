// SPDX-License-Identifier: MIT
//
// The energy pad in a mapped file, so that a killed daemon leaves its counts to the next one.
//
// Shape:   DATA/energy.pad, or energy-N.pad of meter N, one page; good for the boot and the site it
// was made in, for after a
//          power cut its bytes may be of any age: then the ledger in the store goes before
// Threads: the sampler's only, once open
#pragma once

#include <filesystem>
#include <string_view>

#include "base/mapped_file.h"
#include "base/result.h"
#include "chip/energy.h"
#include "store/store.h"

namespace fithome::app {

/// Where a meter's is: energy.pad for the first, energy-2.pad for the second.
std::filesystem::path pad_path(const std::filesystem::path& data, store::MeterId meter);

class PadFile {
 public:
  /// `booked`: how far the stored ledger has come; a pad that is new, of another boot or site, or
  /// behind that, goes on from there.
  static Result<PadFile> open(const std::filesystem::path& path, std::string_view site,
                              const chip::EnergyCounters& booked);

  chip::EnergyPad& pad() const;

 private:
  explicit PadFile(MappedFile file) : file_(std::move(file)) {}
  MappedFile file_;
};

}  // namespace fithome::app
