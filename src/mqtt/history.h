// SPDX-License-Identifier: MIT
//
// Every reading as a message of its own, for whoever keeps them behind a broker.
//
// Flow:    store -> sinks::Pump -> History -> Link -> broker
// Shape:   TOPIC/SITE/METER/history {"sequence", "time", "flags", what was measured by channel};
//          QoS 1, not retained
// Promise: a batch is acknowledged once the broker has acknowledged each message of it. One may
//          come again, and is then the same: site and sequence tell it from all others
// Errors:  what the broker does not acknowledge is tried again, whatever its reason: the broker
//          refuses us, not a reading
// Threads: one
// Source:  docs/home-assistant.md, "Every reading"
#pragma once

#include <memory>
#include <string>

#include "mqtt/link.h"
#include "sinks/sink.h"

namespace fithome::mqtt {

Message history_of(const store::Numbered& reading, const std::string& topic,
                   const std::string& site);

class History final : public sinks::Sink {
 public:
  /// So many are under way at once: a broker drops what a subscriber is too slow for, 1,000 behind
  /// or so.
  static constexpr std::size_t kAtOnce = 100;

  /// `site`: the store's UUID.
  History(Broker broker, std::string topic, std::string_view site);

  sinks::Delivery deliver(std::span<const store::Numbered> batch) override;
  Result<std::string> test() override;

 private:
  Result<void> send(std::span<const store::Numbered> batch);

  Broker broker_;
  std::string topic_;
  std::string site_;            // short
  std::unique_ptr<Link> link_;  // as long as it works
};

}  // namespace fithome::mqtt
