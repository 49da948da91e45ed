// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

#include "app/print_energy.h"
#include "app/print_events.h"
#include "app/print_now.h"
#include "app/print_status.h"
#include "app/print_table.h"
#include "app/print_text.h"

namespace fithome::app {
namespace {

using namespace std::chrono_literals;

// What people see is in local time: here a zone without surprises.
class Print : public testing::Test {
 protected:
  Print() {
    ::setenv("TZ", "UTC0", 1);
    ::tzset();
  }
};

const UtcTime kTime = *parse_time("2026-11-22T22:40:00Z", UtcTime{});

Now split_phase_now() {
  Now now;
  now.meter = "mains";
  now.age_s = 0.4;
  now.reading.time = kTime;
  for (const auto& [name, value] :
       std::initializer_list<std::pair<std::string_view, double>>{{"p", 1234.5},
                                                                  {"q", 210.02},
                                                                  {"s", 1260.11},
                                                                  {"pf", 0.98},
                                                                  {"f", 60.01},
                                                                  {"temp", 35},
                                                                  {"u_a", 121.3},
                                                                  {"i_a", 5.312},
                                                                  {"p_a", 600.1},
                                                                  {"q_a", 100.2},
                                                                  {"s_a", 610.3},
                                                                  {"pf_a", 0.983},
                                                                  {"u_c", 120.9},
                                                                  {"p_c", 634.4},
                                                                  {"q_c", 109.82},
                                                                  {"s_c", 649.81},
                                                                  {"pf_c", 0.976}}) {
    now.reading.set(*reading::find_channel(name), value);
  }
  for (reading::ChannelId id = 0; id < reading::kChannelCount; ++id) {
    if (reading::kChannels[id].line != 1) now.channels.push_back(id);
  }
  return now;
}

TEST_F(Print, ShowsPowerInWattsBelowAKilowattAndInKilowattsFromThere) {
  EXPECT_EQ(power_text(0, "W"), "0.0 W");
  EXPECT_EQ(power_text(-3.14, "W"), "-3.1 W");
  EXPECT_EQ(power_text(999.94, "W"), "999.9 W");
  EXPECT_EQ(power_text(999.96, "W"), "1.000 kW");
  EXPECT_EQ(power_text(-12345.6, "var"), "-12.346 kvar");
}

TEST_F(Print, ShowsTimesAndSizesInTheUnitThatReadsBest) {
  EXPECT_EQ(duration_text(0.44), "0.4 s");
  EXPECT_EQ(duration_text(119), "119 s");
  EXPECT_EQ(duration_text(3601), "60 min");
  EXPECT_EQ(duration_text(7200), "2 h");
  EXPECT_EQ(duration_text(200'000), "2 days");
  EXPECT_EQ(bytes_text(40'960), "41.0 kB");
  EXPECT_EQ(bytes_text(2.5e9), "2.5 GB");
}

TEST_F(Print, AlignsByCharactersNotByBytes) {
  EXPECT_EQ(right("35 °C", 7), "  35 °C");
  EXPECT_EQ(left("°C", 4), "°C  ");
  EXPECT_EQ(right("too wide", 3), "too wide");
}

TEST_F(Print, ShowsAReadingAsATableWithADashWhereNothingWasMeasured) {
  EXPECT_EQ(now_table(split_phase_now(), {}),
            "mains, 2026-11-22 22:40:00, 0.4 s ago\n"
            "\n"
            "1.234 kW from the grid\n"
            "\n"
            "                        house       line a       line c\n"
            "active power         1.234 kW      600.1 W      634.4 W\n"
            "reactive power      210.0 var    100.2 var    109.8 var\n"
            "apparent power      1.260 kVA     610.3 VA     649.8 VA\n"
            "power factor            0.980        0.983        0.976\n"
            "voltage                           121.30 V     120.90 V\n"
            "current                            5.312 A            -\n"
            "frequency            60.01 Hz\n"
            "chip                    35 °C\n");
}

TEST_F(Print, SaysThatAHouseGivesAndThatItIsSimulatedAndWhatIsDoubtful) {
  Now now = split_phase_now();
  now.simulated = true;
  now.reading.set(reading::house_channel(reading::Quantity::active_power), -512);
  now.reading.flags = bit(reading::Flag::simulated) | bit(reading::Flag::clipped);

  const std::string table = now_table(now, {});

  EXPECT_TRUE(table.starts_with(
      "mains, 2026-11-22 22:40:00, 0.4 s ago, SIMULATED: no real house\n\n512.0 W to the grid\n"))
      << table;
  EXPECT_TRUE(table.ends_with("°C\n\nclipped: a voltage or current beyond the range\n")) << table;
}

TEST_F(Print, ShowsAReadingInALine) {
  Now now = split_phase_now();
  now.reading.flags = bit(reading::Flag::late);

  EXPECT_EQ(now_line(now),
            "2026-11-22 22:40:00       1.234 kW  a     600.1 W  c     634.4 W  121.30 V  120.90 V"
            "  60.01 Hz  late\n");
}

TEST_F(Print, ColoursOnlyWhenAsked) {
  EXPECT_EQ(Style{.colour = false}.bold("x"), "x");
  EXPECT_EQ(Style{.colour = true}.bold("x"), "\x1b[1mx\x1b[0m");
  EXPECT_EQ(now_table(split_phase_now(), {}).find('\x1b'), std::string::npos);
}

TEST_F(Print, ShowsRowsOfCsvBelowOneAnother) {
  const Table table("time,p,u_a,temp,flags");

  EXPECT_EQ(table.heading() + table.row("2026-11-22T22:40:00.000Z,-1234.56,121.30,35,") +
                table.row("2026-11-22T22:40:01.250Z,5.00,,,simulated late"),
            "time                              p         u_a        temp  flags\n"
            "                                  W           V          °C\n"
            "2026-11-22 22:40:00        -1234.56      121.30          35\n"
            "2026-11-22 22:40:01.250        5.00           -           -  simulated late\n");
}

TEST_F(Print, ShowsEnergyOfTheDayAndOfAllTime) {
  EnergyReport report;
  report.time = kTime;
  report.meter = "mains";
  const auto wh = [](std::int64_t whole) { return reading::Energy{whole * 1'000'000'000}; };
  report.shares = {{kTime - 22h, {{"net", {wh(12'345), wh(7)}}, {"a", {wh(6000), wh(0)}}}},
                   {{}, {{"net", {wh(1'234'567), wh(89)}}, {"counted", {wh(1'234'570), wh(92)}}}}};

  EXPECT_EQ(energy_table(report, {}),
            "mains, 2026-11-22 22:40:00\n"
            "\n"
            "                               from the grid     to the grid\n"
            "since midnight\n"
            "  net                             12.345 kWh       0.007 kWh\n"
            "    line a                         6.000 kWh       0.000 kWh\n"
            "\n"
            "since the meter began\n"
            "  net                           1234.567 kWh       0.089 kWh\n"
            "  each line counted             1234.570 kWh       0.092 kWh\n"
            "\n"
            "net: the lines summed at each instant, as most utilities bill\n");
}

TEST_F(Print, ShowsEventsTheNewestLastWithTheirMeterAndDepth) {
  EventsReport report{kTime - 24h, kTime, {}, {"solar", ""}};
  report.events = {{.meter = 2,
                    .kind = "sag",
                    .begin = kTime - 1min,
                    .end = kTime - 56s,
                    .cause = "the voltage fell",
                    .channel = *reading::find_channel("u_a"),
                    .worst = 9812},
                   {.kind = "outage", .begin = kTime - 3min, .cause = "the mains were gone"}};

  EXPECT_EQ(events_table(report, {}),
            "time                 what                  for       worst       why\n"
            "2026-11-22 22:37:00  outage                lasts                 the mains were gone\n"
            "2026-11-22 22:39:00  solar: sag a          4.0 s     98.12 V     the voltage fell\n");
}

TEST_F(Print, ShowsWhatIsWrongAndWhatToDo) {
  StatusReport report;
  report.status.version = "0.1.0";
  report.status.meter = "mains";
  report.status.wiring = "split_phase";
  report.status.device = "/dev/spidev0.0 (mode 3, 500 kHz)";
  report.status.data = "/var/lib/fithome";
  report.status.uptime_s = 180;
  report.status.readings = 170;
  report.status.missed = 10;
  report.status.last_reading = kTime;
  report.last_reading_age_s = 10;
  report.status.faults = {
      {"chip_absent", kTime, "no chip answers", "check the ribbon cable and the 3.3 V"}};
  report.events = {{.kind = "gap", .begin = kTime, .end = {}, .cause = "no chip answers"},
                   {.kind = "start", .begin = kTime - 3min, .end = kTime - 3min, .cause = ""}};

  EXPECT_EQ(status_text(report, true, {}),
            "1 fault\n"
            "\n"
            "FitHome     0.1.0\n"
            "meter       mains, split_phase\n"
            "device      /dev/spidev0.0 (mode 3, 500 kHz)\n"
            "reading     2026-11-22 22:40:00, 10 s ago\n"
            "running     for 3 min, a reading every 1 s\n"
            "since then  170 stored, 10 missed, 0 dropped\n"
            "wire        0 errors, 0 retries, 0 chip resets\n"
            "late        0 readings, the worst by 0.0 ms\n"
            "data        /var/lib/fithome\n"
            "            the store cannot be read\n"
            "\n"
            "wrong now\n"
            "  2026-11-22 22:40:00  chip_absent: no chip answers\n"
            "    check the ribbon cable and the 3.3 V\n"
            "\n"
            "happened lately\n"
            "  2026-11-22 22:40:00  gap, not over: no chip answers\n"
            "  2026-11-22 22:37:00  start\n");
}

}  // namespace
}  // namespace fithome::app
