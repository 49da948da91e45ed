// SPDX-License-Identifier: MIT
//
// The keys of the configuration: the one table that says what each is called, takes and means.
//
// Flow:    TOML file, variables, command line -> Value -> Key::set -> Config -> Key::show
// Errors:  set: invalid - what is wrong with the value, without the key's name
// Threads: plain values
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "app/config.h"

namespace fithome::app {

/// Text that carries no type: from a variable or the command line.
struct Untyped {
  std::string text;
};
using Value = std::variant<Untyped, std::string, std::int64_t, double, bool>;

struct Key {
  std::string path;      // "interval", "meter.grid", "meter.line.a.voltage_gain"
  std::string variable;  // "FITHOME_INTERVAL"; empty: none
  std::string takes;     // "50 or 60", "a whole number from 1 to 65535"
  std::string meaning;   // a clause for the documents
  std::function<Result<void>(Config&, const Value&)> set;
  std::function<std::string(const Config&)> show;  // as TOML
  std::size_t meter = 0;                           // which one it is of, from 0

  /// "voltage_gain"
  std::string_view name() const { return std::string_view(path).substr(path.rfind('.') + 1); }
};

/// In the order in which they are shown: those of one table stand together. Of the meters those of
/// the first: variables and the command line can set no other.
std::vector<Key> config_keys();

/// The keys of one meter, by the same paths; Config::meters must have it. From 0.
std::vector<Key> config_keys_of(std::size_t meter);

/// By what name Settings::origin knows the key: "meter.grid", of the second meter "meter 2.grid".
std::string origin_key(const Key& key);
std::string origin_key(std::string_view path, std::size_t meter);

/// The tables there are: "", "site", "leds", "meter", "meter.line", "meter.line.a" ...
std::vector<std::string> config_tables();

}  // namespace fithome::app
