// SPDX-License-Identifier: MIT
#include "api/metrics.h"

#include <gtest/gtest.h>

#include <ctime>

#include "api/exposition_check.h"
#include "api/test_house.h"

namespace fithome::api {
namespace {

std::string faults(const Exposed& exposed) {
  std::string all;
  for (const std::string& fault : exposed.faults) all += fault + "\n";
  return all;
}

class Metrics : public TestHouse {
 protected:
  MetricsInput input() {
    return {.status = live.status(),
            .newest = live.newest(),
            .ledger = live.ledger(),
            .process = this_process(),
            .now = kNow};
  }
  Exposed read(MetricsFormat format) {
    const bool open = format == MetricsFormat::open_metrics;
    return ExpositionCheck(open).read(metrics_text(input(), format));
  }
  void fill() {
    reading::Reading all{.time = kNow, .flags = 0, .steps = {}};
    for (auto& step : all.steps) step = -12345;
    all.set(*reading::find_channel("p"), -1500.25);
    live.publish(all);
    live.set_ledger(ledger_at(kNow, 480'004));
    live.change([](Status& status) {
      status.revision = "0123456789ab";
      status.version = "1 \"quoted\" \\ and\nbroken";
      status.faults.push_back({"chip_absent", kNow, "no chip", "look"});
      status.spi_errors = 7;
    });
  }
};

TEST_F(Metrics, AreReadInBothFormats) {
  for (const auto format : {MetricsFormat::prometheus, MetricsFormat::open_metrics}) {
    EXPECT_EQ(faults(read(format)), "") << "before the first reading";
  }
  fill();
  for (const auto format : {MetricsFormat::prometheus, MetricsFormat::open_metrics}) {
    const Exposed exposed = read(format);
    EXPECT_EQ(faults(exposed), "");
    EXPECT_GT(exposed.samples.size(), 40U);
  }
}

TEST_F(Metrics, TellTheSameInBothFormats) {
  fill();
  auto plain = read(MetricsFormat::prometheus).samples;
  auto open = read(MetricsFormat::open_metrics).samples;
  for (auto* samples : {&plain, &open}) {
    samples->erase("process_cpu_seconds_total");
    samples->erase("process_resident_memory_bytes");
  }
  EXPECT_EQ(plain, open);
}

TEST_F(Metrics, CountEnergyInJoules) {
  fill();
  const auto samples = read(MetricsFormat::prometheus).samples;
  EXPECT_EQ(samples.at(R"(fithome_energy_joules_total{direction="import",phase="a"})"), "5400045");
  EXPECT_EQ(samples.at(R"(fithome_energy_joules_total{direction="export",phase="c"})"),
            "1350011.25");
  EXPECT_EQ(samples.at(R"(fithome_house_energy_joules_total{netting="net",direction="import"})"),
            "4050033.75");
  EXPECT_EQ(
      samples.at(R"(fithome_house_energy_joules_total{netting="counted",direction="export"})"),
      "1350011.25");
  EXPECT_FALSE(samples.contains(R"(fithome_energy_joules_total{direction="import",phase="b"})"));
}

TEST_F(Metrics, NameEachQuantityWithItsUnit) {
  fill();
  const auto samples = read(MetricsFormat::open_metrics).samples;
  EXPECT_EQ(samples.at("fithome_house_active_power_watts"), "-1500.25");
  EXPECT_EQ(samples.at(R"(fithome_active_power_watts{phase="a"})"), "-123.45");
  EXPECT_EQ(samples.at(R"(fithome_current_amperes{phase="c"})"), "-12.345");
  EXPECT_TRUE(samples.contains("fithome_frequency_hertz"));
  EXPECT_TRUE(samples.contains("fithome_chip_temperature_celsius"));
  EXPECT_EQ(samples.at("fithome_simulated"), "1");
  EXPECT_EQ(samples.at("fithome_spi_errors_total"), "7");
  EXPECT_EQ(samples.at(R"(fithome_fault_active{fault="chip_absent"})"), "1");
  EXPECT_EQ(
      samples.at(
          R"(fithome_build_info{version="1 \"quoted\" \\ and\nbroken",revision="0123456789ab"})"),
      "1");
  EXPECT_EQ(std::stod(samples.at("fithome_last_reading_timestamp_seconds")), 1795387200);
}

// A chip that is gone must not look like a house whose power stands still.
TEST_F(Metrics, ForgetValuesThatAreOld) {
  fill();
  live.publish(reading_at(kNow - std::chrono::seconds(11), 5));
  const auto samples = read(MetricsFormat::prometheus).samples;
  EXPECT_FALSE(samples.contains("fithome_house_active_power_watts"));
  EXPECT_TRUE(samples.contains("fithome_last_reading_timestamp_seconds"));
  EXPECT_TRUE(
      samples.contains(R"(fithome_house_energy_joules_total{netting="net",direction="import"})"));
}

TEST_F(Metrics, ComeInTheFormatAskedFor) {
  const auto answer = [&](std::string_view accept) {
    return routes.answer({.target = "/metrics", .host = "localhost", .accept = accept});
  };
  EXPECT_EQ(answer("*/*").content_type, "text/plain; version=0.0.4; charset=utf-8");
  Response open = answer("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.2");
  EXPECT_EQ(open.content_type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
  EXPECT_TRUE(body_text(open).ends_with("# EOF\n"));
}

TEST(Process, KnowsItself) {
  const auto process = this_process();
  ASSERT_TRUE(process);
  EXPECT_GT(process->resident_bytes, 500'000U);
  EXPECT_GT(process->start_unix_s, 1.7e9);
  EXPECT_LE(process->start_unix_s, static_cast<double>(::time(nullptr)) + 2);
}

}  // namespace
}  // namespace fithome::api
