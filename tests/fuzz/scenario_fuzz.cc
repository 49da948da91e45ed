// SPDX-License-Identifier: MIT
//
// Any bytes as a scenario: refused with a place and a reason, or played to its end.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "check.h"
#include "sim/director.h"
#include "sim/disturbed_house.h"
#include "sim/scenario.h"

namespace {

using namespace fithome;
using namespace std::chrono_literals;

constexpr UtcInstant kStart{std::chrono::seconds(1'790'000'000)};

void play(const sim::Scenario& scenario) {
  const auto house =
      sim::disturbed(sim::generated_house(1, Hertz{60}, Volts{120}), scenario, kStart);
  check(house->mean(kStart, kStart + 1h).f.value >= 0);
  ManualClock clock(kStart);
  sim::SimChip chip(clock, *house);
  sim::Wire wire(chip);
  sim::Director director(scenario, clock.monotonic(), clock, chip, wire);
  for (int second = 0; second < 3; ++second) {
    wire.select();
    for (int byte = 0; byte < 4; ++byte) wire.exchange(0x80);
    wire.deselect();
    clock.advance(1s);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto scenario = sim::parse_scenario(text);
  if (!scenario) {
    check(!scenario.error().empty());
    for (const auto& problem : scenario.error()) {
      check(!problem.what.empty() && problem.line >= 1 && problem.column >= 1);
    }
    return 0;
  }
  for (const sim::Act& act : scenario->acts) check(act.begin >= 0ns && act.end >= act.begin);
  const auto begun = sim::started(*scenario, kStart);
  if (!begun) {
    check(!begun.error().what.empty());
    return 0;
  }
  bool waits = false;  // hours of windows to live through take their time
  for (const sim::Act& act : begun->acts) {
    waits = waits || (act.trouble == sim::Trouble::bus_hangs && act.end > 1h);
  }
  if (begun->acts.size() < 50 && !waits) play(*begun);
  return 0;
}
