// SPDX-License-Identifier: MIT
#include "app/control_client.h"

#include <fmt/format.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <utility>

#include "app/control_socket.h"

namespace fithome::app {
namespace {

constexpr std::size_t kLongestLine = 1 << 20;

Failure not_connected(const std::filesystem::path& data, int os) {
  const std::string name = (data / kControlSocket).string();
  if (os == ENOENT || os == ECONNREFUSED || os == ENOTDIR) {
    return fail(Code::not_found, fmt::format("no fithome runs on {}", data.string()), os);
  }
  if (os == EACCES || os == EPERM) {
    return fail(Code::invalid,
                fmt::format("{}: this user may not ask the daemon: use sudo, or be the user that "
                            "fithome runs as",
                            name),
                os);
  }
  return os_failure(Code::transient, name, os);
}

Result<UniqueFd> connect_to(const std::filesystem::path& data) {
  auto address = ControlAddress::of(data);
  if (!address && address.error().os != 0) return not_connected(data, address.error().os);
  if (!address) return Failure(address.error());
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return os_failure(Code::transient, "control socket", errno);
  if (::connect(socket.get(), address->address(), address->size()) != 0) {
    return not_connected(data, errno);
  }
  return socket;
}

Code code_of(std::string_view text) {
  for (const Code code : {Code::transient, Code::not_found, Code::invalid, Code::corrupt}) {
    if (name(code) == text) return code;
  }
  return Code::unsupported;
}

std::string text_or(const Json& json, const char* key, const char* otherwise) {
  const auto field = json.find(key);
  return field != json.end() && field->is_string() ? field->get<std::string>() : otherwise;
}

}  // namespace

Json about_meter(Json request, const std::string& meter) {
  if (!meter.empty()) request["meter"] = meter;
  return request;
}

Result<std::optional<Json>> parse_answer(std::string_view line) {
  const Json answer = Json::parse(line, nullptr, false);
  if (answer.is_object()) {
    if (const auto data = answer.find("data"); data != answer.end()) return std::optional(*data);
    if (answer.contains("done")) return std::optional<Json>();
    const auto error = answer.find("error");
    if (error != answer.end() && error->is_object()) {
      return fail(code_of(text_or(*error, "code", "")),
                  text_or(*error, "what", "the daemon failed and did not say why"));
    }
  }
  return fail(Code::corrupt, "the daemon's answer makes no sense; is it another version?");
}

Result<void> ask_daemon(const std::filesystem::path& data, const Json& request,
                        const Asking& asking, const std::function<bool(const Json&)>& take) {
  FITHOME_TRY(auto connected, connect_to(data));
  LineSocket socket(std::move(connected));
  // An answer may be there already, to one who may not ask or where there are too many.
  const auto asked = socket.write_line(request.dump(-1, ' ', false, Json::error_handler_t::replace),
                                       asking.patience);
  while (true) {
    FITHOME_TRY(const auto line, socket.read_line(kLongestLine, asking.patience, asking.stop));
    if (!line) {
      if (asking.stop.stop_requested()) return {};
      if (!asked) return Failure(asked.error());
      return fail(Code::transient, "the daemon went away before it had answered");
    }
    FITHOME_TRY(const auto answer, parse_answer(*line));
    if (!answer || !take(*answer)) return {};
  }
}

Result<Json> ask_daemon(const std::filesystem::path& data, const Json& request,
                        const Asking& asking) {
  std::optional<Json> first;
  FITHOME_TRY_VOID(ask_daemon(data, request, asking, [&](const Json& line) {
    first = line;
    return false;
  }));
  if (!first) return fail(Code::corrupt, "the daemon answered nothing; is it another version?");
  return *std::move(first);
}

Result<bool> daemon_listens(const std::filesystem::path& data) {
  const auto connected = connect_to(data);
  if (!connected && connected.error().code == Code::not_found) return false;
  if (!connected) return Failure(connected.error());
  return true;
}

}  // namespace fithome::app
