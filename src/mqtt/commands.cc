// SPDX-License-Identifier: MIT
#include "mqtt/commands.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/log.h"

namespace fithome::mqtt {
namespace {

constexpr std::string_view kPress = "PRESS";  // Home Assistant's own, unless told
constexpr std::array<std::pair<std::string_view, Command>, 3> kCommands{{
    {kPauseSinks, Command::pause_sinks},
    {kResumeSinks, Command::resume_sinks},
    {kMarkEvent, Command::mark_event},
}};

}  // namespace

Commands::Commands(const std::vector<Entity>& entities, const Names& names) {
  for (const Entity& entity : entities) {
    if (entity.platform != "button") continue;
    for (const auto& [key, command] : kCommands) {
      if (key == entity.key) buttons_.push_back({names.command_topic(entity), command, {}});
    }
  }
}

std::vector<std::string> Commands::topics() const {
  std::vector<std::string> topics;
  for (const Button& button : buttons_) topics.push_back(button.topic);
  return topics;
}

bool Commands::is_topic(const std::string& topic) const {
  return std::ranges::find(buttons_, topic, &Button::topic) != buttons_.end();
}

std::optional<Command> Commands::take(const Message& message, Monotonic now) {
  const auto button = std::ranges::find(buttons_, message.topic, &Button::topic);
  if (button == buttons_.end()) return {};
  const char* why = nullptr;
  if (message.retained) {
    why = "it was retained";
  } else if (message.payload != kPress) {
    why = "its payload is not PRESS";
  } else if (button->pressed && now - *button->pressed < kEach) {
    why = "it was pressed just before";
  }
  if (why != nullptr) {
    ignore(message, why, now);
    return {};
  }
  button->pressed = now;
  return button->command;
}

void Commands::ignore(const Message& message, const char* why, Monotonic now) {
  ++ignored_;
  if (told_at_ && now - *told_at_ < kToldEach) return;
  log_warning("mqtt: {} messages to our buttons were ignored; the last, to {}: {}",
              ignored_ - told_, message.topic, why);
  told_ = ignored_;
  told_at_ = now;
}

}  // namespace fithome::mqtt
