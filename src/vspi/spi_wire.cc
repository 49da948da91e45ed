// SPDX-License-Identifier: MIT
#include "vspi/spi_wire.h"

#include <linux/spi/spi.h>

#include <algorithm>

namespace fithome::vspi {
namespace {

constexpr std::uint32_t kFastestHz = 1'100'000;  // datasheet 6.1
constexpr std::uint32_t kSlowestHz = 400;
constexpr unsigned kFrame = 32;       // clocks
constexpr unsigned kMissedClock = 5;  // too fast, the chip misses each fifth

}  // namespace

void SpiWire::shift(std::span<const std::uint8_t> tx, std::span<std::uint8_t> rx,
                    std::uint32_t mode, std::uint32_t speed_hz) {
  if (tx.empty()) return;
  judge(mode, speed_hz);
  if (mode & (SPI_CS_HIGH | SPI_NO_CS)) {  // the chip never sees a select
    std::ranges::fill(rx, std::uint8_t{0xFF});
    return;
  }
  if (!selected_) {
    wire_.select();
    selected_ = true;
    level_ = true;
    clocks_ = 0;
  }
  // Modes 0 and 3 sample on the rising edge, as the chip does; 1 and 2 on the falling one, where
  // the host still finds the bit before.
  const auto phase = mode & (SPI_CPOL | SPI_CPHA);
  const bool edges_swapped = phase == SPI_MODE_1 || phase == SPI_MODE_2;
  for (std::size_t n = 0; n < tx.size(); ++n) {
    unsigned in = 0;
    for (unsigned k = 0; k < 8; ++k) {
      const unsigned bit = mode & SPI_LSB_FIRST ? k : 7 - k;
      const bool answer = clock((tx[n] >> bit & 1U) != 0, edges_swapped, speed_hz > kFastestHz);
      in |= static_cast<unsigned>(answer) << bit;
    }
    rx[n] = static_cast<std::uint8_t>(in);
  }
}

bool SpiWire::clock(bool out, bool edges_swapped, bool too_fast) {
  const bool before = level_;
  if (++clocks_ % kMissedClock == 0 && too_fast) return before;
  level_ = wire_.clock_bit(out);
  return edges_swapped ? before : level_;
}

void SpiWire::judge(std::uint32_t mode, std::uint32_t speed_hz) {
  const auto phase = mode & (SPI_CPOL | SPI_CPHA);
  if (phase == SPI_MODE_1 || phase == SPI_MODE_2) misuse_.seen(Mistake::wrong_mode);
  if (phase == SPI_MODE_0) misuse_.seen(Mistake::mode_0);
  if (mode & SPI_LSB_FIRST) misuse_.seen(Mistake::bits_reversed);
  if (mode & (SPI_CS_HIGH | SPI_NO_CS)) misuse_.seen(Mistake::never_selected);
  if (speed_hz > kFastestHz) misuse_.seen(Mistake::too_fast);
  if (speed_hz < kSlowestHz) misuse_.seen(Mistake::too_slow);
}

void SpiWire::lift() {
  if (!selected_) return;
  wire_.deselect();
  selected_ = false;
  if (clocks_ < kFrame) misuse_.seen(Mistake::short_frame);
  if (clocks_ > kFrame) {
    misuse_.seen(clocks_ % kFrame == 0 ? Mistake::several_registers : Mistake::long_frame);
  }
}

}  // namespace fithome::vspi
