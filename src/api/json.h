// SPDX-License-Identifier: MIT
//
// Writes JSON to the end of a string: no tree, no allocation of its own.
//
// Use:     JsonWriter(out).begin_object().key("p").raw("1.50").end_object()
//          Commas are put where they belong; that the nesting is right is up to the caller.
// Shape:   text that is no UTF-8 (a file name, a parameter) is mended with U+FFFD
// Threads: one
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace fithome::api {

class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view name);
  JsonWriter& string(std::string_view text);
  JsonWriter& integer(std::int64_t value);
  JsonWriter& boolean(bool value) { return raw(value ? "true" : "false"); }
  JsonWriter& null() { return raw("null"); }
  /// With so many decimals at most: 3 makes 0.5 of 0.5.
  JsonWriter& number(double value, int decimals);
  /// A value that is JSON already.
  JsonWriter& raw(std::string_view json);
  /// The string to append a value to that is written elsewhere.
  std::string& value();

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);

  std::string& out_;
  bool first_ = true;  // nothing before us in this object or array, or a key
};

}  // namespace fithome::api
