// SPDX-License-Identifier: MIT
#include "mqtt/history.h"

#include <algorithm>
#include <utility>

#include "api/json.h"
#include "reading/channels.h"

namespace fithome::mqtt {
namespace {

// For a connection, and for a batch: the end of the daemon waits as long.
constexpr std::chrono::milliseconds kPatienceOfSink{4'000};

}  // namespace

Message history_of(const store::Numbered& reading, const std::string& topic,
                   const std::string& site) {
  Message message{topic + "/" + site + "/" + std::to_string(reading.meter) + "/history", ""};
  api::JsonWriter json(message.payload);
  json.begin_object().key("sequence").integer(static_cast<std::int64_t>(reading.sequence));
  json.key("time").string(to_iso(reading.reading.time)).key("flags").begin_array();
  for (const auto& flag : reading::kFlags) {
    if ((reading.reading.flags & bit(flag.flag)) != 0) json.string(flag.name);
  }
  json.end_array();
  for (reading::ChannelId id = 0; id < reading::kChannelCount; ++id) {
    const auto& steps = reading.reading.steps[id];
    if (steps) reading::append_decimal(json.key(reading::kChannels[id].name).value(), id, *steps);
  }
  json.end_object();
  return message;
}

History::History(Broker broker, std::string topic, std::string_view site)
    : broker_(std::move(broker)), topic_(std::move(topic)), site_(short_site(site)) {}

Result<void> History::send(std::span<const store::Numbered> batch) {
  // While there was nothing to send the broker may have let us go.
  if (link_ && !link_->turn(std::chrono::milliseconds(0))) link_.reset();
  if (!link_) {
    FITHOME_TRY(link_, make_link(broker_, "fithome-" + site_ + "-history"));
    FITHOME_TRY_VOID(link_->connect(kPatienceOfSink, {}));
  }
  const auto until = std::chrono::steady_clock::now() + kPatienceOfSink;
  while (!batch.empty()) {
    const auto now = batch.first(std::min(batch.size(), kAtOnce));
    for (const store::Numbered& reading : now) {
      FITHOME_TRY_VOID(link_->publish(history_of(reading, topic_, site_), false, true));
    }
    const auto left = until - std::chrono::steady_clock::now();
    FITHOME_TRY_VOID(link_->settle(std::chrono::duration_cast<std::chrono::milliseconds>(left)));
    batch = batch.subspan(now.size());
  }
  return {};
}

sinks::Delivery History::deliver(std::span<const store::Numbered> batch) {
  const auto sent = send(batch);
  if (sent) return {};
  link_.reset();
  return {sinks::Delivery::Outcome::try_again, sent.error().what, {}};
}

Result<std::string> History::test() {
  FITHOME_TRY(const auto link, make_link(broker_, "fithome-" + site_ + "-test"));
  FITHOME_TRY_VOID(link->connect(kPatienceOfSink, {}));
  link->disconnect();
  return broker_.text() + " answers, and lets us in";
}

}  // namespace fithome::mqtt
