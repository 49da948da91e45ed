// SPDX-License-Identifier: MIT
#include "spi/spidev_bus.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/spi/spidev.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>
#include <vector>

namespace fithome::spi {
namespace {

constexpr std::uint8_t kBits = 8;

// spidev copies a message through a buffer of `bufsiz` bytes, in which each transfer begins on a
// boundary for DMA (spidev_message() in drivers/spi/spidev.c): 128 bytes on arm64, less elsewhere.
// So 4,096 bytes hold 32 frames on a 64-bit Pi, not 1,024.
constexpr std::size_t kDefaultBuffer = 4096;
constexpr std::size_t kRoomPerFrame = 128;
// An ioctl's number holds the size of its argument in 14 bits: under 512 transfers.
constexpr std::size_t kMostFrames = 128;
static_assert(kMostFrames * sizeof(spi_ioc_transfer) < (1U << _IOC_SIZEBITS));

std::size_t frames_per_message() {
  std::size_t buffer = kDefaultBuffer;
  if (std::ifstream parameter("/sys/module/spidev/parameters/bufsiz"); parameter) {
    if (std::size_t told = 0; parameter >> told) buffer = told;
  }
  return std::clamp<std::size_t>(buffer / kRoomPerFrame, 1, kMostFrames);
}

// On a Pi 5 this is the flash it boots from, there even while the header's SPI is off. To advise it
// would send our writes to the boot loader.
constexpr std::string_view kBootFlash = "spidev10.0";

/// The devices that do exist beside the one that does not: "/dev/spidev1.0, /dev/spidev1.1".
std::string devices_beside(const std::string& path) {
  namespace fs = std::filesystem;
  std::vector<std::string> found;
  std::error_code error;
  for (fs::directory_iterator it(fs::path(path).parent_path(), error), end; !error && it != end;
       it.increment(error)) {
    const std::string name = it->path().filename();
    if (name.starts_with("spidev") && name != kBootFlash) found.push_back(it->path().string());
  }
  std::ranges::sort(found);
  return fmt::format("{}", fmt::join(found, ", "));
}

Failure missing(const std::string& path) {
  const auto others = devices_beside(path);
  const auto advice =
      others.empty() ? std::string(
                           "turn SPI on (sudo raspi-config, Interface Options; or dtparam=spi=on "
                           "in /boot/firmware/config.txt) and restart")
                     : fmt::format("this machine has {}: use that name", others);
  return fail(Code::not_found, fmt::format("{}: no such device; {}", path, advice), ENOENT);
}

Failure cannot_open(const std::string& path, int os) {
  switch (os) {
    case ENOENT:
    case ENXIO:
    case ENODEV:
      return missing(path);
    case EACCES:
    case EPERM:
      return fail(Code::invalid,
                  fmt::format("{}: no permission; add the user that runs fithome to group spi "
                              "(sudo usermod -aG spi USER) and log in again",
                              path),
                  os);
    case EISDIR:
      return fail(Code::invalid, fmt::format("{}: a folder, not an SPI device", path), os);
    case EBUSY:
      return fail(
          Code::transient,
          fmt::format("{}: in use by another program; stop that one (sudo fuser {})", path, path),
          os);
    default:
      return os_failure(Code::transient, "open " + path, os);
  }
}

/// An ioctl that only sets or asks, which may be repeated when a signal comes between.
int configure(int device, unsigned long request, void* value) {
  int done = 0;
  do {
    done = ::ioctl(device, request, value);
  } while (done < 0 && errno == EINTR);
  return done;
}

template <class T>
Result<void> set_and_check(const std::string& path, int device, unsigned long write,
                           unsigned long read, T wanted, T mask, const char* what) {
  T value = wanted;
  T found{};
  if (configure(device, write, &value) < 0 || configure(device, read, &found) < 0) {
    const int os = errno;
    if (os == ENOTTY) {
      return fail(Code::invalid, fmt::format("{}: not an SPI device; check the name", path), os);
    }
    if (os == EINVAL) {
      return fail(
          Code::invalid,
          fmt::format("{}: the SPI controller refuses {}; use another SPI port", path, what), os);
    }
    return os_failure(Code::transient, fmt::format("{}: set {}", path, what), os);
  }
  if ((found & mask) != wanted) {
    return fail(Code::invalid,
                fmt::format("{}: asked for {}, the SPI controller answers {:#x}; use another SPI "
                            "port",
                            path, what, found));
  }
  return {};
}

Result<void> set_up(const SpidevConfig& config, int device) {
  // A kernel that drives chip-select as a GPIO may report SPI_CS_HIGH though nobody set it.
  constexpr auto kModeMask = static_cast<std::uint8_t>(~SPI_CS_HIGH);
  FITHOME_TRY_VOID(set_and_check<std::uint8_t>(config.path, device, SPI_IOC_WR_MODE,
                                               SPI_IOC_RD_MODE, SPI_MODE_3, kModeMask,
                                               "mode 3, most significant bit first"));
  FITHOME_TRY_VOID(set_and_check<std::uint8_t>(config.path, device, SPI_IOC_WR_BITS_PER_WORD,
                                               SPI_IOC_RD_BITS_PER_WORD, kBits, 0xFF,
                                               "8 bits a word"));
  FITHOME_TRY_VOID(set_and_check<std::uint32_t>(
      config.path, device, SPI_IOC_WR_MAX_SPEED_HZ, SPI_IOC_RD_MAX_SPEED_HZ, config.speed_hz,
      0xFFFFFFFF, fmt::format("{} Hz", config.speed_hz).c_str()));
  return {};
}

}  // namespace

Result<SpidevBus> SpidevBus::open(SpidevConfig config) {
  if (config.speed_hz < kSlowestHz || config.speed_hz > kFastestHz) {
    return fail(Code::invalid,
                fmt::format("SPI speed {} Hz: the chip follows {} to {} Hz (datasheet 6.1); 500000 "
                            "is a good choice",
                            config.speed_hz, kSlowestHz, kFastestHz));
  }
  UniqueFd device(::open(config.path.c_str(), O_RDWR | O_CLOEXEC));
  if (!device) return cannot_open(config.path, errno);
  FITHOME_TRY_VOID(set_up(config, device.get()));
  return SpidevBus(std::move(config), std::move(device), frames_per_message());
}

Result<void> SpidevBus::transfer(std::span<Frame> frames) {
  while (!frames.empty()) {
    const auto now = frames.first(std::min(frames.size(), most_frames_));
    FITHOME_TRY_VOID(send(now));
    frames = frames.subspan(now.size());
  }
  return {};
}

Result<void> SpidevBus::send(std::span<Frame> frames) {
  std::array<spi_ioc_transfer, kMostFrames> transfers{};
  for (std::size_t i = 0; i < frames.size(); ++i) {
    auto& one = transfers[i];
    one.tx_buf = reinterpret_cast<std::uintptr_t>(frames[i].tx.data());
    one.rx_buf = reinterpret_cast<std::uintptr_t>(frames[i].rx.data());
    one.len = static_cast<std::uint32_t>(frames[i].tx.size());
    one.speed_hz = config_.speed_hz;
    one.bits_per_word = kBits;
    // Between frames it lifts chip-select; after the last one it would leave it down.
    one.cs_change = i + 1 < frames.size();
  }

  const auto bytes = frames.size() * sizeof(spi_ioc_transfer);
  const auto request = _IOC(_IOC_WRITE, SPI_IOC_MAGIC, 0, static_cast<unsigned>(bytes));
  const int moved = ::ioctl(device_.get(), request, transfers.data());
  if (moved < 0) {
    return os_failure(Code::transient, fmt::format("{}: transfer", config_.path), errno);
  }
  const auto wanted = frames.size() * sizeof(Frame::tx);
  if (static_cast<std::size_t>(moved) != wanted) {
    return fail(Code::transient,
                fmt::format("{}: {} of {} bytes transferred", config_.path, moved, wanted));
  }
  return {};
}

std::string SpidevBus::describe() const {
  return fmt::format("{} (mode 3, {:g} kHz)", config_.path, config_.speed_hz / 1000.0);
}

}  // namespace fithome::spi
