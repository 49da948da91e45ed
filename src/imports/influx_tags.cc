// SPDX-License-Identifier: MIT
#include "imports/influx_tags.h"

#include <fmt/format.h>

namespace fithome::imports {

Result<InfluxTags> parse_influx_tags(std::string_view text) {
  InfluxTags tags;
  if (text.empty()) return tags;
  tags.emplace_back();
  bool in_value = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool escapes = text[at] == '\\' && at + 1 < text.size();
    if (!escapes && text[at] == ',') {
      if (!in_value) break;
      tags.emplace_back();
      in_value = false;
    } else if (!escapes && text[at] == '=' && !in_value) {
      in_value = true;
    } else {
      if (escapes) ++at;
      (in_value ? tags.back().second : tags.back().first) += text[at];
    }
  }
  if (in_value && !tags.back().first.empty()) return tags;
  return fail(Code::invalid, fmt::format("\"{}\" are no tags; write host=pi,room=cellar", text));
}

}  // namespace fithome::imports
