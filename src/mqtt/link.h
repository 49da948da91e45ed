// SPDX-License-Identifier: MIT
//
// A connection to a broker, on the thread of whoever calls. libmosquitto is in a module of its own:
// with it comes OpenSSL, and a house without MQTT pays for neither.
//
// Flow:    make_link -> libfithome_mqtt.so -> a Link
// Errors:  not_found, unsupported - no module (base/module.h)
//          transient - no broker, refused, cut; the message never has the password
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
  virtual ~Link() = default;
  /// Returns when the broker has said yes, or why not.
  virtual Result<void> connect(std::chrono::milliseconds patience, std::stop_token stop) = 0;
  /// Sends and receives for that long; an error when the connection is gone.
  virtual Result<void> turn(std::chrono::milliseconds time) = 0;
  virtual Result<void> subscribe(const std::string& topic) = 0;
  virtual Result<void> unsubscribe(const std::string& topic) = 0;
  /// Not where what was sent before is still waiting to leave and `important` is false: live values
  /// are not queued.
  virtual Result<void> publish(const Message& message, bool retain, bool important) = 0;
  /// Sends and receives until the broker has acknowledged all that was important; an error where it
  /// has not in that time, or has refused any of it.
  virtual Result<void> settle(std::chrono::milliseconds patience) = 0;
  /// Nothing that was important waits for the broker's acknowledgement.
  virtual bool settled() const = 0;
  /// Says goodbye.
  virtual void disconnect() = 0;

  std::function<void(Message)> received;
};

/// Not connected yet. The will, if there is one, is said by the broker when we are gone without a
/// word.
Result<std::unique_ptr<Link>> make_link(const Broker& broker, const std::string& client,
                                        const std::optional<Message>& will = {});

using MakeLink = std::function<Result<std::unique_ptr<Link>>(
    const Broker&, const std::string& client, const std::optional<Message>& will)>;

constexpr const char* kLinkModule = "libfithome_mqtt.so";
constexpr const char* kLinkEntry = "fithome_mqtt_link";
/// Null where `version` is not its own.
using LinkEntry = Link* (*)(const char* version, const Broker& broker, const std::string& client,
                            const std::optional<Message>& will);

}  // namespace fithome::mqtt
