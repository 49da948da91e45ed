// SPDX-License-Identifier: MIT
//
// Other programs that keep measurements, on the readings of bench/store: InfluxDB 1.x and RRDtool,
// where they are installed. Each is a process of its own; what it costs is asked of the kernel.
//
// Threads: one
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "reading/reading.h"

namespace fithome::bench {

class Peer {
 public:
  virtual ~Peer() = default;
  virtual std::string name() const = 0;
  /// On the disk when it returns, once in so many times.
  virtual void keep(const reading::Reading& reading) = 0;
  /// Writes down what it may still hold in memory alone.
  virtual void settle() = 0;
  /// Of itself, so far.
  virtual double cpu_seconds() const = 0;
  virtual double most_memory_mb() const = 0;
  /// How many rows the answer has. Power of the house, active and reactive, from a second on.
  virtual std::size_t ask_two(std::int64_t from) = 0;
  /// Least, mean and greatest active power in steps of so many seconds.
  virtual std::size_t ask_steps(std::int64_t from, std::int64_t step) = 0;
  /// All channels.
  virtual std::size_t ask_all() = 0;
};

/// Begin in directories that are empty or hold so many days already, for readings that have these
/// channels; nothing where the program is not installed. On the disk once in `at_once` readings.
std::unique_ptr<Peer> influxdb(const std::filesystem::path& folder,
                               std::vector<reading::ChannelId> channels, std::int64_t at_once,
                               std::int64_t days);
/// Its coarse archives have steps of `step` seconds.
std::unique_ptr<Peer> rrdtool(const std::filesystem::path& folder,
                              std::vector<reading::ChannelId> channels, std::int64_t at_once,
                              std::int64_t days, std::int64_t step);

}  // namespace fithome::bench
