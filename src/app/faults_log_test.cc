// SPDX-License-Identifier: MIT
//
// What the log says of each fault, whole: that it began and what to do, and that it is over. The
// other things that an owner sees: faults_test.cc.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cctype>
#include <cstdlib>

#include "app/faulty_house.h"
#include "base/unique_fd.h"

namespace fithome::app {
namespace {

using namespace std::chrono_literals;

/// What is logged while it lives: lines with the journal's priority, "<3>" an error.
class CapturedLog {
 public:
  CapturedLog() : file_(::memfd_create("log", MFD_CLOEXEC)), stderr_(::dup(STDERR_FILENO)) {
    ::setenv("JOURNAL_STREAM", "1:1", 1);
    ::dup2(file_.get(), STDERR_FILENO);
  }
  ~CapturedLog() { ::dup2(stderr_.get(), STDERR_FILENO); }
  CapturedLog(const CapturedLog&) = delete;
  CapturedLog& operator=(const CapturedLog&) = delete;

  std::string text() const {
    struct stat found{};
    ::fstat(file_.get(), &found);
    std::string text(static_cast<std::size_t>(found.st_size), '\0');
    const auto got = ::pread(file_.get(), text.data(), text.size(), 0);
    return got == found.st_size ? text : "the log cannot be read";
  }

 private:
  UniqueFd file_, stderr_;
};

std::string begin(std::string_view fault, std::string_view what_and_remedy) {
  return fmt::format("<3>{}: {}\n", fault, what_and_remedy);
}
std::string over(std::string_view fault, int seconds) {
  return fmt::format("<6>{}: over after {} s\n", fault, seconds);
}
/// `from`: minutes and seconds after noon.
std::string gap(std::string_view from, std::string_view cause) {
  return fmt::format("<4>gap: from 2026-06-01T12:{}.000Z: {}\n", from, cause);
}
std::string gap_over(int seconds) { return fmt::format("<6>gap: over after {}.0 s\n", seconds); }

const std::string kUp = "<6>chip: configured and counting\n";
const std::string kUpAgain = "<6>chip: configured again\n";

std::string lost(std::string_view from, const std::string& seen) {
  return begin("chip_lost",
               "chip on simulated chip: " + seen + ". it is configured again by itself") +
         gap(from, "chip on simulated chip: " + seen);
}
std::string back(int seconds) {
  return over("chip_lost", seconds) + kUpAgain + gap_over(seconds + 1);
}
/// `seen` by the check that each poll begins with; `why`: it cannot be configured again.
std::string away(std::string_view from, const std::string& seen, const std::string& why,
                 int seconds) {
  return lost(from, seen) +
         begin("chip_absent",
               "chip on simulated chip: " + why +
                   ". check the wires between Pi and meter, and the meter's supply; it is tried "
                   "again by itself") +
         over("chip_absent", seconds) + back(seconds);
}

const std::string kAllHigh =
    "no energy chip answers, every bit reads 1; check the CS wire and which CS is configured";
const std::string kAllLow =
    "no energy chip answers, every bit reads 0; check the board's power and the MISO wire";
const std::string kReset = "the chip was reset behind our back: voltage gain reads ";
const std::string kChanging =
    "answers change from one time to the next; check all wires and the clock rate";
const std::string kSlow =
    ". a shorter interval, or look for what held the reader up: a slow disk, a busy computer";
const std::string kHalfFull =
    begin("slow_poll", "an energy counter was over half full when it was read" + kSlow);
const std::string kHalfFullNow =
    "<4>chip: an energy counter was over half full; it holds 204.8 Wh between two reads\n";
const std::string kGain =
    "set voltage_gain to that of your board's revision and adapter (docs/configuration.md has a "
    "table), then calibrate";
const std::string kVoltage =
    " 120 V. if it lasts or comes often, switch off what is sensitive and tell the utility; if the "
    "voltage is shown wrong, calibrate";
const std::string kSag = begin("sag", "the voltage of line a fell below 90 % of" + kVoltage);
const std::string kSwell = begin("swell", "the voltage of line a rose above 110 % of" + kVoltage);
const std::string kHasPower =
    "look whether the house has power; if it has, plug in the voltage adapter, and see that its "
    "cable is whole";

struct Said {
  std::string scenario;
  std::string log;  // behind kUp
  Nanoseconds time = 120s;
};

class FaultsByChanceInTheLog : public Faulty {
 protected:
  CapturedLog log_;
};
class FaultsInTheLog : public FaultsByChanceInTheLog, public testing::WithParamInterface<Said> {};

TEST_P(FaultsInTheLog, BeginWithWhatToDoAndEnd) {
  const auto& [scenario, log, time] = GetParam();
  play(scenario, time);
  EXPECT_EQ(log_.text(), kUp + log);
}

std::string name_of(const testing::TestParamInfo<Said>& info) {
  std::string name;
  for (const char c : info.param.scenario) {
    name += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(
    BetweenPiAndChip, FaultsInTheLog,
    testing::Values(
        Said{"+30s chip absent high for 30s", away("00:30", kAllHigh, kAllHigh, 30)},
        Said{"+30s chip absent low for 30s", away("00:30", kAllLow, kAllLow, 30)},
        Said{"+30s chip absent random for 30s",
             away("00:30", kReset + "0x3F3E in place of 0x90F2, metering is on", kChanging, 30)},
        Said{"+30s miso stuck low for 30s", away("00:30", kAllLow, kAllLow, 31)},
        Said{"+30s miso stuck high for 30s", away("00:30", kAllHigh, kAllHigh, 31)},
        Said{"+30s mosi stuck low for 30s", away("00:30", kAllHigh, kAllHigh, 30)},
        Said{"+30s mosi stuck high for 30s", away("00:30", kAllLow, kAllLow, 30)},
        Said{"+0s writes lost for 60s\n+20s brownout",
             away("00:20", kAllLow,
                  "the energy chip answers but takes no writes (0x55AA came back as 0x0000); check "
                  "the MOSI wire",
                  42)},
        Said{"+10s bits flip 0.002 for 60s", ""}, Said{"+10s bus slow for 60s", ""},
        Said{"+10s bus hangs for 20s", gap("00:11", "the computer was too busy") + gap_over(19)},
        Said{"+10s bus hangs for 5m",
             kHalfFull + kHalfFullNow + gap("00:11", "the computer was too busy") + gap_over(299) +
                 over("slow_poll", 61),
             420s},
        Said{"+10s bus hangs for 10m",
             begin("slow_poll",
                   "an energy counter was full when it was read: energy was lost" + kSlow) +
                 "<3>chip: an energy counter was full when it was read: energy was lost; read more "
                 "often or look for what held the reader up\n" +
                 kHalfFullNow + gap("00:11", "the computer was too busy") + gap_over(599) +
                 over("slow_poll", 61),
             720s}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    ChipAndBoard, FaultsInTheLog,
    testing::Values(
        Said{"+30s400ms brownout",
             lost("00:31", kReset + "0x8000 in place of 0x90F2, metering is off") + back(1)},
        Said{"+30s brownout\n+60s brownout\n+90s brownout",
             lost("00:30", kAllLow) + back(1) + lost("01:00", kAllLow) + back(1) +
                 begin("chip_lost", "chip on simulated chip: " + kAllLow +
                                        ". it is configured again by itself") +
                 begin("chip_unsteady",
                       "the chip lost its settings 3 times in ten minutes. its supply is weak or a "
                       "wire is loose: try another adapter, shorter wires, and press all plugs "
                       "home") +
                 gap("01:30", "chip on simulated chip: " + kAllLow) + back(1) +
                 over("chip_unsteady", 602),
             15min},
        Said{"+30s config flips 0x6A 13",
             lost("00:31", "the chip finds its own settings damaged (CRC)") + back(1)},
        Said{"+30s power lost for 20s", away("00:30", kAllLow, kAllLow, 31)},
        Said{
            "+30s adapter missing for 30s",
            begin("outage",
                  "no voltage, though current flows: the voltage adapter is unplugged or broken. " +
                      kHasPower) +
                over("outage", 33)},
        Said{"+30s adapter c missing for 30s",
             begin("outage",
                   "line c has no voltage, though current flows: its voltage adapter is unplugged "
                   "or broken. " +
                       kHasPower) +
                 over("outage", 33)},
        Said{"+30s ct a unplugged for 90s",
             begin("ct_unplugged_a",
                   "line a shows no current at all, though it did: its transformer is off, or all "
                   "that it measures is; which of them cannot be told. if something is switched on "
                   "there, see that its transformer is closed, around the conductor, and plugged "
                   "in; if nothing is, all is well, and this ends with the next current") +
                 over("ct_unplugged_a", 32),
             150s},
        Said{"+30s ct c reversed for 30s",
             begin("ct_turned_c",
                   "the power of line c turned into its mirror image: its transformer, or a second "
                   "voltage adapter, was turned round. turn it back; or, if it is right now, "
                   "restart fithome (and look at `reversed` in the configuration)") +
                 over("ct_turned_c", 30)},
        Said{"+30s cts a c swapped for 30s",
             begin("cts_swapped",
                   "two lines have exchanged their currents: their transformers were swapped. swap "
                   "them back; or, if they are right now, restart fithome") +
                 over("cts_swapped", 30)},
        Said{"+30s load a 8500W for 20s",
             begin("over_current",
                   "line a carried more than the 60 A that its transformer is made for. switch "
                   "something off; if it is usual, the transformer is too small for this line") +
                 begin("clipping",
                       "a voltage or current is beyond the meter's range: what is shown is too "
                       "low. halve pga and double current_gain, or take a larger transformer; if "
                       "the voltage clips, the adapter gives too much") +
                 over("over_current", 24) + over("clipping", 75),
             150s},
        Said{"+30s board gives 0.106 times for 30s",
             kSag +
                 begin("wrong_gain",
                       "the voltage reads about a tenth of 120 V: the gain is that of another "
                       "board revision. " +
                           kGain) +
                 over("wrong_gain", 22) + over("sag", 34)},
        Said{"+30s board gives 9.5 times for 30s",
             begin("wrong_gain",
                   "chip on simulated chip: the voltage of line a reads 655.4 V; check that the "
                   "voltage gain is that of your board and adapter. " +
                       kGain) +
                 gap("00:31",
                     "chip on simulated chip: the voltage of line a reads 655.4 V; check that the "
                     "voltage gain is that of your board and adapter") +
                 kHalfFull + kHalfFullNow + kSwell + gap_over(30) + over("wrong_gain", 32) +
                 over("swell", 4) + over("slow_poll", 61),
             200s}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Mains, FaultsInTheLog,
    testing::Values(
        Said{"+30s frequency 50Hz for 30s",
             begin("wrong_grid",
                   "the mains run at 50.0 Hz, but the meter is set for 60 Hz. say grid = 50 under "
                   "[[meter]], and nominal_v if it is not the usual one") +
                 over("wrong_grid", 30)},
        Said{
            "+10s frequency drifts to 56 for 60s",
            begin("frequency",
                  "the frequency was more than 1 % below 60 Hz. a generator or an inverter drifts; "
                  "or grid in the configuration is wrong (50 or 60)") +
                over("frequency", 54)},
        Said{"+10s voltage 70% for 10s\n+40s voltage 118% for 10s",
             kSag + over("sag", 13) + kSwell + over("swell", 13)},
        Said{"+30s outage for 30s",
             begin("outage",
                   "no voltage and no current: the mains were gone, or the adapter was unplugged "
                   "while nothing ran. " +
                       kHasPower) +
                 over("outage", 33)}),
    name_of);

// Chance has its say in the words here, but not in that they begin and end.
TEST_F(FaultsByChanceInTheLog, AVeryNoisyWire) {
  play("+10s bits flip 0.3 for 60s");
  const std::string log = log_.text();
  for (const char* part :
       {"<3>reading_failed: ", "the wire is noisy, keep wires short. check the wires between",
        "<3>chip_absent: ", "<6>chip_absent: over after ", "<6>reading_failed: over after ",
        "<6>gap: over after "}) {
    EXPECT_NE(log.find(part), std::string::npos) << part << " is not in\n" << log;
  }
}

}  // namespace
}  // namespace fithome::app
