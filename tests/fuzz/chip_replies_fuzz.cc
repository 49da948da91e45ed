// SPDX-License-Identifier: MIT
//
// Whatever answers on the wire: the driver must neither crash, nor hang, nor touch memory that is
// not its own. The first byte chooses the wiring and how noisy the chip is; the rest is what the
// wire does to each frame.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "base/clock.h"
#include "chip/chip.h"
#include "chip/frame.h"

namespace {

using fithome::Result;
namespace chip = fithome::chip;
namespace spi = fithome::spi;

/// A memory for a chip: it takes writes, gives them back, and clears nothing. Where the input says
/// so an answer is replaced by bytes of it, or the transfer fails. When the input ends, all is 0.
class ReplyBus final : public spi::Bus {
 public:
  ReplyBus(std::span<const std::uint8_t> input, bool remembers)
      : input_(input), remembers_(remembers) {
    memory_[0x01] = 0x0210;
    memory_[0x02] = 0x0654;
    memory_[0x05] = 0x143F;
    memory_[0x61] = 0x8000;
    memory_[0xF8] = 6000;
  }

  Result<void> transfer(std::span<spi::Frame> frames) override {
    if (++transfers_ > 100'000) std::abort();  // the driver does not come to an end
    for (spi::Frame& frame : frames) {
      const std::uint8_t what = next();
      if (what == 0x7E) return fithome::fail(fithome::Code::transient, "input: transfer failed");
      std::uint16_t word = remembers_ ? remembered(frame) : 0;
      if (what & 1 || !remembers_) word = static_cast<std::uint16_t>(next() << 8 | next());
      frame.rx = {what, what, static_cast<std::uint8_t>(word >> 8),
                  static_cast<std::uint8_t>(word & 0xFF)};
    }
    return {};
  }
  std::string describe() const override { return "fuzz"; }

 private:
  std::uint8_t next() {
    if (input_.empty()) return 0;
    const std::uint8_t byte = input_.front();
    input_ = input_.subspan(1);
    return byte;
  }

  std::uint16_t remembered(const spi::Frame& frame) {
    const std::size_t at = (frame.tx[0] & 0x03u) << 8 | frame.tx[1];
    const auto data = static_cast<std::uint16_t>(frame.tx[2] << 8 | frame.tx[3]);
    const bool reading = frame.tx[0] & 0x80;
    if (!reading && at == 0x70) {
      memory_[0x05] = 0x143F;
      memory_[0x61] = 0x8000;
    }
    if (!reading) memory_[at] = data;
    if (at != 0x78) memory_[0x78] = memory_[at];
    return memory_[at];
  }

  std::span<const std::uint8_t> input_;
  bool remembers_;
  int transfers_ = 0;
  std::array<std::uint16_t, 0x400> memory_{};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  ReplyBus bus({data + 1, size - 1}, data[0] & 1);
  fithome::ManualClock clock{fithome::UtcInstant{}};
  chip::EnergyPad pad;
  chip::reset(pad, {});
  if (data[0] & 8) {  // a pad left behind in the middle of a read
    pad.pending = data[0] >> 4;
    pad.pending_steps = 1;
  }
  chip::ChipConfig config;
  config.wiring = static_cast<chip::Wiring>((data[0] >> 1 & 3) % 3);
  chip::Chip meter(bus, clock, config, pad);
  for (int n = 0; n < 4; ++n) {
    if (!meter.ready()) (void)meter.start({});
    (void)meter.sample();
  }
  return 0;
}
