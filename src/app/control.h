// SPDX-License-Identifier: MIT
//
// What a running daemon can be asked to do by those who are on the same machine and may: the words
// of the control socket. How they travel is control_server.h and control_client.h.
//
// Flow:    control_client -> DATA/control.sock -> ControlServer -> Operations -> Errands -> Sampler
// Shape:   a request is one JSON object in a line, {"op":"chip.read","registers":["UgainA"]}; it is
//          answered by lines of {"data":{...}} and ended by {"done":true} or
//          {"error":{"code":"invalid","what":"..."}}
// Use:     a new operation is one Operations::add; what needs the chip goes by Errands::run
// Errors:  those of the daemon arrive at the client as they were, with their Code
// Threads: add() before the server is opened; answer() any number at once
// Source:  docs/decisions/0010-control-socket.md
#pragma once

#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"

namespace fithome::app {

using Json = nlohmann::json;

/// Where an operation writes what it found.
class Reply {
 public:
  virtual ~Reply() = default;
  /// One line of the answer. Errors: transient - nobody listens any more: give up
  virtual Result<void> data(const Json& line) = 0;
};

/// Does one request; its own thread, so it may wait, but for `stop` too. Exceptions of Json (a
/// field of the wrong kind, say) may leave it: they become an answer of Code::invalid.
using Operation = std::function<Result<void>(const Json& request, Reply& reply, std::stop_token)>;

class Operations {
 public:
  void add(std::string name, Operation operation);
  /// Whatever `line` is, its answer; `write` takes one line of text without its end.
  Result<void> answer(std::string_view line, std::function<Result<void>(std::string_view)> write,
                      std::stop_token stop) const;

 private:
  Result<void> perform(std::string_view line, Reply& reply, std::stop_token stop) const;

  std::map<std::string, Operation, std::less<>> known_;
};

/// A field that must be there. Errors: invalid - it is not, or is of another kind
Result<std::string> text_field(const Json& request, std::string_view name);
/// A whole number within bounds; `otherwise` where the field is not there.
Result<std::int64_t> whole_field(const Json& request, std::string_view name, std::int64_t least,
                                 std::int64_t most, std::int64_t otherwise);

}  // namespace fithome::app
