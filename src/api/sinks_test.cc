// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "api/exposition_check.h"
#include "api/metrics.h"
#include "api/test_house.h"

namespace fithome::api {
namespace {

using nlohmann::json;

class Sinks : public TestHouse {
 protected:
  void fill() {
    live.change([](Status& status) {
      status.sinks = {{.name = "mongodb",
                       .target = "FitHome.aggregate at mongodb://pi",
                       .doing = sinks::Doing::failing,
                       .taken = 90,
                       .backlog = 10,
                       .delivered = 90,
                       .refused = 1,
                       .failures = 3,
                       .last_success = kNow,
                       .last_failure = kNow,
                       .last_error = "nobody answers"}};
    });
  }
};

TEST_F(Sinks, AreNoneUnlessConfigured) {
  EXPECT_EQ(json_of("/api/v1/sinks"), (json{{"simulated", true}, {"sinks", json::array()}}));
}

TEST_F(Sinks, TellHowFarTheyAreAndWhatIsWrong) {
  fill();
  const json sink = json_of("/api/v1/sinks")["sinks"][0];

  EXPECT_EQ(sink, (json{{"name", "mongodb"},
                        {"target", "FitHome.aggregate at mongodb://pi"},
                        {"state", "failing"},
                        {"taken", 90},
                        {"backlog", 10},
                        {"delivered", 90},
                        {"refused", 1},
                        {"failures", 3},
                        {"last_success", to_iso(kNow)},
                        {"last_failure", to_iso(kNow)},
                        {"last_error", "nobody answers"}}));
}

TEST_F(Sinks, AreInTheMetrics) {
  fill();
  for (const auto format : {MetricsFormat::prometheus, MetricsFormat::open_metrics}) {
    const std::string text = metrics_text(
        {.status = live.status(), .newest = {}, .ledger = {}, .process = {}, .now = kNow}, format);
    const Exposed exposed = ExpositionCheck(format == MetricsFormat::open_metrics).read(text);
    EXPECT_TRUE(exposed.faults.empty());
    for (const char* line : {"fithome_sink_backlog_readings{sink=\"mongodb\"} 10\n",
                             "fithome_sink_failing{sink=\"mongodb\"} 1\n",
                             "fithome_sink_failures_total{sink=\"mongodb\"} 3\n"}) {
      EXPECT_NE(text.find(line), std::string::npos) << line;
    }
  }
}

}  // namespace
}  // namespace fithome::api
