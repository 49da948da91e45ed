// SPDX-License-Identifier: MIT
//
// The buttons that somebody may press over MQTT, and what else arrives at their topics.
//
// Flow:    broker -> Link -> Commands -> who obeys
// Shape:   TOPIC/SITE/command/KEY, payload PRESS. No button can change what is measured or kept
// Errors:  what is no press of a button is ignored and counted: another payload; what is retained,
//          for it was pressed who knows when; the same again within kEach. The log hears of it at
//          once and then each kToldEach, and never what the payload was
// Threads: one
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "mqtt/messages.h"

namespace fithome::mqtt {

enum class Command { pause_sinks, resume_sinks, mark_event };

class Commands {
 public:
  static constexpr std::chrono::seconds kEach{10};
  static constexpr std::chrono::minutes kToldEach{10};

  /// The buttons among the entities; none of them, none of all this.
  Commands(const std::vector<Entity>& entities, const Names& names);

  std::vector<std::string> topics() const;
  bool is_topic(const std::string& topic) const;
  /// What is to be done; nothing where the message is ignored.
  std::optional<Command> take(const Message& message, Monotonic now);
  std::uint64_t ignored() const { return ignored_; }

 private:
  struct Button {
    std::string topic;
    Command command;
    std::optional<Monotonic> pressed;
  };
  void ignore(const Message& message, const char* why, Monotonic now);

  std::vector<Button> buttons_;
  std::uint64_t ignored_ = 0;
  std::uint64_t told_ = 0;  // of those
  std::optional<Monotonic> told_at_;
};

}  // namespace fithome::mqtt
