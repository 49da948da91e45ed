// SPDX-License-Identifier: MIT
//
// Finds server-sent events in a stream of text that comes in any pieces.
//
// Source:  HTML standard, "Server-sent events", parsing an event stream
// Threads: one
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace fithome::api {

class EventLines {
 public:
  using Take = std::function<bool(std::string_view event, std::string_view data)>;

  /// False as soon as `take` says so.
  bool take(std::string_view piece, const Take& take);

 private:
  bool line(std::string_view text, const Take& take);

  std::string rest_;  // of a line whose end has not come
  std::string event_, data_;
};

}  // namespace fithome::api
