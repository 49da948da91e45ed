// SPDX-License-Identifier: MIT
#include "app/print_energy.h"

#include <fmt/format.h>

#include "base/time.h"

namespace fithome::app {
namespace {

constexpr std::size_t kAmountWidth = 28;
constexpr std::size_t kEnergyWidth = 16;

std::string share_name(const std::vector<EnergyShare>& shares, const EnergyShare& share) {
  if (!share.since) return "since the meter began";
  if (&share == &shares.front()) return "since midnight";
  return fmt::format("since {}", to_local_text(*share.since));
}

std::string amount_name(std::string_view name) {
  if (name == "net") return "  net";
  if (name == "counted") return "  each line counted";
  return fmt::format("    line {}", name);
}

std::string shares_text(const std::vector<EnergyShare>& shares, Style style) {
  std::string out;
  for (const EnergyShare& share : shares) {
    out += "\n" + style.bold(share_name(shares, share)) + "\n";
    for (const NamedEnergy& amount : share.amounts) {
      out += left(amount_name(amount.name), kAmountWidth) +
             right(energy_text(amount.active.imported), kEnergyWidth) +
             right(energy_text(amount.active.exported), kEnergyWidth) + "\n";
    }
  }
  return out;
}

}  // namespace

std::string energy_table(const EnergyReport& report, Style style) {
  const bool of_house = !report.house.empty();
  std::string out = fmt::format("{}, {}", of_house ? "the house: " + report.sum : report.meter,
                                to_local_text(report.time));
  if (report.simulated) out += ", " + style.bold("SIMULATED: no real house");
  out += "\n\n" + style.dim(left("", kAmountWidth) + right("from the grid", kEnergyWidth) +
                            right("to the grid", kEnergyWidth));
  out += shares_text(of_house ? report.house : report.shares, style);
  const std::vector<EnergyReport> one{report};
  if (of_house || !report.meters.empty()) {
    for (const EnergyReport& meter : report.meters.empty() ? one : report.meters) {
      out += "\n\n" + style.bold("meter " + meter.meter) + shares_text(meter.shares, style);
    }
  }
  out += style.dim("\nnet: the lines summed at each instant, as most utilities bill\n");
  return out;
}

}  // namespace fithome::app
