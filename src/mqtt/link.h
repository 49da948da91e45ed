// SPDX-License-Identifier: MIT
//
// A connection to a broker: libmosquitto, on the thread of whoever calls.
//
// Errors:  transient - no broker, refused, cut; the message never has the password
// Threads: one
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "mqtt/messages.h"

namespace fithome::mqtt {

struct Broker {
  std::string host;  // empty: no MQTT at all
  std::uint16_t port = 1883;
  std::string user;
  std::string password;
  bool tls = false;
  std::string ca_file;  // empty: those of the system
  bool version_5 = false;

  /// "mqtts://user@host:8883", without the password.
  std::string text() const;
};

class Link {
 public:
  /// The will, if there is one, is said by the broker when we are gone without a word.
  Link(const Broker& broker, const std::string& client, const std::optional<Message>& will = {});
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  /// Returns when the broker has said yes, or why not.
  Result<void> connect(std::chrono::milliseconds patience, std::stop_token stop);
  /// Sends and receives for that long; an error when the connection is gone.
  Result<void> turn(std::chrono::milliseconds time);
  Result<void> subscribe(const std::string& topic);
  Result<void> unsubscribe(const std::string& topic);
  /// Not where what was sent before is still waiting to leave and `important` is false: live values
  /// are not queued.
  Result<void> publish(const Message& message, bool retain, bool important);
  /// Sends and receives until the broker has acknowledged all that was important; an error where it
  /// has not in that time, or has refused any of it.
  Result<void> settle(std::chrono::milliseconds patience);
  /// Nothing that was important waits for the broker's acknowledgement.
  bool settled() const;
  /// Says goodbye.
  void disconnect();

  std::function<void(Message)> received;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fithome::mqtt
