// SPDX-License-Identifier: MIT
#include "sim/sim_chip.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace fithome::sim {
namespace {

using chip::Reg;

constexpr std::uint16_t kFirstEnergy = 0x80;
constexpr std::uint16_t kGoldenKey = 0xAA55;  // to CfgRegAccEn: the driver sets the golden CRC
constexpr double kCyclesPerWindow = 16;
constexpr auto kCalendarStep = std::chrono::seconds(1);  // more than this is a clock set anew

}  // namespace

SimChip::SimChip(Clock& clock, const House& house, Board board)
    : clock_(clock), house_(house), board_(board), noise_(board.noise_seed) {
  calendar_offset_ = clock_.utc().time_since_epoch() - clock_.monotonic().time_since_epoch();
  reset(true, Nanoseconds(0));
}

void SimChip::power_cycle() { reset(true, board_.reset_time); }

void SimChip::brown_out() { reset(false, board_.reset_time); }

void SimChip::live_until(Monotonic at) {
  sync(at);
  brought_to_ = at;
}

Monotonic SimChip::instant() { return std::exchange(brought_to_, {}).value_or(clock_.monotonic()); }

void SimChip::reset(bool detector_too, Nanoseconds reset_time) {
  registers_.reset(detector_too);
  crc_ = ConfigCrc();
  energy_.reset();
  status_.reset();
  now_ = ready_at_ = instant() + reset_time;
  window_end_.reset();
  cycle_ = Hertz(0);
  measured_ = Measured();
  flows_ = Flows();
  config_changed_ = false;
}

void SimChip::flip_config_bit(std::uint16_t address, int bit) {
  const Monotonic at = instant();
  sync(at);
  registers_.at(address % kConfigEnd) ^= static_cast<std::uint16_t>(1u << (bit & 15));
  config_changed_ = true;
  crc_.config_changed(at);
}

std::uint64_t SimChip::counts_produced(Reg energy_register) const {
  return energy_.produced(chip::address(energy_register));
}

std::uint64_t SimChip::counts_lost(Reg energy_register) const {
  return energy_.lost(chip::address(energy_register));
}

std::uint64_t SimChip::counts_taken(Reg energy_register) const {
  return taken_[chip::address(energy_register) - kFirstEnergy];
}

// ---- The wire: datasheet 4.2, figures 17 and 18.

void SimChip::select() {
  brought_to_.reset();
  deaf_ = clock_.monotonic() < ready_at_;
  reading_ = false;
  clocks_ = 0;
  in_ = 0;
  out_ = 0;
}

bool SimChip::clock_bit(bool mosi) {
  bool miso = ((board_.floating_level >> (7 - clocks_ % 8)) & 1) != 0;
  if (deaf_) {
    miso = false;
  } else if (reading_) {
    miso = (out_ & 0x8000) != 0;  // zeros follow the 16 bits, never the next register
    out_ = static_cast<std::uint16_t>(out_ << 1);
  }
  if (clocks_ < 32) in_ = (in_ << 1) | (mosi ? 1u : 0u);
  ++clocks_;
  // A read is complete, and clears, once the address is in, whatever the host does next.
  if (clocks_ == 16 && !deaf_ && (in_ & 0x8000) != 0) {
    reading_ = true;
    out_ = commit_read(in_ & (kAddresses - 1));
  }
  return miso;
}

std::uint8_t SimChip::exchange(std::uint8_t byte) {
  unsigned miso = 0;
  for (int bit = 7; bit >= 0; --bit) miso = miso << 1 | (clock_bit((byte >> bit) & 1) ? 1u : 0u);
  return static_cast<std::uint8_t>(miso);
}

void SimChip::deselect() {
  if (clocks_ == 32 && !reading_ && !deaf_) {
    commit_write((in_ >> 16) & (kAddresses - 1), static_cast<std::uint16_t>(in_ & 0xFFFF));
  }
  clocks_ = 0;
  reading_ = false;
}

std::uint16_t SimChip::commit_read(std::uint16_t address) {
  sync();
  const std::uint16_t value = registers_.at(address);
  registers_[Reg::LastSPIData] = value;  // of LastSPIData itself this changes nothing
  if (access(address) == Access::clear_on_read) {
    registers_.at(address) = 0;
    taken_[address - kFirstEnergy] += value;
  }
  return value;
}

bool SimChip::writable() const {
  return board_.accept_locked_writes || registers_[Reg::CfgRegAccEn] == chip::kUnlockKey;
}

void SimChip::commit_write(std::uint16_t address, std::uint16_t data) {
  sync();
  registers_[Reg::LastSPIData] = data;  // a log of the wire: refused writes stand in it too
  const Monotonic now = clock_.monotonic();
  switch (access(address)) {
    case Access::config:
      if (!writable()) break;
      registers_.at(address) = data;
      config_changed_ = true;
      crc_.config_changed(now);
      break;
    case Access::write_one_to_clear:
      registers_.at(address) &= static_cast<std::uint16_t>(~data);
      break;
    case Access::open:
      registers_.at(address) = data;
      if (address != chip::address(Reg::CfgRegAccEn)) break;
      if (data == chip::kUnlockKey) {
        crc_.unlock();
      } else {
        crc_.lock(now);
      }
      break;
    case Access::command:
      if (data == chip::kSoftResetKey) reset(false, board_.soft_reset_time);
      break;
    case Access::read_only:
      if (address == chip::address(Reg::CRCDigest) && registers_[Reg::CfgRegAccEn] == kGoldenKey) {
        crc_.set_golden(data, now);
      }
      break;
    case Access::reserved:
    case Access::clear_on_read:
      break;
  }
}

// ---- Time.

Hertz SimChip::nominal_frequency() const {
  return Hertz((registers_[Reg::MMode0] & 0x1000) != 0 ? 60 : 50);
}

/// The house lives by the calendar, the chip by its crystal: they stay together until somebody sets
/// the clock.
UtcInstant SimChip::calendar(Monotonic at) {
  // A thread may be held up between the two clocks, and a scaled clock makes hours of that.
  const Monotonic before = clock_.monotonic();
  const Nanoseconds utc = clock_.utc().time_since_epoch();
  const Monotonic after = clock_.monotonic();
  const Nanoseconds least = utc - after.time_since_epoch();
  const Nanoseconds most = utc - before.time_since_epoch();
  if (calendar_offset_ < least - kCalendarStep || calendar_offset_ > most + kCalendarStep) {
    calendar_offset_ = most;
  }
  return UtcInstant(at.time_since_epoch() + calendar_offset_);
}

void SimChip::begin_window() {
  const UtcInstant from = calendar(now_);
  if (cycle_ == Hertz(0)) cycle_ = house_.mean(from, from + std::chrono::milliseconds(20)).f;
  if (cycle_ < Hertz(1)) cycle_ = nominal_frequency();
  const Nanoseconds length(std::llround(kCyclesPerWindow * 1e9 / cycle_.value));
  const HouseState house = house_.mean(from, from + length);
  sensed_ = sense(board_, house, noise_);
  window_end_ = now_ + length;
  // Without a voltage there is nothing to count cycles of; then the crystal does.
  const bool live = std::ranges::any_of(sensed_.u, [](Phasor u) { return u != Phasor{}; });
  cycle_ = live ? house.f : nominal_frequency();
  config_changed_ = true;
}

/// The window under way, seen through the present configuration.
void SimChip::refresh() {
  config_changed_ = false;
  measured_ = measure(sensed_, registers_);
  flows_ = gate(measured_, registers_);
  status_.update(now_, measured_, sensed_.f, flows_, energy_, registers_);
}

void SimChip::sync(Monotonic until) {
  if (until <= now_) return;
  while (now_ < until) {
    if (!window_end_) begin_window();
    if (config_changed_) refresh();
    const Monotonic step_end = std::min(until, *window_end_);
    const std::chrono::duration<double> step = step_end - now_;
    if ((registers_[Reg::MeterEn] & 0xFF) != 0) {
      energy_.run(flows_, step.count(), registers_);
    } else {
      energy_.clear_directions();
    }
    now_ = step_end;
    status_.update(now_, measured_, sensed_.f, flows_, energy_, registers_);
    if (now_ < *window_end_) break;
    publish(measured_, status_.frequency(), sensed_.temperature, registers_);
    window_end_.reset();
  }
  crc_.update(now_, registers_.config());
  registers_[Reg::CRCErrStatus] = crc_.error() ? 1 : 0;
  registers_[Reg::CRCDigest] = crc_.digest();
}

}  // namespace fithome::sim
