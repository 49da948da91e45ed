// SPDX-License-Identifier: MIT
//
// The measuring part of a poll: all registers that should belong to one window of 16 line cycles,
// read in one transfer, and the judgement whether they do.
//
// Flow:    read_block -> Block of words -> decode_block -> Sample; judge_block says what to think
// Shape:   a Block is never published by halves. Of lines not in use nothing is read, and of none
//          UangleA to C: they change when somebody moves an adapter, and `fithome doctor` asks then
// Errors:  transient - the transfer failed, or a value never read the same twice
// Threads: the sampler's only
// Source:  datasheet 5.4 to 5.6; docs/registers.md
#pragma once

#include <array>
#include <optional>
#include <string>

#include "base/result.h"
#include "chip/chip.h"
#include "chip/frame.h"

namespace fithome::chip {

/// A value of two words. They are read one after the other and the chip may renew them in between,
/// so the high one is read again: where both agree, the low one belongs to them.
struct Long {
  Word high{}, low{}, again{};
  bool settled() const { return high == again; }
};

/// A value of one word that nothing else confirms, read twice.
struct Twice {
  Word first{}, again{};
};

struct LineBlock {
  Long u, i, p, q, s;
  Word pf{}, angle{}, u_peak{}, i_peak{};
};

struct Block {
  std::array<LineBlock, kLines> lines;
  Long p, q, s;
  Word pf{}, neutral{};
  Twice f, temperature;
};

/// 53 for split phase, 72 for three phases.
constexpr int block_frames(const std::array<bool, kLines>& lines) {
  int count = 15;
  for (const bool used : lines) count += used ? 19 : 0;
  return count;
}

/// What was torn is asked for again, up to three
/// times, and counted in `retries`.
Result<Block> read_block(spi::Bus& bus, std::array<bool, kLines> lines, int& retries);

/// The quantities only: energy, state and flags are another's.
Sample decode_block(const Block& block, const ChipConfig& config);

/// What no house can have, in words; nothing for a reading that may be true. A voltage of that
/// kind comes of a wrong gain, all else of the wire.
std::optional<std::string> impossible_voltage(const Sample& sample, const ChipConfig& config);
std::optional<std::string> implausible(const Sample& sample);

/// Totals are the sums of the lines; no power is greater than S, and S is U times I.
///
/// A single flipped bit in U, I, P, Q, S or PF that matters breaks one of these. S may well be
/// greater than P and Q explain: distorted current, as of most electronics, does that.
bool coherent(const Sample& sample);

}  // namespace fithome::chip
