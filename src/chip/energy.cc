// SPDX-License-Identifier: MIT
#include "chip/energy.h"

#include <fmt/format.h>

#include <atomic>
#include <optional>

#include "chip/frame.h"
#include "chip/wire.h"

namespace fithome::chip {
namespace {

constexpr std::uint16_t kFull = 0xFFFF;
constexpr std::uint16_t kHalfFull = 0x8000;
constexpr int kEchoes = 4;  // pairs of LastSPIData that may disagree

// No chip-select of 32 clocks leaves this: the chip drives nothing during the address.
constexpr std::array<std::uint8_t, 4> kUntouched{0xA5, 0x5A, 0xA5, 0x5A};

/// A kill lets all stores stand that were made before it, so only the compiler need be kept from
/// moving stores across this one.
template <class T>
void publish(T& where, T value) {
  std::atomic_signal_fence(std::memory_order_seq_cst);
  std::atomic_ref<T>(where).store(value, std::memory_order_release);
  std::atomic_signal_fence(std::memory_order_seq_cst);
}

EnergyPad::Wide& wide(EnergyPad& pad, int counter) {
  return pad.wide[static_cast<std::size_t>(counter)];
}

void mark_untouched(EnergyPad& pad) {
  for (spi::Frame& frame : pad.frames) frame.rx = kUntouched;
}

void begin(EnergyPad& pad, int counter) {
  pad.frames[0].tx = read_frame(energy_register(counter)).tx;
  pad.frames[1].tx = read_frame(Reg::LastSPIData).tx;
  mark_untouched(pad);
  publish(pad.pending_steps, wide(pad, counter).steps + 1);
  publish(pad.pending, counter);
}

void book(EnergyPad& pad, std::uint16_t count) {
  EnergyPad::Wide& counter = wide(pad, pad.pending);
  if (count == kFull) ++pad.overflows;
  counter.value[pad.pending_steps & 1] = counter.value[counter.steps & 1] + count;
  publish(counter.steps, pad.pending_steps);
  publish(pad.pending, -1);
}

/// The count, where the kernel filled both frames and they agree.
std::optional<std::uint16_t> in_frames(const EnergyPad& pad) {
  const spi::Frame& counter = pad.frames[0];
  const spi::Frame& echo = pad.frames[1];
  if (counter.rx == kUntouched || echo.rx == kUntouched) return {};
  if (answer(counter) != answer(echo)) return {};
  return raw(answer(counter));
}

/// Reading LastSPIData leaves it as it is, so it may be asked until it says the same twice.
Result<std::uint16_t> from_last_data(spi::Bus& bus, int& retries) {
  for (int attempt = 0; attempt < kEchoes; ++attempt) {
    std::array frames{read_frame(Reg::LastSPIData), read_frame(Reg::LastSPIData)};
    FITHOME_TRY_VOID(bus.transfer(frames));
    retries += 2;
    if (answer(frames[0]) == answer(frames[1])) return raw(answer(frames[0]));
  }
  return fail(Code::transient,
              fmt::format("energy on {}: the wire is too noisy to read a counter; keep wires short",
                          bus.describe()));
}

/// The count of the read under way, from wherever it still stands.
Result<std::uint16_t> settle(spi::Bus& bus, const EnergyPad& pad, int& retries) {
  auto count = in_frames(pad);
  if (!count) {
    FITHOME_TRY(count, from_last_data(bus, retries));
  }
  if (*count != kFull) return *count;
  // A full register, or a wire on which all is 1? Then the lock register says so too. Asking
  // overwrites LastSPIData; killed here, a count is lost that is a lower bound anyway.
  FITHOME_TRY(const Word lock, read(bus, Reg::CfgRegAccEn));
  if (raw(lock) == kFull) return wiring_failure(bus, Wire::all_high);
  return kFull;
}

bool under_way(const EnergyPad& pad) { return pad.pending >= 0 && pad.pending < kEnergyCounters; }

Result<void> finish(spi::Bus& bus, EnergyPad& pad, std::uint16_t& count, int& retries) {
  FITHOME_TRY(count, settle(bus, pad, retries));
  book(pad, count);
  return {};
}

/// Leaves 0 in LastSPIData (step 1 of EnergyPad).
Result<void> blank_last_data(spi::Bus& bus, int& retries) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    FITHOME_TRY(const Word lock, read(bus, Reg::CfgRegAccEn));
    if (raw(lock) == 0) return {};
    ++retries;
  }
  return fail(
      Code::transient,
      fmt::format("energy on {}: the chip is not locked, or the wire is noisy", bus.describe()));
}

Result<std::uint16_t> take(spi::Bus& bus, EnergyPad& pad, int counter, int& retries) {
  begin(pad, counter);
  if (auto done = bus.transfer(pad.frames); !done) {
    mark_untouched(pad);  // what a failed transfer leaves here is not to be believed
    return Failure(std::move(done).error());
  }
  std::uint16_t count = 0;
  FITHOME_TRY_VOID(finish(bus, pad, count, retries));
  return count;
}

}  // namespace

void reset(EnergyPad& pad, const EnergyCounters& counts) {
  pad = {};
  pad.pending = -1;
  for (std::size_t n = 0; n < counts.size(); ++n) pad.wide[n].value[0] = counts[n];
}

EnergyCounters counters(const EnergyPad& pad) {
  EnergyCounters counts{};
  for (std::size_t n = 0; n < counts.size(); ++n) {
    counts[n] = pad.wide[n].value[pad.wide[n].steps & 1];
  }
  return counts;
}

Result<void> recover(spi::Bus& bus, EnergyPad& pad) {
  if (!under_way(pad)) {
    pad.pending = -1;
    return {};
  }
  if (wide(pad, pad.pending).steps + 1 != pad.pending_steps) {  // booked already
    publish(pad.pending, -1);
    return {};
  }
  std::uint16_t count = 0;
  int retries = 0;
  return finish(bus, pad, count, retries);
}

Result<EnergyTaken> take_energy(spi::Bus& bus, EnergyPad& pad, std::array<bool, kLines> lines) {
  FITHOME_TRY_VOID(recover(bus, pad));
  EnergyTaken taken;
  bool blank = false;  // LastSPIData is known to be 0
  for (int counter = 0; counter < kEnergyCounters; ++counter) {
    const int place = counter % kEnergyPerKind;  // T, A, B, C
    if (place > 0 && !lines[static_cast<std::size_t>(place - 1)]) continue;
    if (!blank) {
      FITHOME_TRY_VOID(blank_last_data(bus, taken.retries));
    }
    FITHOME_TRY(const std::uint16_t count, take(bus, pad, counter, taken.retries));
    blank = count == 0;
    taken.overflow_near = taken.overflow_near || count > kHalfFull;
    taken.overflowed = taken.overflowed || count == kFull;
  }
  return taken;
}

}  // namespace fithome::chip
