// SPDX-License-Identifier: MIT
//
// SpidevBus against the simulated chip, through the kernel.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/spi/spidev.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "chip/registers.h"
#include "sim/house.h"
#include "sim/sim_chip.h"
#include "spi/spidev_bus.h"
#include "vspi/virtual_spidev.h"

namespace fithome {
namespace {

using chip::Reg;
using spi::Frame;
using spi::SpidevBus;

constexpr std::uint16_t kDefaultGain = 0x8000;

Frame reading(std::uint16_t address) {
  return {.tx = {static_cast<std::uint8_t>(0x80 | address >> 8),
                 static_cast<std::uint8_t>(address & 0xFF), 0, 0}};
}
Frame reading(Reg reg) { return reading(chip::address(reg)); }
Frame writing(Reg reg, std::uint16_t value) {
  const auto address = chip::address(reg);
  return {.tx = {static_cast<std::uint8_t>(address >> 8), static_cast<std::uint8_t>(address & 0xFF),
                 static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value & 0xFF)}};
}
std::uint16_t answer(const Frame& frame) {
  return static_cast<std::uint16_t>(frame.rx[2] << 8 | frame.rx[3]);
}

class Spidev : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* why_not = ::geteuid() != 0                     ? "not root"
                          : ::access("/dev/fuse", R_OK | W_OK) ? "no /dev/fuse"
                                                               : nullptr;
    if (why_not) {
      if (std::getenv("CI")) FAIL() << "the virtual spidev cannot run: " << why_not;
      GTEST_SKIP() << "SKIPPED: the virtual spidev cannot run: " << why_not;
    }
    std::string folder = (std::filesystem::temp_directory_path() / "spidev-XXXXXX").string();
    ASSERT_TRUE(::mkdtemp(folder.data()));
    folder_ = folder;
    path_ = (folder_ / "spidev0.0").string();
    std::ofstream{path_};
    auto device = vspi::VirtualSpidev::mount(path_, wire_, misuse_);
    ASSERT_TRUE(device) << device.error().what;
    device_ = *std::move(device);
  }
  void TearDown() override {
    bus_.reset();
    device_.reset();
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }

  SpidevBus& bus(std::uint32_t speed_hz = 500'000) {
    auto opened = SpidevBus::open({.path = path_, .speed_hz = speed_hz});
    EXPECT_TRUE(opened.has_value()) << opened.error().what;
    bus_.emplace(*std::move(opened));
    return *bus_;
  }
  std::uint16_t read(Reg reg) {
    auto frame = reading(reg);
    const auto done = bus_->transfer({&frame, 1});
    EXPECT_TRUE(done.has_value()) << done.error().what;
    return answer(frame);
  }
  void write(Reg reg, std::uint16_t value) {
    auto frame = writing(reg, value);
    const auto done = bus_->transfer({&frame, 1});
    EXPECT_TRUE(done.has_value()) << done.error().what;
  }
  /// What any program may do to a spidev, SpidevBus or not.
  int raw(unsigned long request, void* value) {
    const UniqueFd device(::open(path_.c_str(), O_RDWR | O_CLOEXEC));
    return ::ioctl(device.get(), request, value);
  }

  ManualClock clock_{std::chrono::sys_days(std::chrono::June / 1 / 2026)};
  std::unique_ptr<sim::House> house_ = sim::generated_house(1, Hertz{60}, Volts{120});
  sim::SimChip chip_{clock_, *house_};
  sim::Wire wire_{chip_};
  vspi::Misuse misuse_;
  std::filesystem::path folder_;
  std::string path_;
  std::unique_ptr<vspi::VirtualSpidev> device_;
  std::optional<SpidevBus> bus_;
};

TEST_F(Spidev, FindsTheChipByItsPowerOnValues) {
  bus();

  EXPECT_EQ(read(Reg::ChannelMapI), 0x0210);
  EXPECT_EQ(read(Reg::ChannelMapU), 0x0654);
  EXPECT_EQ(read(Reg::SagPeakDetCfg), 0x143F);
  EXPECT_EQ(read(Reg::UgainA), kDefaultGain);
  EXPECT_EQ(device_->mode(), static_cast<std::uint32_t>(SPI_MODE_3));
  EXPECT_EQ(bus_->describe(), path_ + " (mode 3, 500 kHz)");
}

TEST_F(Spidev, WritesWhatIsUnlockedAndNothingElse) {
  bus();

  write(Reg::UgainA, 37106);
  EXPECT_EQ(read(Reg::UgainA), kDefaultGain);

  write(Reg::CfgRegAccEn, chip::kUnlockKey);
  write(Reg::UgainA, 37106);
  EXPECT_EQ(read(Reg::UgainA), 37106);
}

TEST_F(Spidev, SendsManyFramesInFewMessagesEachInAChipSelectOfItsOwn) {
  bus();
  write(Reg::CfgRegAccEn, chip::kUnlockKey);
  std::vector<Frame> frames;
  for (int n = 0; n < 40; ++n) {
    frames.push_back(writing(Reg::UgainA, static_cast<std::uint16_t>(1000 + n)));
    frames.push_back(reading(Reg::UgainA));
  }
  const int before = device_->messages();

  const auto done = bus_->transfer(frames);

  ASSERT_TRUE(done) << done.error().what;
  for (std::size_t n = 0; n < 40; ++n) EXPECT_EQ(answer(frames[2 * n + 1]), 1000 + n);
  EXPECT_EQ(device_->messages() - before, 3) << "32 frames fit into spidev's buffer on arm64";
}

TEST_F(Spidev, AnEmptyTransferIsNoMessage) {
  bus();
  const int before = device_->messages();

  EXPECT_TRUE(bus_->transfer({}).has_value());
  EXPECT_EQ(device_->messages(), before);
}

TEST_F(Spidev, TheKernelPutsAnswersWhereTheFrameLies) {
  bus();
  std::array<Frame, 2> pad{reading(Reg::ChannelMapI), reading(Reg::LastSPIData)};

  const auto done = bus_->transfer(pad);

  ASSERT_TRUE(done) << done.error().what;
  EXPECT_EQ(answer(pad[0]), 0x0210);
  EXPECT_EQ(answer(pad[1]), 0x0210);
}

TEST_F(Spidev, RefusesASpeedThatTheChipWouldGarble) {
  const auto refused = SpidevBus::open({.path = path_, .speed_hz = 2'000'000});
  ASSERT_FALSE(refused.has_value());
  EXPECT_TRUE(refused.error().what.contains("datasheet 6.1"));

  // What it spares us: the same read at twice the limit, past SpidevBus.
  auto frame = reading(Reg::ChannelMapI);
  std::uint8_t mode = SPI_MODE_3;
  ASSERT_EQ(raw(SPI_IOC_WR_MODE, &mode), 0);
  spi_ioc_transfer transfer{};
  transfer.tx_buf = reinterpret_cast<std::uintptr_t>(frame.tx.data());
  transfer.rx_buf = reinterpret_cast<std::uintptr_t>(frame.rx.data());
  transfer.len = 4;
  transfer.speed_hz = 2'000'000;
  ASSERT_EQ(raw(SPI_IOC_MESSAGE(1), &transfer), 4);
  EXPECT_NE(answer(frame), 0x0210);
  transfer.speed_hz = 1'100'000;
  ASSERT_EQ(raw(SPI_IOC_MESSAGE(1), &transfer), 4);
  EXPECT_EQ(answer(frame), 0x0210);
}

TEST_F(Spidev, AWrongModeShiftsAnswersByABit) {
  bus();
  std::uint8_t mode = SPI_MODE_1;
  ASSERT_EQ(raw(SPI_IOC_WR_MODE, &mode), 0);

  EXPECT_EQ(read(Reg::ChannelMapI) & 0x7FFF, 0x0210 >> 1);
}

TEST_F(Spidev, FramesThatAreNot32ClocksWriteNothing) {
  bus();
  write(Reg::CfgRegAccEn, chip::kUnlockKey);

  // Two frames in one chip-select: 64 clocks.
  std::array<Frame, 2> frames{writing(Reg::UgainA, 1), writing(Reg::UgainC, 2)};
  std::array<spi_ioc_transfer, 2> transfers{};
  for (std::size_t n = 0; n < 2; ++n) {
    transfers[n].tx_buf = reinterpret_cast<std::uintptr_t>(frames[n].tx.data());
    transfers[n].len = 4;
  }
  ASSERT_EQ(raw(SPI_IOC_MESSAGE(2), transfers.data()), 8);

  EXPECT_EQ(read(Reg::UgainA), kDefaultGain);
  EXPECT_EQ(read(Reg::UgainC), kDefaultGain);
}

TEST_F(Spidev, AMessageLargerThanTheKernelsBufferIsRefused) {
  std::array<spi_ioc_transfer, 33> transfers{};
  for (auto& one : transfers) one.len = 4;

  EXPECT_EQ(raw(SPI_IOC_MESSAGE(33), transfers.data()), -1);
  EXPECT_EQ(errno, EMSGSIZE);
}

TEST_F(Spidev, AUserWithoutPermissionIsToldWhichGroup) {
  ASSERT_EQ(::chmod(folder_.c_str(), 0755), 0);
  device_.reset();
  ASSERT_EQ(::chmod(path_.c_str(), 0600), 0);
  auto again = vspi::VirtualSpidev::mount(path_, wire_, misuse_);
  ASSERT_TRUE(again) << again.error().what;
  device_ = *std::move(again);

  ASSERT_EQ(::seteuid(65534), 0);
  const auto refused = SpidevBus::open({.path = path_});
  ASSERT_EQ(::seteuid(0), 0);

  ASSERT_FALSE(refused.has_value());
  EXPECT_TRUE(refused.error().what.contains("group spi")) << refused.error().what;
}

TEST_F(Spidev, ADeviceThatGoesAwayIsATransientError) {
  bus();
  device_.reset();

  auto frame = reading(Reg::MeterEn);
  const auto done = bus_->transfer({&frame, 1});

  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().code, Code::transient);
  EXPECT_TRUE(done.error().what.starts_with(path_)) << done.error().what;
}

}  // namespace
}  // namespace fithome
