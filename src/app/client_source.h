// SPDX-License-Identifier: MIT
//
// Where the command line gets its answers: a running daemon, or the store it left on the disk.
//
// Flow:    Source -> body of the API -> reports (client_reports.h) -> print_*.h, or --json as it is
// Shape:   both speak the API of docs/api.md: over HTTP, or by the API's own code in this process.
//          So JSON and CSV are the same from both.
// Errors:  as the API's; transient - nobody answers
// Threads: one
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "app/cli_options.h"
#include "app/config.h"
#include "base/result.h"

namespace fithome::app {

class Source {
 public:
  virtual ~Source() = default;
  /// The body that answers a GET of "/api/v1/now" and its like; an error where the status is one.
  virtual Result<std::string> get(const std::string& target) = 0;
  /// Calls `take` with the body of "/api/v1/now" for each new reading, until it says false or
  /// `stop` is asked for.
  virtual Result<void> watch(std::function<bool(std::string_view now)> take,
                             std::stop_token stop) = 0;
};

/// "http://127.0.0.1:8080" of the address a daemon listens at; all addresses become this machine.
std::string url_of(const Listen& listen);

/// A name as it may stand in an address: "solar%20panels".
std::string in_address(std::string_view name);

/// Errors: transient - nobody answers; unsupported - what answers is no fithome
Result<std::unique_ptr<Source>> open_daemon(const std::string& url);

/// Errors: not_found - there is no store; and those of store::Reader
Result<std::unique_ptr<Source>> open_store(const std::filesystem::path& data, const Config& config);

struct Chosen {
  std::unique_ptr<Source> source;
  std::string notice;  // for stderr: why it is not the one that was expected; empty: nothing to say
  bool daemon = false;
};

/// What --data and --url say; else the daemon of the configuration, else its data directory.
Result<Chosen> choose_source(const Where& where, const Config& config,
                             const Environment& environment);

}  // namespace fithome::app
