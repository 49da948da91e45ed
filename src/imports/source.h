// SPDX-License-Identifier: MIT
//
// Where readings that another program kept come from; one format a file of source.
//
// Flow:    Source -> import_readings (import.h) -> store::Store
// Shape:   readings in order of time. A value that is not there is absent, never 0 or NaN
// Errors:  invalid, corrupt - a value or a row makes no sense: names file and line (or feed, or
//          field), the value and what to do; what was handed out before is good
//          transient - may work if tried again: nobody answers
// Threads: one
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "reading/reading.h"

namespace fithome::imports {

class Source {
 public:
  virtual ~Source() = default;
  /// The next readings, at most `most`; none at the end.
  virtual Result<std::vector<reading::Reading>> next(std::size_t most) = 0;
  /// How much of it has been handed out: 0 to 1.
  virtual double done() const = 0;
  /// What was left out and a person should know of; empty: nothing.
  virtual std::string left_out() const { return {}; }
};

/// A source that finds one reading after the other. What stands before an error is handed out
/// first.
class OneByOne : public Source {
 public:
  Result<std::vector<reading::Reading>> next(std::size_t most) final;

 private:
  /// Nothing at the end.
  virtual Result<std::optional<reading::Reading>> next_one() = 0;

  std::optional<Error> failed_;
};

}  // namespace fithome::imports
