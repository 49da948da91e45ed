// SPDX-License-Identifier: MIT
#include "mqtt/link.h"

#include <fmt/format.h>
#include <mosquitto.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <set>

#include "base/unique_fd.h"

namespace fithome::mqtt {
namespace {

using std::chrono::milliseconds;

constexpr int kKeepAlive = 30;  // seconds until a dead connection is noticed
constexpr int kQos = 1;         // of what must arrive: discovery, availability
constexpr int kRefused = 0x80;  // MQTT 5: a reason from here on is a failure
constexpr milliseconds kSlice{200};

struct Library {
  Library() { mosquitto_lib_init(); }
  ~Library() { mosquitto_lib_cleanup(); }
};

std::string why(int code) {
  if (code == MOSQ_ERR_TLS) {
    return "no encrypted connection; is this its port for TLS, and does mqtt.ca_file hold who "
           "vouches for it, under the name in mqtt.host?";
  }
  return code == MOSQ_ERR_ERRNO ? std::strerror(errno) : mosquitto_strerror(code);
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
  return os_failure(Code::transient, broker.text(), os);
}

}  // namespace

std::string Broker::text() const {
  return fmt::format("{}://{}{}{}:{}", tls ? "mqtts" : "mqtt", user, user.empty() ? "" : "@", host,
                     port);
}

struct Link::Impl {
  struct Free {
    void operator()(mosquitto* handle) const { mosquitto_destroy(handle); }
  };
  Broker broker;
  std::unique_ptr<mosquitto, Free> client;
  std::optional<int> answer;   // of the broker to our greeting
  std::set<int> unanswered;    // important ones, by libmosquitto's numbers
  std::optional<int> refused;  // why the last one was that was
  bool lost = false;
};

Link::Link(const Broker& broker, const std::string& client, const std::optional<Message>& will)
    : impl_(std::make_unique<Impl>()) {
  static const Library library;
  impl_->broker = broker;
  impl_->client.reset(mosquitto_new(client.c_str(), true, this));
  mosquitto* of = impl_->client.get();
  FITHOME_CHECK(of != nullptr, "libmosquitto has no memory");
  mosquitto_int_option(of, MOSQ_OPT_PROTOCOL_VERSION,
                       broker.version_5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311);
  if (will) {
    mosquitto_will_set(of, will->topic.c_str(), static_cast<int>(will->payload.size()),
                       will->payload.data(), kQos, true);
  }
  mosquitto_connect_callback_set(
      of, [](mosquitto*, void* self, int code) { static_cast<Link*>(self)->impl_->answer = code; });
  mosquitto_disconnect_callback_set(of, [](mosquitto*, void* self, int /*code*/) {
    static_cast<Link*>(self)->impl_->lost = true;
  });
  mosquitto_publish_v5_callback_set(
      of, [](mosquitto*, void* self, int number, int reason, const mosquitto_property*) {
        Impl& impl = *static_cast<Link*>(self)->impl_;
        if (impl.unanswered.erase(number) > 0 && reason >= kRefused) impl.refused = reason;
      });
  mosquitto_message_callback_set(of, [](mosquitto*, void* self, const mosquitto_message* message) {
    const auto* link = static_cast<Link*>(self);
    if (!link->received) return;
    link->received({message->topic,
                    std::string(static_cast<const char*>(message->payload),
                                static_cast<std::size_t>(message->payloadlen)),
                    message->retain});
  });
}

Link::~Link() = default;

Result<void> Link::connect(milliseconds patience, std::stop_token stop) {
  const Broker& broker = impl_->broker;
  mosquitto* of = impl_->client.get();
  const auto failed = [&](int code) {
    return fail(Code::transient, fmt::format("{}: {}", broker.text(), why(code)));
  };
  if (!broker.user.empty() &&
      mosquitto_username_pw_set(of, broker.user.c_str(), broker.password.c_str()) !=
          MOSQ_ERR_SUCCESS) {
    return failed(MOSQ_ERR_INVAL);
  }
  if (broker.tls) {
    const char* ca = broker.ca_file.empty() ? nullptr : broker.ca_file.c_str();
    const int code = mosquitto_tls_set(of, ca, ca == nullptr ? "/etc/ssl/certs" : nullptr, nullptr,
                                       nullptr, nullptr);
    if (code != MOSQ_ERR_SUCCESS) {
      return fail(Code::transient,
                  fmt::format("{}: cannot use {} (mqtt.ca_file)", broker.text(), broker.ca_file));
    }
  }
  FITHOME_TRY_VOID(knock(broker, patience, stop));
  impl_->answer.reset();
  impl_->lost = false;
  if (const int code = mosquitto_connect(of, broker.host.c_str(), broker.port, kKeepAlive);
      code != MOSQ_ERR_SUCCESS) {
    return failed(code);
  }
  for (milliseconds waited{0}; waited < patience && !stop.stop_requested(); waited += kSlice) {
    const int code = mosquitto_loop(of, static_cast<int>(kSlice.count()), 1);
    if (impl_->answer) {
      if (*impl_->answer == 0) return {};
      return fail(Code::transient,
                  fmt::format("{}: {}", broker.text(),
                              broker.version_5 ? mosquitto_reason_string(*impl_->answer)
                                               : mosquitto_connack_string(*impl_->answer)));
    }
    if (code != MOSQ_ERR_SUCCESS) return failed(code);
  }
  return fail(Code::transient, fmt::format("{}: it listens but does not answer", broker.text()));
}

Result<void> Link::turn(milliseconds time) {
  const int code = mosquitto_loop(impl_->client.get(), static_cast<int>(time.count()), 1);
  if (code == MOSQ_ERR_SUCCESS && !impl_->lost) return {};
  return fail(
      Code::transient,
      fmt::format("{}: {}", impl_->broker.text(),
                  code != MOSQ_ERR_SUCCESS ? why(code) : "the broker ended the connection"));
}

Result<void> Link::subscribe(const std::string& topic) {
  const int code = mosquitto_subscribe(impl_->client.get(), nullptr, topic.c_str(), 0);
  if (code == MOSQ_ERR_SUCCESS) return {};
  return fail(Code::transient, fmt::format("subscribe to {}: {}", topic, why(code)));
}

Result<void> Link::unsubscribe(const std::string& topic) {
  const int code = mosquitto_unsubscribe(impl_->client.get(), nullptr, topic.c_str());
  if (code == MOSQ_ERR_SUCCESS) return {};
  return fail(Code::transient, fmt::format("unsubscribe from {}: {}", topic, why(code)));
}

Result<void> Link::publish(const Message& message, bool retain, bool important) {
  if (!important && mosquitto_want_write(impl_->client.get())) return {};
  int number = 0;
  const int code = mosquitto_publish(impl_->client.get(), &number, message.topic.c_str(),
                                     static_cast<int>(message.payload.size()),
                                     message.payload.data(), important ? kQos : 0, retain);
  if (code == MOSQ_ERR_SUCCESS) {
    if (important) impl_->unanswered.insert(number);
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

Result<void> Link::settle(milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!impl_->unanswered.empty()) {
    if (std::chrono::steady_clock::now() >= until) {
      return fail(Code::transient,
                  fmt::format("{}: it does not acknowledge", impl_->broker.text()));
    }
    FITHOME_TRY_VOID(turn(kSlice));
  }
  if (!impl_->refused) return {};
  return fail(Code::transient, fmt::format("{}: refused: {}", impl_->broker.text(),
                                           mosquitto_reason_string(*impl_->refused)));
}

bool Link::settled() const { return impl_->unanswered.empty(); }

void Link::disconnect() {
  mosquitto_disconnect(impl_->client.get());
  (void)mosquitto_loop(impl_->client.get(), 0, 1);
}

}  // namespace fithome::mqtt
