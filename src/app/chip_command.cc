// SPDX-License-Identifier: MIT
#include "app/chip_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "app/chip_write.h"
#include "app/client_watch.h"
#include "app/control_client.h"
#include "app/direct_meter.h"
#include "app/register_names.h"
#include "app/register_text.h"
#include "app/workbench.h"
#include "base/time.h"

namespace fithome::app {
namespace {

using ChipWhat = ChipCommand::What;
using Entries = std::vector<const chip::Register*>;

bool clears(const chip::Register* entry) { return entry->access == chip::Access::read_clears; }

Result<std::vector<chip::Word>> ask_for(const std::filesystem::path& data, const std::string& meter,
                                        std::span<const std::uint16_t> addresses) {
  constexpr std::size_t kAtOnce = 300;  // a multiple of 3, under what a request may ask for
  std::vector<chip::Word> words;
  while (!addresses.empty()) {
    const auto part = addresses.first(std::min(addresses.size(), kAtOnce));
    addresses = addresses.subspan(part.size());
    const Json request{{"op", "chip.read"}, {"registers", part}};
    FITHOME_TRY(const Json answer, ask_daemon(data, about_meter(request, meter)));
    if (!answer.contains("registers") || answer["registers"].size() != part.size()) {
      return fail(Code::corrupt, "the daemon's answer makes no sense; is it another version?");
    }
    for (const Json& row : answer["registers"]) {
      words.push_back(static_cast<chip::Word>(row.value("word", std::uint16_t{})));
    }
  }
  return words;
}

// Energy registers go past Chip::peek, which refuses them: the caller has been warned.
Result<std::vector<chip::Word>> read_directly(DirectMeter& meter,
                                              std::span<const std::uint16_t> addresses) {
  std::vector<chip::Reg> registers;
  std::vector<spi::Frame> frames;
  bool harmless = true;
  for (const std::uint16_t address : addresses) {
    registers.push_back(static_cast<chip::Reg>(address));
    frames.push_back(chip::read_frame(registers.back()));
    const auto* entry = chip::find_register(address);
    harmless = harmless && !(entry && clears(entry));
  }
  if (harmless) return meter.chip().peek(registers);
  constexpr std::array kNothing{chip::Reg::MeterEn};
  FITHOME_TRY_VOID(meter.chip().peek(kNothing));  // finishes what the pad has under way
  FITHOME_TRY_VOID(meter.bus().transfer(frames));
  std::vector<chip::Word> words;
  for (const spi::Frame& frame : frames) words.push_back(chip::answer(frame));
  return words;
}

// A reader, and what it needs to live.
struct Access {
  std::unique_ptr<DirectMeter> meter;  // nothing: the daemon is asked
  RegisterReader read;
};

Result<std::unique_ptr<DirectMeter>> open_meter(const ChipCommand& command, const Config& config) {
  FITHOME_TRY(const std::size_t place, place_in(config, command.meter));
  MeterConfig configured = config.meters[place];
  if (command.device) configured.device = *command.device;
  FITHOME_TRY(auto meter, DirectMeter::open(config, configured, command.simulation));
  // A simulated chip has just been powered: as a daemon would leave it is what one wants to see.
  if (command.simulation) FITHOME_TRY_VOID(meter->chip().start({}));
  return meter;
}

Result<Access> access(const ChipCommand& command, const Config& config) {
  if (!command.simulation && !command.device) {
    FITHOME_TRY(const bool daemon, daemon_listens(config.data));
    if (daemon) {
      return Access{nullptr, [data = config.data, name = command.meter](auto addresses) {
                      return ask_for(data, name, addresses);
                    }};
    }
  }
  FITHOME_TRY(auto meter, open_meter(command, config));
  auto& opened = *meter;
  return Access{std::move(meter),
                [&opened](auto addresses) { return read_directly(opened, addresses); }};
}

Result<Entries> wanted(const ChipCommand& command) {
  Entries entries;
  if (command.what == ChipWhat::dump) entries = harmless_registers();
  for (const std::string& name : command.registers) {
    FITHOME_TRY(const auto* entry, find_register_like(name));
    if (entry->access == chip::Access::write) {
      return fail(Code::invalid, fmt::format("{} can only be written", entry->name));
    }
    entries.push_back(entry);
  }
  return entries;
}

Result<void> mind_energy(const ChipCommand& command, const Entries& entries, bool daemon,
                         const Dialogue& dialogue) {
  const auto energy = std::ranges::find_if(entries, clears);
  if (energy == entries.end()) return {};
  const std::string what =
      fmt::format("{} is cleared by reading it: what it counted is then missing from the totals",
                  (*energy)->name);
  if (daemon) {
    return fail(Code::invalid,
                what + ", so a running fithome does not allow it; see fithome energy");
  }
  if (!command.destructive) {
    return fail(Code::invalid, what + "; add --destructive if that does not matter");
  }
  dialogue.tell("fithome: " + what + "\n");
  return {};
}

std::string json_of(std::span<const ShownRegister> rows) {
  Json list = Json::array();
  for (const ShownRegister& row : rows) list.push_back(register_json(row));
  return list.dump() + "\n";
}

Result<void> show(const ChipCommand& command, const Config& config, const Dialogue& dialogue) {
  FITHOME_TRY(const Entries entries, wanted(command));
  FITHOME_TRY(const Access meter, access(command, config));
  FITHOME_TRY_VOID(mind_energy(command, entries, !meter.meter, dialogue));
  FITHOME_TRY(const auto rows, read_registers(meter.read, entries));
  dialogue.write(command.json ? json_of(rows) : register_table(rows, dialogue.style));
  return {};
}

std::string line_of(std::span<const ShownRegister> rows, UtcTime now) {
  std::string line = to_local_text(now);
  for (const ShownRegister& row : rows) {
    const std::string quantity = quantity_text(row);
    line += fmt::format("  {} {}", row.entry->name, quantity.empty() ? raw_text(row) : quantity);
  }
  return line + "\n";
}

Result<void> watch(const ChipCommand& command, const Config& config, const Dialogue& dialogue) {
  FITHOME_TRY(const Entries entries, wanted(command));
  FITHOME_TRY(const Access meter, access(command, config));
  FITHOME_TRY_VOID(mind_energy(command, entries, !meter.meter, dialogue));
  SystemClock clock;
  return until_told(command.duration, [&](std::stop_token stop) -> Result<void> {
    Monotonic next = clock.monotonic();
    while (!stop.stop_requested()) {
      FITHOME_TRY(const auto rows, read_registers(meter.read, entries));
      dialogue.write(command.json ? json_of(rows) : line_of(rows, to_stamp(clock.utc())));
      next += command.every;
      clock.wait_until(next, stop);
    }
    return {};
  });
}

Result<void> refuse_beside_daemon(const ChipCommand& command, const Config& config) {
  if (command.simulation) return {};
  FITHOME_TRY(const bool daemon, daemon_listens(config.data));
  if (!daemon) return {};
  return fail(
      Code::invalid,
      "a running fithome owns the chip, and would take a changed register for a fault; stop "
      "it first (sudo systemctl stop fithome, or Ctrl-C where it runs). To change gains for "
      "good, set them in the configuration");
}

Result<void> write(const ChipCommand& command, const Config& config, const Dialogue& dialogue) {
  FITHOME_TRY(const auto* entry, find_register_like(command.target));
  FITHOME_TRY(const chip::Word word, parse_word(command.value, *entry));
  FITHOME_TRY_VOID(check_write(*entry));
  FITHOME_TRY_VOID(refuse_beside_daemon(command, config));
  FITHOME_TRY(const auto meter, open_meter(command, config));
  FITHOME_TRY(const auto before, meter->chip().peek(std::array{chip::Reg{entry->address}}));
  const std::string change = fmt::format("{} (0x{:02X}, {}): 0x{:04X} -> 0x{:04X}", entry->name,
                                         entry->address, entry->meaning, raw(before[0]), raw(word));
  if (!command.yes) {
    const auto answer = dialogue.ask(change + "\nWrite it?");
    if (!answer) {
      return fail(Code::invalid, "nobody is there to be asked; say --yes to write without asking");
    }
    if (!*answer) {
      dialogue.write("Nothing was written.\n");
      return {};
    }
  }
  FITHOME_TRY_VOID(write_register(meter->bus(), *entry, word));
  dialogue.write(change +
                 "\nWritten, and read back. It holds until fithome run configures the chip, or "
                 "the meter loses its supply.\n");
  return {};
}

}  // namespace

Dialogue standard_dialogue(std::FILE* out, std::FILE* err, Style style) {
  const auto to = [](std::FILE* file) {
    return [file](std::string_view text) {
      std::fwrite(text.data(), 1, text.size(), file);
      std::fflush(file);
    };
  };
  const auto ask = [err](std::string_view question) -> std::optional<bool> {
    if (::isatty(STDIN_FILENO) != 1) return {};
    fmt::print(err, "{} [y/N] ", question);
    std::fflush(err);
    std::array<char, 16> answer{};
    if (!std::fgets(answer.data(), answer.size(), stdin)) return false;
    return answer[0] == 'y' || answer[0] == 'Y';
  };
  return {to(out), to(err), ask, style};
}

Result<void> run_chip(const ChipCommand& command, Config config, const Dialogue& dialogue) {
  if (command.data) config.data = *command.data;
  switch (command.what) {
    case ChipWhat::write:
      return write(command, config, dialogue);
    case ChipWhat::watch:
      return watch(command, config, dialogue);
    case ChipWhat::read:
    case ChipWhat::dump:
      break;
  }
  return show(command, config, dialogue);
}

}  // namespace fithome::app
