// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "api/client.h"
#include "app/client_reports.h"
#include "app/client_source.h"

namespace fithome::app {
namespace {

constexpr std::chrono::milliseconds kHello{3000};
constexpr std::chrono::milliseconds kPatience{60'000};  // a roll-up of a year on a small board

class DaemonSource final : public Source {
 public:
  explicit DaemonSource(std::string url) : url_(std::move(url)) {}

  Result<std::string> get(const std::string& target) override { return get(target, kPatience); }

  Result<std::string> get(const std::string& target, std::chrono::milliseconds patience) {
    auto reply = api::get(url_ + target, patience);
    if (!reply) return Failure(reply.error());
    if (reply->status >= 400) return parse_failure(reply->body, reply->status);
    return std::move(reply->body);
  }

  Result<void> watch(std::function<bool(std::string_view now)> take,
                     std::stop_token stop) override {
    return api::stream_events(
        url_ + "/api/v1/live",
        [&](std::string_view event, std::string_view data) {
          return event != "reading" || take(data);
        },
        stop);
  }

 private:
  std::string url_;  // without a slash at its end
};

}  // namespace

Result<std::unique_ptr<Source>> open_daemon(const std::string& url) {
  std::string base = url;
  while (base.ends_with('/')) base.pop_back();
  auto daemon = std::make_unique<DaemonSource>(base);
  const auto hello = daemon->get("/api/v1/status", kHello);
  if (!hello && hello.error().code == Code::transient) return Failure(hello.error());
  if (!hello && hello.error().code == Code::invalid && !base.starts_with("http://")) {
    return Failure(hello.error());
  }
  if (!hello || !parse_status(*hello)) {
    return fail(Code::unsupported,
                fmt::format("what answers at {} is no fithome; name its address with --url", base));
  }
  return std::unique_ptr<Source>(std::move(daemon));
}

}  // namespace fithome::app
