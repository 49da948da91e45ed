// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "app/config.h"
#include "app/config_keys.h"

namespace fithome::app {
namespace {

std::string origin_of(const Settings& settings, const Key& key) {
  const auto found = settings.origin.find(origin_key(key));
  return found == settings.origin.end() ? "default" : found->second;
}

std::string heading(std::string_view table) {
  return table == "meter" ? "\n[[meter]]\n" : fmt::format("\n[{}]\n", table);
}

// What is for houses of several meters, and lines without voltage or current input, are left out
// unless something was said of them.
bool worth_showing(const Settings& settings, const Key& key) {
  if (settings.origin.contains(origin_key(key))) return true;
  if (key.path == "house" || key.name() == "formerly") return false;
  constexpr std::string_view kLineTable = "meter.line.";
  if (!key.path.starts_with(kLineTable)) return true;
  const auto line = static_cast<std::size_t>(key.path[kLineTable.size()] - 'a');
  return key.name() != "name" &&
         chip::lines_of(settings.config.meters[key.meter].chip.wiring)[line];
}

}  // namespace

std::string show_config(const Settings& settings) {
  constexpr int kOriginColumn = 34;
  std::string out = fmt::format(
      "# In effect; file: {}\n",
      settings.file.empty() ? fmt::format("none ({} is not there)", kSystemConfig) : settings.file);
  std::vector<Key> keys = config_keys();
  for (std::size_t n = 1; n < settings.config.meters.size(); ++n) {
    std::ranges::move(config_keys_of(n), std::back_inserter(keys));
  }
  std::string table;
  for (const Key& key : keys) {
    if (!worth_showing(settings, key)) continue;
    const auto dot = key.path.rfind('.');
    const std::string its_table = dot == std::string::npos ? "" : key.path.substr(0, dot);
    if (its_table != table) out += heading(its_table);
    table = its_table;
    const std::string line = fmt::format("{} = {}", key.name(), key.show(settings.config));
    out += fmt::format("{:<{}}  # {}\n", line, kOriginColumn, origin_of(settings, key));
  }
  return out;
}

}  // namespace fithome::app
