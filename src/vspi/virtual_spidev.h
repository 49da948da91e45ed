// SPDX-License-Identifier: MIT
//
// A file that behaves as /dev/spidevX.Y, with a simulated chip on the wire: SpidevBus, and any
// other program that talks to spidev, drives it through the kernel.
//
// Flow:    a program -> ioctl -> kernel -> FUSE -> VirtualSpidev -> SpiWire -> sim::SimChip
// Shape:   mounted over an ordinary file, whose owner and mode it keeps. It is no character device:
//          the kernel would hand that to the driver of its number
// Errors:  invalid - no FUSE, not root (it reads and writes the memory of its clients), no such
//          file; what says what to do
// Threads: serves on one of its own, which alone touches the chip while a client talks
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "sim/wire.h"
#include "vspi/misuse.h"

namespace fithome::vspi {

class VirtualSpidev {
 public:
  /// The wire and what is on it must outlive it; so must `misuse`.
  static Result<std::unique_ptr<VirtualSpidev>> mount(const std::string& file, sim::Wire& wire,
                                                      Misuse& misuse);
  virtual ~VirtualSpidev() = default;

  /// What the device was last set to, as SPI_IOC_RD_MODE32 tells it.
  virtual std::uint32_t mode() const = 0;
  /// Messages that were carried out so far.
  virtual int messages() const = 0;
};

}  // namespace fithome::vspi
