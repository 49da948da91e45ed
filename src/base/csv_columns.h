// SPDX-License-Identifier: MIT
//
// Which column of a table feeds what: "time=Date+Time,p_a=Global_active_power*1000".
//
// Shape:   names may hold spaces, brackets and commas, as long as no "name=" follows the comma. A
//          column that is called just so wins over a + or a factor
// Errors:  invalid - no such column (what lists those there are), an unknown or a repeated name
// Threads: plain functions
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace fithome::csv {

struct Column {
  std::size_t field = 0;
  double factor = 1;
};

/// What one column feeds.
struct Fed {
  std::string name;  // "p_a"
  Column column;
};

struct Columns {
  std::vector<std::size_t> time;  // fields, joined by a blank; none where nothing was named for it
  std::vector<Fed> fed;
};

/// What the columns of a table are called, and by which words its reader knows them.
struct Heading {
  std::vector<std::string_view> names;
  std::string_view kind = "column";  // in messages
  std::string_view table = "file";
};

/// An error where nothing has that name; it says what there is.
using Known = std::function<Result<void>(std::string_view name)>;

Result<Columns> find_columns(std::string_view spec, const Heading& heading, const Known& known);

/// The "name=column" of a spec, cut at the commas between them.
std::vector<std::string_view> entries_of(std::string_view spec);

/// `the file has "a", "b"`.
std::string what_there_is(const Heading& heading);

}  // namespace fithome::csv
