// SPDX-License-Identifier: MIT
#include "app/scenario_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace fithome::app {

std::expected<sim::Scenario, Problems> load_scenario(const std::string& file) {
  std::ifstream from(file, std::ios::binary);
  std::string text;
  if (from) text.assign(std::istreambuf_iterator<char>(from), {});
  if (!from && !from.eof()) {
    return std::unexpected(
        Problems{{fmt::format("cannot be read: {}", std::strerror(errno)), file, 0, 0, ""}});
  }
  auto scenario = sim::parse_scenario(text);
  if (scenario) return *std::move(scenario);
  Problems problems;
  for (sim::ScenarioProblem& found : scenario.error()) {
    problems.push_back(
        {std::move(found.what), file, found.line, found.column, std::move(found.source)});
  }
  return std::unexpected(std::move(problems));
}

}  // namespace fithome::app
