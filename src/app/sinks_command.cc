// SPDX-License-Identifier: MIT
#include "app/sinks_command.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "app/control_client.h"
#include "app/sink_kinds.h"

namespace fithome::app {
namespace {

Result<std::string> test_here(const std::string& name, const Config& config) {
  FITHOME_TRY(const SinkKind kind, configured_sink(config, name));
  FITHOME_TRY(const auto sink, kind.make({}));
  FITHOME_TRY(const std::string says, sink->test());
  return fmt::format("{}: {}\n", name, says);
}

Result<std::string> ask(const std::filesystem::path& data, const Json& request,
                        const std::string& field) {
  std::string found;
  FITHOME_TRY_VOID(ask_daemon(data, request, {}, [&](const Json& line) {
    const auto value = line.find(field);
    if (value != line.end()) found = value->is_string() ? value->get<std::string>() : value->dump();
    return true;
  }));
  return found;
}

std::string text_of(const Json& sink, const char* key) {
  const auto value = sink.find(key);
  if (value == sink.end() || value->is_null()) return "-";
  return value->is_string() ? value->get<std::string>() : value->dump();
}

std::string time_of(const Json& sink, const char* key) {
  const auto time = parse_time(text_of(sink, key), UtcTime{});
  return time ? to_local_text(*time) : "never";
}

}  // namespace

Result<std::string> order_sink(const SinksCommand& command, const Config& config, UtcTime now) {
  const std::filesystem::path data = command.data.value_or(config.data);
  const std::string& name = command.name;
  Json request{{"sink", name}};
  using What = SinksCommand::What;
  switch (command.what) {
    case What::status:
      break;
    case What::test: {
      request["op"] = "sink.test";
      auto says = ask(data, request, "says");
      if (!says && says.error().os != 0 && says.error().code == Code::not_found) {
        return test_here(name, config);  // no daemon runs
      }
      if (!says) return says;
      return fmt::format("{}: {}\n", name, *says);
    }
    case What::pause:
      request["op"] = "sink.pause";
      FITHOME_TRY_VOID(ask(data, request, ""));
      return fmt::format("{}: paused until it is resumed or fithome is restarted\n", name);
    case What::resume:
      request["op"] = "sink.resume";
      FITHOME_TRY_VOID(ask(data, request, ""));
      return fmt::format("{}: goes on\n", name);
    case What::rewind: {
      request["op"] = "sink.rewind";
      request["from"] = "";
      if (command.from) {
        FITHOME_TRY(const UtcTime from, parse_time(*command.from, now));
        request["from"] = to_iso(from);
      }
      FITHOME_TRY(const std::string behind, ask(data, request, "behind"));
      return fmt::format("{}: all readings behind number {} are delivered again\n", name, behind);
    }
  }
  return fail(Code::invalid, "sinks: status, pause, resume, rewind or test");
}

Result<std::string> sinks_table(std::string_view body) {
  const Json answer = Json::parse(body, nullptr, false);
  const auto sinks = answer.is_object() ? answer.find("sinks") : answer.end();
  if (!answer.is_object() || sinks == answer.end() || !sinks->is_array()) {
    return fail(Code::unsupported, "the answer is none of fithome's; is the daemon much newer?");
  }
  if (sinks->empty()) {
    return std::string(
        "Readings are handed on to nobody: docs/configuration.md, [mongodb] and [mqtt]\n");
  }
  std::string text;
  for (const Json& sink : *sinks) {
    text += fmt::format("{}  {}\n  {}, {} readings behind, {} set aside\n  last success  {}\n",
                        text_of(sink, "name"), text_of(sink, "target"), text_of(sink, "state"),
                        text_of(sink, "backlog"), text_of(sink, "refused"),
                        time_of(sink, "last_success"));
    const std::string error = text_of(sink, "last_error");
    if (error != "-") {
      text += fmt::format("  last error    {}  {}\n", time_of(sink, "last_failure"), error);
    }
  }
  return text;
}

}  // namespace fithome::app
