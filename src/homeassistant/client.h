// SPDX-License-Identifier: MIT
//
// What is asked of a Home Assistant, and what it answers: its websocket API.
//
// Flow:    Wire -> log in -> Client -> statistics of hours, there and back
// Errors:  invalid     - it refused the token, or what is asked; what answers is no Home Assistant
//          unsupported - it is too old, or keeps no history (recorder)
//          transient   - those of Wire
//          No message has the token
// Threads: one; each call blocks
// Source:  developers.home-assistant.io, "WebSocket API"; docs/home-assistant.md
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "homeassistant/statistics.h"
#include "homeassistant/wire.h"

namespace fithome::homeassistant {

class Client {
 public:
  static Result<Client> log_in(std::unique_ptr<Wire> wire, const std::string& token);

  /// "2026.11.0"
  const std::string& version() const { return version_; }

  /// The hours it has that begin in [from, to), in order.
  Result<std::vector<Hour>> hours(const Statistic& statistic, UtcTime from, UtcTime to);
  /// Those of its own that it keeps of our sensors, where it keeps any: of `of`, with its ids. One
  /// that it keeps in another unit than kWh is left out.
  Result<std::vector<Statistic>> sensors(std::span<const Statistic> of);
  /// Hours that it has are overwritten. It has them a little later, for it writes by itself.
  Result<void> import(const Statistic& statistic, std::span<const Hour> hours);

 private:
  explicit Client(std::unique_ptr<Wire> wire) : wire_(std::move(wire)) {}
  Result<nlohmann::json> receive();
  /// `request` without its id; what its result holds.
  Result<nlohmann::json> ask(nlohmann::json request);
  /// Whether it is of that month or later, as far as its version tells.
  bool since(int year, int month) const;

  std::unique_ptr<Wire> wire_;
  std::string version_;
  int last_id_ = 0;
};

}  // namespace fithome::homeassistant
