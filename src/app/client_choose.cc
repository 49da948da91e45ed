// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "app/client_source.h"

namespace fithome::app {
namespace {

std::optional<std::string> wanted_url(const Where& where, const Environment& environment) {
  if (where.url) return where.url;
  const auto variable = environment.find("FITHOME_URL");
  if (variable == environment.end() || variable->second.empty()) return {};
  return variable->second;
}

Result<Chosen> fall_back(const Config& config, const Error& why) {
  const std::string begin = why.code == Code::transient
                                ? fmt::format("no daemon answers at {}", url_of(config.listen))
                                : why.what;
  auto store = open_store(config.data, config);
  if (!store && store.error().code == Code::not_found) {
    return fail(Code::transient,
                fmt::format("{}, and {} holds no readings; start it with fithome run (or fithome "
                            "run --demo), or name a directory with --data",
                            begin, config.data.string()));
  }
  if (!store) return Failure(store.error());
  return Chosen{*std::move(store),
                fmt::format("{}; this is what {} holds", begin, config.data.string()), false};
}

}  // namespace

std::string url_of(const Listen& listen) {
  Listen at = listen;
  if (at.host == "0.0.0.0") at.host = "127.0.0.1";
  if (at.host == "::") at.host = "::1";
  return "http://" + to_text(at);
}

std::string in_address(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                       (byte >= '0' && byte <= '9') || c == '-' || c == '_';
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return out;
}

Result<Chosen> choose_source(const Where& where, const Config& config,
                             const Environment& environment) {
  if (where.data) {
    FITHOME_TRY(auto store, open_store(*where.data, config));
    return Chosen{std::move(store), "", false};
  }
  const auto url = wanted_url(where, environment);
  auto daemon = open_daemon(url.value_or(url_of(config.listen)));
  if (daemon) return Chosen{*std::move(daemon), "", true};
  if (url) return Failure(daemon.error());
  return fall_back(config, daemon.error());
}

}  // namespace fithome::app
