// SPDX-License-Identifier: MIT
//
// The configuration file: read whole, checked whole.
//
// Flow:    bytes of the file -> check_whole -> TOML -> values of keys -> Config
// Errors:  every Problem is added, with its place
// Threads: plain values
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "app/config.h"
#include "app/config_keys.h"

namespace fithome::app {

/// How many characters of UTF-8 the text is.
int characters(std::string_view text);

/// The text of a file and its name, so that a problem can show its line.
class ConfigText {
 public:
  ConfigText(std::string_view text, std::string_view file) : text_(text), file_(file) {}
  Problem problem(int line, int column, std::string what) const;
  std::string place(int line) const;  // "FILE:LINE"
  std::string_view text() const { return text_; }
  const std::string& file() const { return file_; }

 private:
  std::string_view line_text(int line) const;
  std::string_view text_;
  std::string file_;
};

/// Where values stand, by origin_key(); "meter 2" is where the second meter begins.
struct Place {
  int line = 0;
  int column = 0;
};
using Places = std::map<std::string, Place>;

/// Sets what the file says in `settings`, and where each value came from.
void apply_file(const ConfigText& text, const std::vector<Key>& keys, Settings& settings,
                Places& places, Problems& problems);

/// What only shows when all values are known: defaults that follow from other values, and meters
/// that are at odds with one another (config_meters.cc).
void finish(const ConfigText& text, const Places& places, Settings& settings, Problems& problems);

}  // namespace fithome::app
