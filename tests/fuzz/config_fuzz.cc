// SPDX-License-Identifier: MIT
//
// Any bytes as a configuration: a good one shows as one that says the same, a bad one has problems
// that can be printed.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "app/config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fithome::app;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto settings = parse_config(text, "fuzz.toml", {});
  if (!settings) {
    if (settings.error().empty()) std::abort();
    for (const Problem& problem : settings.error()) {
      if (to_text(problem).empty()) std::abort();
    }
    return 0;
  }
  const std::string shown = show_config(*settings);
  const auto again = parse_config(shown, "shown.toml", {});
  if (!again || again->config.interval != settings->config.interval ||
      again->config.data != settings->config.data || again->config.site != settings->config.site ||
      again->config.house != settings->config.house ||
      !std::ranges::equal(again->config.meters, settings->config.meters, {}, &MeterConfig::rules,
                          &MeterConfig::rules)) {
    std::abort();
  }
  return 0;
}
