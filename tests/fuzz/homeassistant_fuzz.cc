// SPDX-License-Identifier: MIT
//
// Any bytes as what a Home Assistant answers, a message a line: an error or hours in order, never
// more, or sensors of ours, and it is not asked for ever.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "check.h"
#include "homeassistant/client.h"

namespace {

using namespace fithome;
using namespace fithome::homeassistant;

class Lines final : public Wire {
 public:
  explicit Lines(std::string_view text) : text_(text) {}
  Result<void> send(std::string_view) override {
    check(++sent_ < 100'000);
    return {};
  }
  Result<std::string> receive() override {
    if (text_.empty()) return fail(Code::transient, "it broke off");
    const std::size_t end = std::min(text_.find('\n'), text_.size());
    std::string line(text_.substr(0, end));
    text_.remove_prefix(std::min(end + 1, text_.size()));
    return line;
  }

 private:
  std::string_view text_;
  int sent_ = 0;
};

// The same as what it answers to the question which sensors it keeps.
void ask_for_sensors(std::string_view text, const Statistic& statistic) {
  auto client = Client::log_in(std::make_unique<Lines>(text), "token");
  if (!client) return;
  const auto sensors = client->sensors({&statistic, 1});
  if (!sensors) return;
  for (const Statistic& one : *sensors) {
    check(one.of_sensor && one.sensor == statistic.sensor && one.id.size() <= text.size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto client = Client::log_in(std::make_unique<Lines>(text), "token");
  if (!client) return 0;
  const Statistic statistic{
      .id = "fithome:ab_1_import", .name = "Import", .sensor = "fithome_ab_1_import"};
  ask_for_sensors(text, statistic);
  const UtcTime from{}, to = from + std::chrono::days(30'000);
  const auto hours = client->hours(statistic, from, to);
  if (!hours) return 0;
  check(std::ranges::is_sorted(*hours, {}, &Hour::start));
  for (const Hour& hour : *hours) check(hour.start >= from && hour.start < to);
  (void)client->import(statistic, *hours);
  return 0;
}
