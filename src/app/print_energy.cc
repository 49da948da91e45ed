// SPDX-License-Identifier: MIT
#include "app/print_energy.h"

#include <fmt/format.h>

#include "base/time.h"

namespace fithome::app {
namespace {

constexpr std::size_t kNameWidth = 28;
constexpr std::size_t kValueWidth = 16;

std::string share_name(const EnergyReport& report, const EnergyShare& share) {
  if (!share.since) return "since the meter began";
  if (&share == &report.shares.front()) return "since midnight";
  return fmt::format("since {}", to_local_text(*share.since));
}

std::string amount_name(std::string_view name) {
  if (name == "net") return "  net";
  if (name == "counted") return "  each line counted";
  return fmt::format("    line {}", name);
}

}  // namespace

std::string energy_table(const EnergyReport& report, Style style) {
  std::string out = fmt::format("{}, {}", report.meter, to_local_text(report.time));
  if (report.simulated) out += ", " + style.bold("SIMULATED: no real house");
  out += "\n\n" + style.dim(left("", kNameWidth) + right("from the grid", kValueWidth) +
                            right("to the grid", kValueWidth));
  for (const EnergyShare& share : report.shares) {
    out += "\n" + style.bold(share_name(report, share)) + "\n";
    for (const NamedEnergy& amount : share.amounts) {
      out += left(amount_name(amount.name), kNameWidth) +
             right(energy_text(amount.active.imported), kValueWidth) +
             right(energy_text(amount.active.exported), kValueWidth) + "\n";
    }
  }
  out += style.dim("\nnet: the lines summed at each instant, as most utilities bill\n");
  return out;
}

}  // namespace fithome::app
