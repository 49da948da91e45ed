// SPDX-License-Identifier: MIT
//
// What stands in the address line: "/api/v1/readings?from=-1h&channels=p%2Cq".
//
// Errors:  invalid - no path, a broken %-sequence, a parameter twice, one that is not known
// Threads: plain values
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace fithome::api {

class Query {
 public:
  Query() = default;
  static Result<Query> parse(std::string_view text);

  /// Refuses any parameter that is not among these, and names them.
  Result<void> only(std::initializer_list<std::string_view> known) const;
  std::optional<std::string_view> get(std::string_view name) const;

 private:
  std::vector<std::pair<std::string, std::string>> parameters_;
};

/// The time that a parameter names; `otherwise` where it is not there.
/// Errors: invalid - begins with the parameter's name
Result<UtcTime> time_asked(const Query& query, std::string_view parameter, UtcTime now,
                           UtcTime otherwise);

struct Target {
  std::string path;
  std::string_view query;  // as it came; parsed by those who care
};
/// The query points into `text`.
Result<Target> parse_target(std::string_view text);

}  // namespace fithome::api
