// SPDX-License-Identifier: MIT
//
// The chip's watch over its own configuration: a CRC over 0x00..0x6F, one pass every 14 ms.
//
// Shape:   the first pass after the lock gives the golden digest; a change behind the driver's back
//          is seen at the end of the first whole pass after it, 14 to 28 ms later
// Source:  datasheet 5.2.1. Seed and word order are not published: the digest is the simulator's
// own Threads: one at a time
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "sim/register_file.h"

namespace fithome::sim {

class ConfigCrc {
 public:
  using Config = std::span<const std::uint16_t, kConfigEnd>;

  void lock(Monotonic now);
  void unlock();
  /// Something other than the driver changed a register.
  void config_changed(Monotonic now);
  /// As written by the driver itself, in golden-CRC mode.
  void set_golden(std::uint16_t digest, Monotonic now);

  void update(Monotonic now, Config config);
  bool error() const { return error_; }
  std::uint16_t digest() const { return digest_; }

 private:
  std::optional<Monotonic> locked_at_;
  std::optional<Monotonic> check_at_;  // when the pass that sees the change is over
  std::optional<std::uint16_t> golden_;
  std::uint16_t digest_ = 0;
  bool error_ = false;
};

}  // namespace fithome::sim
