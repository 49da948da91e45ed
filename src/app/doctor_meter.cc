// SPDX-License-Identifier: MIT
#include "app/doctor_meter.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "app/control_client.h"
#include "app/meter_settings.h"
#include "app/poll_json.h"
#include "chip/decode.h"
#include "chip/wire.h"

namespace fithome::app {
namespace {

using namespace std::chrono_literals;
using chip::Reg;
using chip::Word;

constexpr std::size_t kSamples = 10;    // as many distinct windows as a diagnosis asks for
constexpr Nanoseconds kApart = 350ms;   // a window is 320 ms at 50 Hz
constexpr Nanoseconds kByDaemon = 12s;  // as long as samples are waited for
constexpr std::array kPresence{Reg::ChannelMapI, Reg::ChannelMapU};
constexpr int kTimes = 3;

// What is read of a running chip, in this order.
constexpr std::array kHeld{Reg::MeterEn,
                           Reg::CfgRegAccEn,
                           Reg::CRCErrStatus,
                           Reg::MMode0,
                           Reg::MMode1,
                           Reg::UgainA,
                           Reg::IgainA,
                           chip::on_line(Reg::UgainA, 1, 4),
                           chip::on_line(Reg::IgainA, 1, 4),
                           chip::on_line(Reg::UgainA, 2, 4),
                           chip::on_line(Reg::IgainA, 2, 4),
                           Reg::UrmsA,
                           chip::on_line(Reg::UrmsA, 1),
                           chip::on_line(Reg::UrmsA, 2),
                           chip::on_line(Reg::UangleA, 2)};

chip::Wiring wiring_of(std::uint16_t mode) {
  if ((mode & 7) == 7) return chip::Wiring::three_phase;
  if ((mode & 7) == 5) return chip::Wiring::split_phase;
  return chip::Wiring::single_phase;
}

void take_held(MeterSeen& seen, std::span<const Word> words) {
  seen.state.assign(words.begin(), words.begin() + 3);
  const std::uint16_t mode = raw(words[3]);
  seen.config.grid = (mode & 0x1000) != 0 ? chip::Grid::hz60 : chip::Grid::hz50;
  seen.config.wiring = wiring_of(mode);
  seen.config.pga = 1 << std::min(raw(words[4]) & 3, 2);
  const auto used = chip::lines_of(seen.config.wiring);
  for (std::size_t line = 0; line < used.size(); ++line) {
    seen.config.lines[line].voltage_gain = raw(words[5 + 2 * line]);
    seen.config.lines[line].current_gain = raw(words[6 + 2 * line]);
    if (used[line]) seen.volts[line] = Volts{raw(words[11 + line]) / 100.0};
  }
  seen.u_angle_c = chip::angle(words[14]);
}

// EMMIntEn0 only says which latches drive a pin that is not wired, and is not protected.
Result<void> try_writing(spi::Bus& bus) {
  constexpr Reg kHarmless = Reg::EMMIntEn0;
  FITHOME_TRY(const Word before, chip::read(bus, kHarmless));
  Result<void> done;
  for (const int pattern : {0x5AA5, 0xA55A}) {
    const auto word = static_cast<Word>(pattern);
    done = chip::write_checked(bus, kHarmless, word);
    if (!done) break;
    FITHOME_TRY(const Word got, chip::read(bus, kHarmless));
    if (got == word) continue;
    done =
        fail(Code::transient, fmt::format("0x{:04X} was written and 0x{:04X} read; check the MOSI "
                                          "wire and that all wires are short",
                                          pattern, raw(got)));
    break;
  }
  const auto restored = chip::write_checked(bus, kHarmless, before);
  return done ? restored : done;
}

void keep(std::optional<Error>& to, Error error) { to = std::move(error); }

void sample(MeterSeen& seen, chip::Chip& chip, Clock& clock, const std::stop_token& stop) {
  for (std::size_t n = 0; n < kSamples && !stop.stop_requested(); ++n) {
    if (n > 0) clock.wait_for(kApart, stop);
    auto sample = chip.sample();
    if (sample) {
      seen.samples.push_back(*std::move(sample));
    } else {
      seen.missed = sample.error().what;
      if (!chip.ready()) return;
    }
  }
}

}  // namespace

MeterSeen look_directly(spi::Bus& bus, chip::Chip& chip, Clock& clock, std::stop_token stop) {
  MeterSeen seen;
  seen.device = bus.describe();
  seen.config = chip.config();
  for (int n = 0; n < kTimes; ++n) {
    const auto words = chip.peek(kPresence);
    if (!words) {
      keep(seen.not_asked, words.error());
      return seen;
    }
    std::ranges::copy(*words, std::back_inserter(seen.presence));
  }
  if (const auto done = try_writing(bus); !done) keep(seen.not_written, done.error());
  if (const auto started = chip.start(stop); !started) {
    keep(seen.not_started, started.error());
    return seen;
  }
  sample(seen, chip, clock, stop);
  const auto held = chip.peek(kHeld);
  if (held) take_held(seen, *held);
  return seen;
}

MeterSeen look_by_daemon(const std::filesystem::path& data, const std::string& meter,
                         const chip::ChipConfig& config, std::stop_token stop) {
  MeterSeen seen;
  seen.by_daemon = true;
  seen.config = config;
  const auto about_it = [&](const Json& request) { return about_meter(request, meter); };
  const auto ask = [&](std::span<const Reg> registers) -> Result<std::vector<Word>> {
    Json list = Json::array();
    for (const Reg reg : registers) list.push_back(address(reg));
    FITHOME_TRY(
        const Json answer,
        ask_daemon(data, about_it({{"op", "chip.read"}, {"registers", list}}), {.stop = stop}));
    std::vector<Word> words;
    for (const Json& row : answer.value("registers", Json::array())) {
      words.push_back(static_cast<Word>(row.value("word", std::uint16_t{})));
    }
    if (words.size() == registers.size()) return words;
    return fail(Code::corrupt, "the daemon's answer makes no sense; is it another version?");
  };
  for (int n = 0; n < kTimes; ++n) {
    const auto words = ask(kPresence);
    if (!words) {
      keep(seen.not_asked, words.error());
      return seen;
    }
    std::ranges::copy(*words, std::back_inserter(seen.presence));
  }
  if (const auto held = ask(kHeld)) take_held(seen, *held);
  // The chip knows nothing of sign and scale.
  const auto current = ask_daemon(data, about_it({{"op", "calibration.current"}}), {.stop = stop});
  if (current && current->contains("settings")) {
    const auto settings = from_json(current->at("settings").dump(), {.chip = seen.config});
    if (settings) seen.rules = settings->rules;
  }
  const auto end = std::chrono::steady_clock::now() + kByDaemon;
  const auto done = ask_daemon(data, about_it({{"op", "samples"}, {"count", kSamples}}),
                               {.stop = stop}, [&](const Json& line) {
                                 const auto poll = parse_poll(line);
                                 if (poll && poll->sample) seen.samples.push_back(*poll->sample);
                                 if (poll && !poll->sample) seen.missed = poll->missed;
                                 return std::chrono::steady_clock::now() < end;
                               });
  if (!done) seen.missed = done.error().what;
  return seen;
}

}  // namespace fithome::app
