// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <mosquitto.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <set>
#include <string_view>

#include "base/unique_fd.h"
#include "mqtt/link.h"

namespace fithome::mqtt {
namespace {

using std::chrono::milliseconds;

constexpr int kKeepAlive = 30;  // seconds until we ask; as long again until it counts as dead
constexpr int kQos = 1;         // of what must arrive: discovery, availability
constexpr int kRefused = 0x80;  // MQTT 5: a reason from here on is a failure
constexpr milliseconds kSlice{200};

/// Begun and ended once.
struct Library {
  Library() { mosquitto_lib_init(); }
  ~Library() { mosquitto_lib_cleanup(); }
};

// What libmosquitto says, as part of a sentence.
std::string plain(std::string text) {
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::string why(int code) {
  if (code == MOSQ_ERR_TLS) {
    return "no encrypted connection; is this its port for TLS, and does mqtt.ca_file hold who "
           "vouches for it, under the name in mqtt.host?";
  }
  if (code == MOSQ_ERR_KEEPALIVE) return "it has said nothing for a minute; does it hang?";
  return code == MOSQ_ERR_ERRNO ? std::strerror(errno) : plain(mosquitto_strerror(code));
}

struct Addresses {
  addrinfo* first = nullptr;
  ~Addresses() {
    if (first != nullptr) ::freeaddrinfo(first);
  }
};

// libmosquitto waits for a host that does not answer as long as the kernel does, two minutes: so it
// is only asked to connect where somebody listens.
Result<void> knock(const Broker& broker, milliseconds patience, const std::stop_token& stop) {
  Addresses found;
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  const int error = ::getaddrinfo(broker.host.c_str(), std::to_string(broker.port).c_str(), &wanted,
                                  &found.first);
  if (error != 0)
    return fail(Code::transient, fmt::format("{}: {}", broker.text(), ::gai_strerror(error)));
  int os = ETIMEDOUT;
  for (const addrinfo* at = found.first; at != nullptr; at = at->ai_next) {
    const UniqueFd fd(::socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) continue;
    if (::connect(fd.get(), at->ai_addr, at->ai_addrlen) == 0) return {};
    os = errno;
    if (os != EINPROGRESS) continue;
    pollfd one{fd.get(), POLLOUT, 0};
    os = ETIMEDOUT;
    for (milliseconds waited{0}; waited < patience && !stop.stop_requested(); waited += kSlice) {
      if (::poll(&one, 1, static_cast<int>(kSlice.count())) <= 0) continue;
      socklen_t size = sizeof os;
      ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &os, &size);
      if (os == 0) return {};
      break;
    }
  }
  return fail(Code::transient, fmt::format("{}: {}", broker.text(), std::strerror(os)), os);
}

class MosquittoLink final : public Link {
 public:
  MosquittoLink(const Broker& broker, const std::string& client,
                const std::optional<Message>& will);
  Result<void> connect(milliseconds patience, std::stop_token stop) override;
  Result<void> turn(milliseconds time) override;
  Result<void> subscribe(const std::string& topic) override;
  Result<void> unsubscribe(const std::string& topic) override;
  Result<void> publish(const Message& message, bool retain, bool important) override;
  Result<void> settle(milliseconds patience) override;
  bool settled() const override { return unanswered_.empty(); }
  void disconnect() override;

 private:
  struct Free {
    void operator()(mosquitto* handle) const { mosquitto_destroy(handle); }
  };
  const Broker broker_;
  const std::unique_ptr<mosquitto, Free> client_;
  std::optional<int> answer_;   // of the broker to our greeting
  std::set<int> unanswered_;    // important ones, by libmosquitto's numbers
  std::optional<int> refused_;  // why the last one was that was
  bool lost_ = false;
};

MosquittoLink::MosquittoLink(const Broker& broker, const std::string& client,
                             const std::optional<Message>& will)
    : broker_(broker), client_(mosquitto_new(client.c_str(), true, this)) {
  mosquitto* of = client_.get();
  if (of == nullptr) throw std::bad_alloc();
  mosquitto_int_option(of, MOSQ_OPT_PROTOCOL_VERSION,
                       broker.version_5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311);
  if (will) {
    mosquitto_will_set(of, will->topic.c_str(), static_cast<int>(will->payload.size()),
                       will->payload.data(), kQos, true);
  }
  mosquitto_connect_callback_set(of, [](mosquitto*, void* self, int code) {
    static_cast<MosquittoLink*>(self)->answer_ = code;
  });
  mosquitto_disconnect_callback_set(of, [](mosquitto*, void* self, int /*code*/) {
    static_cast<MosquittoLink*>(self)->lost_ = true;
  });
  mosquitto_publish_v5_callback_set(
      of, [](mosquitto*, void* self, int number, int reason, const mosquitto_property*) {
        auto& link = *static_cast<MosquittoLink*>(self);
        if (link.unanswered_.erase(number) > 0 && reason >= kRefused) link.refused_ = reason;
      });
  mosquitto_message_callback_set(of, [](mosquitto*, void* self, const mosquitto_message* message) {
    const auto* link = static_cast<MosquittoLink*>(self);
    if (!link->received) return;
    link->received({message->topic,
                    std::string(static_cast<const char*>(message->payload),
                                static_cast<std::size_t>(message->payloadlen)),
                    message->retain});
  });
}

Result<void> MosquittoLink::connect(milliseconds patience, std::stop_token stop) {
  mosquitto* of = client_.get();
  const auto failed = [&](int code) {
    // Of a handshake that failed 2.0.21 says EPROTO, which no socket does; 2.0.11 says it better.
    if (code == MOSQ_ERR_ERRNO && errno == EPROTO) code = MOSQ_ERR_TLS;
    return fail(Code::transient, fmt::format("{}: {}", broker_.text(), why(code)));
  };
  if (!broker_.user.empty() &&
      mosquitto_username_pw_set(of, broker_.user.c_str(), broker_.password.c_str()) !=
          MOSQ_ERR_SUCCESS) {
    return failed(MOSQ_ERR_INVAL);
  }
  if (broker_.tls) {
    const char* ca = broker_.ca_file.empty() ? nullptr : broker_.ca_file.c_str();
    const int code = mosquitto_tls_set(of, ca, ca == nullptr ? "/etc/ssl/certs" : nullptr, nullptr,
                                       nullptr, nullptr);
    if (code != MOSQ_ERR_SUCCESS) {
      return fail(Code::transient,
                  fmt::format("{}: cannot use {} (mqtt.ca_file)", broker_.text(), broker_.ca_file));
    }
  }
  FITHOME_TRY_VOID(knock(broker_, patience, stop));
  answer_.reset();
  lost_ = false;
  if (const int code = mosquitto_connect(of, broker_.host.c_str(), broker_.port, kKeepAlive);
      code != MOSQ_ERR_SUCCESS) {
    return failed(code);
  }
  for (milliseconds waited{0}; waited < patience && !stop.stop_requested(); waited += kSlice) {
    const int code = mosquitto_loop(of, static_cast<int>(kSlice.count()), 1);
    if (answer_) {
      if (*answer_ == 0) return {};
      return fail(Code::transient,
                  fmt::format("{}: {}", broker_.text(),
                              plain(broker_.version_5 ? mosquitto_reason_string(*answer_)
                                                      : mosquitto_connack_string(*answer_))));
    }
    if (code != MOSQ_ERR_SUCCESS) return failed(code);
  }
  return fail(Code::transient, fmt::format("{}: it listens but does not answer", broker_.text()));
}

Result<void> MosquittoLink::turn(milliseconds time) {
  const int code = mosquitto_loop(client_.get(), static_cast<int>(time.count()), 1);
  if (code == MOSQ_ERR_SUCCESS && !lost_) return {};
  return fail(
      Code::transient,
      fmt::format("{}: {}", broker_.text(),
                  code != MOSQ_ERR_SUCCESS ? why(code) : "the broker ended the connection"));
}

Result<void> MosquittoLink::subscribe(const std::string& topic) {
  const int code = mosquitto_subscribe(client_.get(), nullptr, topic.c_str(), 0);
  if (code == MOSQ_ERR_SUCCESS) return {};
  return fail(Code::transient, fmt::format("subscribe to {}: {}", topic, why(code)));
}

Result<void> MosquittoLink::unsubscribe(const std::string& topic) {
  const int code = mosquitto_unsubscribe(client_.get(), nullptr, topic.c_str());
  if (code == MOSQ_ERR_SUCCESS) return {};
  return fail(Code::transient, fmt::format("unsubscribe from {}: {}", topic, why(code)));
}

Result<void> MosquittoLink::publish(const Message& message, bool retain, bool important) {
  if (!important && mosquitto_want_write(client_.get())) return {};
  int number = 0;
  const int code = mosquitto_publish(client_.get(), &number, message.topic.c_str(),
                                     static_cast<int>(message.payload.size()),
                                     message.payload.data(), important ? kQos : 0, retain);
  if (code == MOSQ_ERR_SUCCESS) {
    if (important) unanswered_.insert(number);
    return {};
  }
  if (code == MOSQ_ERR_OVERSIZE_PACKET) {
    return fail(Code::transient,
                fmt::format("publish to {}: the broker takes no message of {} bytes; let it, or "
                            "say discovery = \"single\"",
                            message.topic, message.payload.size()));
  }
  return fail(Code::transient, fmt::format("publish to {}: {}", message.topic, why(code)));
}

Result<void> MosquittoLink::settle(milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!unanswered_.empty()) {
    if (std::chrono::steady_clock::now() >= until) {
      return fail(Code::transient, fmt::format("{}: it does not acknowledge", broker_.text()));
    }
    FITHOME_TRY_VOID(turn(kSlice));
  }
  if (!refused_) return {};
  return fail(Code::transient,
              fmt::format("{}: refused: {}", broker_.text(), mosquitto_reason_string(*refused_)));
}

void MosquittoLink::disconnect() {
  mosquitto_disconnect(client_.get());
  (void)mosquitto_loop(client_.get(), 0, 1);
}

}  // namespace
}  // namespace fithome::mqtt

extern "C" __attribute__((visibility("default"))) fithome::mqtt::Link* fithome_mqtt_link(
    const char* version, const fithome::mqtt::Broker& broker, const std::string& client,
    const std::optional<fithome::mqtt::Message>& will) {
  static const fithome::mqtt::Library library;
  if (std::string_view(version) != FITHOME_VERSION) return nullptr;
  return std::make_unique<fithome::mqtt::MosquittoLink>(broker, client, will).release();
}
