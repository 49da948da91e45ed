// SPDX-License-Identifier: MIT
//
// Any request, as text: "METHOD TARGET ..." and lines of "Name: value". The routes must answer
// each, and what they say is JSON must be JSON.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "api/fake_live.h"
#include "api/host_guard.h"
#include "api/routes.h"
#include "store/store.h"

namespace {

using namespace fithome;
using namespace fithome::api;

constexpr UtcTime kNow{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22}};

// Made once: each input asks the same house.
class House {
 public:
  House() {
    auto store = store::Store::open(directory_.path());
    if (!store) std::abort();
    std::vector<reading::Reading> readings;
    for (int n = 0; n < 50; ++n) {
      readings.push_back(reading_at(kNow - std::chrono::minutes(17 * (50 - n)), n));
    }
    const auto ledger = fithome::api::ledger_at(readings.back().time, 1000);
    if (!store->append({.readings = readings, .ledger = &ledger})) std::abort();
    live_.publish(readings.back());
    live_.set_ledger(ledger);
  }
  Response ask(const Request& request) const { return routes_.answer(request); }

 private:
  TemporaryDirectory directory_;
  FakeLive live_;
  ManualClock clock_{kNow};
  Routes routes_{{live_, clock_, directory_.path()}, true};
};

std::string_view take_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

// Taken apart more loosely than Beast does, so that more comes through.
Request parse_request(std::string_view text) {
  Request request;
  std::string_view first = take_line(text);
  request.method = first.substr(0, first.find(' '));
  first.remove_prefix(std::min(request.method.size() + 1, first.size()));
  request.target = first.substr(0, first.rfind(" HTTP/"));
  while (!text.empty()) {
    std::string_view value = take_line(text);
    if (value.ends_with('\r')) value.remove_suffix(1);
    const std::string_view name = value.substr(0, value.find(": "));
    value.remove_prefix(std::min(name.size() + 2, value.size()));
    if (name == "Host") request.host = value;
    if (name == "Accept") request.accept = value;
    if (name == "Accept-Encoding") request.accept_encoding = value;
    if (name == "If-None-Match") request.if_none_match = value;
  }
  return request;
}

// All there is to come, or nothing where it would take too long: a step of a second over an age is
// allowed to.
bool read_body(Response& response, std::string& body) {
  if (auto* text = std::get_if<std::string>(&response.body)) {
    body = *text;
    return true;
  }
  auto* pull = std::get_if<Pull>(&response.body);
  for (int pieces = 0; pull != nullptr && pieces < 1000; ++pieces) {
    const auto more = (*pull)(body);
    if (!more) std::abort();  // the store is sound
    if (!*more) return true;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const House house;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const Request request = parse_request(text);

  Response response = house.ask(request);

  const std::string head = head_text(response, framing(response, true), true);
  // Nothing that was asked may become a line of the head.
  if (std::ranges::count(head, '\r') != std::ranges::count(head, '\n')) std::abort();
  if (!is_house_name(request.host) && response.status != 421) std::abort();
  std::string body;
  if (!read_body(response, body)) return 0;
  if (response.content_type == Response::kJson &&
      nlohmann::json::parse(body, nullptr, false).is_discarded()) {
    std::abort();
  }
  return 0;
}
