// SPDX-License-Identifier: MIT
//
// The Bus of a real board: the kernel's /dev/spidevX.Y.
//
// Flow:    chip::Chip -> SpidevBus -> SPI_IOC_MESSAGE -> wire
// Shape:   mode 3, 8 bits, most significant bit first; a chip-select per frame, many frames a call.
//          The kernel writes each answer straight into the caller's Frame::rx
// Source:  datasheet Atmel-46003B 4.2.1 (mode, frames) and 6.1 (400 bit/s to 1,100 kbit/s);
//          Linux Documentation/spi/spidev.rst
// Threads: one at a time
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "spi/bus.h"

namespace fithome::spi {

constexpr std::uint32_t kSlowestHz = 400;
constexpr std::uint32_t kFastestHz = 1'100'000;

struct SpidevConfig {
  std::string path = "/dev/spidev0.0";
  std::uint32_t speed_hz = 500'000;
};

class SpidevBus final : public Bus {
 public:
  /// Opens and sets up the device, and reads back that it took what was set.
  ///
  /// Errors: not_found - no such device: SPI is off, or it has another name (what lists them)
  ///         invalid   - no permission, no SPI device, a speed the chip cannot follow, a mode or
  ///                     word length that the controller refuses; what says what to do
  ///         transient - in use by another program, or the kernel failed otherwise
  static Result<SpidevBus> open(SpidevConfig config);

  /// A message that fails is not repeated here: its first frames may have reached the chip, and an
  /// energy register read a second time has already forgotten its count.
  Result<void> transfer(std::span<Frame> frames) override;
  std::string describe() const override;

 private:
  SpidevBus(SpidevConfig config, UniqueFd device, std::size_t most_frames)
      : config_(std::move(config)), device_(std::move(device)), most_frames_(most_frames) {}
  Result<void> send(std::span<Frame> frames);

  SpidevConfig config_;
  UniqueFd device_;
  std::size_t most_frames_;  // in one message
};

}  // namespace fithome::spi
