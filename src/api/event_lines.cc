// SPDX-License-Identifier: MIT
#include "api/event_lines.h"

#include <algorithm>
#include <utility>

namespace fithome::api {

bool EventLines::take(std::string_view piece, const Take& take) {
  rest_ += piece;
  std::size_t begin = 0;
  bool more = true;
  for (std::size_t end; more && (end = rest_.find('\n', begin)) != std::string::npos;
       begin = end + 1) {
    more = line(std::string_view(rest_).substr(begin, end - begin), take);
  }
  rest_.erase(0, begin);
  return more;
}

bool EventLines::line(std::string_view text, const Take& take) {
  if (text.ends_with('\r')) text.remove_suffix(1);
  if (text.empty()) {
    const std::string event = std::exchange(event_, {});
    const std::string data = std::exchange(data_, {});
    return data.empty() || take(event.empty() ? "message" : std::string_view(event), data);
  }
  const std::size_t colon = std::min(text.find(':'), text.size());
  const std::string_view field = text.substr(0, colon);
  std::string_view value = text.substr(std::min(colon + 1, text.size()));
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "event") event_ = value;
  if (field == "data") {
    if (!data_.empty()) data_ += '\n';
    data_ += value;
  }
  return true;
}

}  // namespace fithome::api
