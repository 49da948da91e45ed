// SPDX-License-Identifier: MIT
//
// Messages of text to and from a Home Assistant: a websocket, or in tests a pretended one.
//
// Errors:  transient - nobody answers, not in time, or the connection broke off
//          invalid   - what answers is no Home Assistant
// Threads: one; each call blocks
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace fithome::homeassistant {

class Wire {
 public:
  virtual ~Wire() = default;
  virtual Result<void> send(std::string_view message) = 0;
  /// The next whole message, however many frames it came in.
  virtual Result<std::string> receive() = 0;
};

/// Whether `url` is one that open_wire() takes: "http://HOST:PORT". There is no TLS.
/// Errors: invalid - what is wrong with it, and what to say instead
Result<void> check_url(std::string_view url);

/// To the websocket of the Home Assistant at `url`. Each call takes `patience` at most.
Result<std::unique_ptr<Wire>> open_wire(std::string_view url, std::chrono::milliseconds patience);

}  // namespace fithome::homeassistant
