// SPDX-License-Identifier: MIT
//
// Any bytes as a message of a broker, a topic and a payload in two lines: what it takes back is
// ours, what it says instead is JSON, and no rubbish presses a button.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "check.h"
#include "mqtt/commands.h"

namespace {

using namespace fithome;
using namespace fithome::mqtt;

Names names() { return {.site = "0123456789ab", .version = "1"}; }

std::vector<Entity> entities() {
  api::Status status;
  status.lines = {true, false, true};
  auto all = devices_of(status, "home").at(0).entities;
  for (Entity& button : buttons_of(true)) all.push_back(button);
  return all;
}

std::vector<Message> announced(Discovery form) {
  return discovery_of({.id = 1, .name = "home", .entities = entities()}, names(), form);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(text.find('\n'), text.size());
  const Message message{std::string(text.substr(0, end)),
                        std::string(text.substr(std::min(end + 1, text.size())))};
  static const std::vector<Message> kInOne = announced(Discovery::device);
  static const std::vector<Message> kSingly = announced(Discovery::single);
  for (const auto* wanted : {&kInOne, &kSingly}) {
    for (const Message& one : removals(message, *wanted, names())) {
      check(one.topic == message.topic && one.topic != names().availability());
      check(one.topic.find("0123456789ab") != std::string::npos);
      check(one.payload.empty() || nlohmann::json::parse(one.payload).contains("components"));
    }
  }
  Commands commands(entities(), names());
  if (commands.take(message, Monotonic{})) {
    check(message.payload == "PRESS" && commands.is_topic(message.topic));
  }
  return 0;
}
