// SPDX-License-Identifier: MIT
//
// A house to ask about: a fake daemon, a real store, a clock by hand.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>

#include "api/fake_live.h"
#include "api/routes.h"
#include "store/store.h"

namespace fithome::api {

/// All that a body comes to, whichever way it is made.
inline std::string body_text(Response& response) {
  if (auto* text = std::get_if<std::string>(&response.body)) return *text;
  if (auto* bytes = std::get_if<std::span<const unsigned char>>(&response.body)) {
    return {bytes->begin(), bytes->end()};
  }
  std::string all;
  if (auto* pull = std::get_if<Pull>(&response.body)) {
    while (true) {
      const auto more = (*pull)(all);
      if (!more) {
        ADD_FAILURE() << more.error().what;
        break;
      }
      if (!*more) break;
    }
  }
  return all;
}

inline std::string header(const Response& response, std::string_view name) {
  for (const Header& each : response.headers) {
    if (each.name == name) return each.value;
  }
  return {};
}

class TestHouse : public testing::Test {
 protected:
  static constexpr UtcTime kNow{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} +
                                std::chrono::hours(22) + std::chrono::minutes(40)};

  Response ask(std::string_view target, std::string_view method = "GET") const {
    return routes.answer({.method = method, .target = target, .host = "localhost:8080"});
  }
  /// The body of a good answer.
  nlohmann::json json_of(std::string_view target) const {
    Response response = ask(target);
    EXPECT_EQ(response.status, 200) << target;
    return nlohmann::json::parse(body_text(response));
  }
  /// What an answer of this status complains about.
  std::string complaint(int status, std::string_view target) const {
    Response response = ask(target);
    EXPECT_EQ(response.status, status) << target;
    return nlohmann::json::parse(body_text(response))["error"]["what"];
  }

  store::Store& store() {
    if (!store_) {
      auto opened = store::Store::open(directory.path());
      if (!opened) throw std::runtime_error(opened.error().what);
      store_.emplace(*std::move(opened));
    }
    return *store_;
  }
  /// Stores one reading a second, the last of them a second before now: p counts from 1 up.
  void store_readings(int count) {
    std::vector<reading::Reading> readings;
    for (int n = 0; n < count; ++n) {
      readings.push_back(reading_at(kNow - std::chrono::seconds(count - n), n + 1));
    }
    const auto kept = store().append({.readings = readings});
    ASSERT_TRUE(kept) << kept.error().what;
  }

  TemporaryDirectory directory;
  std::optional<store::Store> store_;
  FakeLive live;
  ManualClock clock{kNow};
  Routes routes{{live, clock, directory.path()}, true};
};

}  // namespace fithome::api
