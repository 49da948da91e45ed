// SPDX-License-Identifier: MIT
//
// MongoDB, as a module of its own: its driver is loaded only where the configuration names a
// server.
//
// Flow:    load_mongodb -> libfithome_mongodb.so -> MongodbModule -> a Sink, or a MongodbReader
// Errors:  not_found - the module is not installed, says which package has it
//          unsupported - it is of another fithome
//          invalid - an address that is none; transient - nobody answers
// Threads: a sink or reader is used by one thread; any number of them at once
// Source:  docs/mongodb.md, docs/decisions/0016-mongodb.md
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sinks/sink.h"

namespace fithome::sinks {

struct MongodbOptions {
  std::string uri;       // without the password
  std::string password;  // empty: none, or the URI's own
  std::string database = "FitHome";
  std::string collection = "aggregate";
  bool all_channels = false;  // not only Pa and Pr
  bool time_series = false;   // the collection is one, and made where it is missing
  std::string site;           // the store's UUID
  std::vector<store::Meter> meters;
};

/// A document as the original wrote it.
struct OldReading {
  UtcTime time{};
  std::optional<double> p, q;  // Pa and Pr
};

/// Goes through a collection in order of time.
class MongodbReader {
 public:
  virtual ~MongodbReader() = default;
  /// About how many documents there are.
  virtual Result<std::uint64_t> count() = 0;
  /// The next ones; none at the end.
  virtual Result<std::vector<OldReading>> next(std::size_t most) = 0;
  /// How many documents were no readings so far, and are left out.
  virtual std::uint64_t left_out() const = 0;
};

class MongodbModule {
 public:
  virtual ~MongodbModule() = default;
  virtual Result<std::unique_ptr<Sink>> sink(const MongodbOptions& options) = 0;
  virtual Result<std::unique_ptr<MongodbReader>> reader(const MongodbOptions& options) = 0;
};

/// Once loaded it stays. Looks beside the program, then in /usr/lib/fithome.
Result<MongodbModule*> load_mongodb(const std::string& version);

constexpr const char* kMongodbModule = "libfithome_mongodb.so";
constexpr const char* kMongodbEntry = "fithome_mongodb_module";
/// Null where `version` is not its own.
using MongodbEntry = MongodbModule* (*)(const char* version);

}  // namespace fithome::sinks
