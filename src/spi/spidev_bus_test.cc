// SPDX-License-Identifier: MIT
//
// What can be said of SpidevBus without a device; transfers are in tests/rigs/.
#include "spi/spidev_bus.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>

namespace fithome::spi {
namespace {

class SpidevBusWithoutADevice : public ::testing::Test {
 protected:
  SpidevBusWithoutADevice() {
    std::string folder = (std::filesystem::temp_directory_path() / "spidev-XXXXXX").string();
    if (!::mkdtemp(folder.data())) throw std::runtime_error("no temporary folder");
    folder_ = folder;
  }
  ~SpidevBusWithoutADevice() override { std::filesystem::remove_all(folder_); }

  std::string touch(const char* file) const {
    const auto path = (folder_ / file).string();
    std::ofstream{path};
    return path;
  }
  static Error refusal(SpidevConfig config) {
    auto bus = SpidevBus::open(std::move(config));
    EXPECT_FALSE(bus.has_value());
    return bus ? Error{} : bus.error();
  }

  std::filesystem::path folder_;
};

TEST_F(SpidevBusWithoutADevice, SaysHowToTurnSpiOnWhereThereIsNone) {
  const auto error = refusal({.path = (folder_ / "spidev0.0").string()});

  EXPECT_EQ(error.code, Code::not_found);
  EXPECT_TRUE(error.what.contains("raspi-config")) << error.what;
  EXPECT_TRUE(error.what.contains("dtparam=spi=on")) << error.what;
  EXPECT_EQ(error.what.find('\n'), std::string::npos);
}

TEST_F(SpidevBusWithoutADevice, NamesTheDevicesThatDoExist) {
  touch("spidev1.1");
  touch("spidev1.0");
  touch("spare");

  const auto error = refusal({.path = (folder_ / "spidev0.0").string()});

  EXPECT_EQ(error.code, Code::not_found);
  EXPECT_TRUE(error.what.contains((folder_ / "spidev1.0").string() + ", " +
                                  (folder_ / "spidev1.1").string()))
      << error.what;
  EXPECT_EQ(error.what.find("spare"), std::string::npos);
}

TEST_F(SpidevBusWithoutADevice, NeverAdvisesTheFlashThatAPi5BootsFrom) {
  touch("spidev10.0");

  const auto error = refusal({.path = (folder_ / "spidev0.0").string()});

  EXPECT_EQ(error.what.find("spidev10.0"), std::string::npos) << error.what;
  EXPECT_TRUE(error.what.contains("dtparam=spi=on")) << error.what;
}

TEST_F(SpidevBusWithoutADevice, RefusesWhatIsNoSpiDevice) {
  EXPECT_TRUE(refusal({.path = touch("notes.txt")}).what.contains("not an SPI device"));
  EXPECT_TRUE(refusal({.path = folder_.string()}).what.contains("not an SPI device"));
  EXPECT_EQ(refusal({.path = "/dev/null"}).code, Code::invalid);
}

TEST_F(SpidevBusWithoutADevice, RefusesASpeedTheChipCannotFollow) {
  for (const std::uint32_t speed : {0U, 399U, 1'100'001U, 16'000'000U}) {
    const auto error = refusal({.path = touch("spidev0.0"), .speed_hz = speed});
    EXPECT_EQ(error.code, Code::invalid) << speed;
    EXPECT_TRUE(error.what.contains("datasheet 6.1")) << error.what;
  }
}

TEST_F(SpidevBusWithoutADevice, SaysWhichGroupGivesPermission) {
  const auto path = touch("spidev0.0");
  ASSERT_EQ(::chmod(path.c_str(), 0), 0);
  ASSERT_EQ(::chmod(folder_.c_str(), 0755), 0);
  if (::geteuid() == 0 && ::seteuid(65534) != 0) GTEST_SKIP() << "cannot become another user";

  const auto error = refusal({.path = path});

  if (::getuid() == 0) {
    ASSERT_EQ(::seteuid(0), 0);
  }
  EXPECT_EQ(error.code, Code::invalid);
  EXPECT_TRUE(error.what.contains("group spi")) << error.what;
}

}  // namespace
}  // namespace fithome::spi
