// SPDX-License-Identifier: MIT
//
// Any bytes as a request at the control socket, and any bytes as its answer. A request is answered
// whatever it is, by lines of JSON that end in one that says so, and no energy register is touched.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <thread>

#include "app/control_client.h"
#include "app/control_meter.h"
#include "app/poll_json.h"
#include "sim/sim_bus.h"

namespace {

using namespace fithome;
using namespace fithome::app;

class NoHouse final : public sim::House {
 public:
  sim::HouseState mean(UtcInstant, UtcInstant) const override { return {}; }
  std::string describe() const override { return "no house"; }
};

// A chip behind the operations of a daemon, made once.
class Meter {
 public:
  Meter() {
    add_meter_operations(operations_, errands_, feed_, {"main"}, "http://127.0.0.1:1/");
    // Polls that are never to be had must not be waited for.
    sampling_ = std::jthread([this](std::stop_token stop) {
      Bench bench{chip_, ledger_, clock_};
      while (errands_.serve_until(clock_.monotonic() + std::chrono::seconds(1), clock_, {&bench, 1},
                                  stop)) {
        feed_.publish({.time = to_stamp(clock_.utc()), .sample = {}, .flags = 0, .missed = "fuzz"});
      }
    });
    bus_.faults.before_frame = [](std::uint16_t address) {
      const auto reg = static_cast<std::uint16_t>(address & 0x3FF);
      if (reg >= 0x80 && reg <= 0xAF) std::abort();
    };
  }
  const Operations& operations() const { return operations_; }

 private:
  ManualClock clock_{UtcInstant(std::chrono::seconds(1'790'000'000))};
  NoHouse house_;
  sim::SimChip simulated_{clock_, house_};
  sim::SimBus bus_{simulated_};
  chip::EnergyPad pad_ = [] {
    chip::EnergyPad pad{};
    chip::reset(pad, {});
    return pad;
  }();
  chip::Chip chip_{bus_, clock_, {}, pad_};
  reading::Ledger ledger_;
  Errands errands_;
  SampleFeed feed_;
  Operations operations_;
  std::jthread sampling_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Meter meter;
  const std::string_view text(reinterpret_cast<const char*>(data), size);

  int lines = 0;
  bool ended = false;
  const auto take = [&](std::string_view line) -> Result<void> {
    if (ended || line.find('\n') != line.npos || !Json::accept(line)) std::abort();
    const auto answer = parse_answer(line);
    if (!answer && answer.error().code == Code::corrupt) std::abort();
    ended = !answer || !*answer;
    // Whoever asks for a hundred thousand polls has gone by then.
    if (!ended && ++lines > 20) return fail(Code::transient, "enough");
    return {};
  };
  const auto done = meter.operations().answer(text, take, {});
  if (!done && lines <= 20) std::abort();
  if (done && !ended) std::abort();

  const auto answer = parse_answer(text);
  if (answer && *answer) (void)parse_poll(**answer);
  return 0;
}
