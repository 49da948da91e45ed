// SPDX-License-Identifier: MIT
#include "app/config.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <tuple>

#include "app/config_file.h"
#include "app/config_keys.h"
#include "app/nearest.h"
#include "base/number.h"
#include "base/unique_fd.h"

namespace fithome::app {
namespace {

constexpr std::string_view kOtherVariables[] = {
    "FITHOME_CONFIG",           "FITHOME_HOMEASSISTANT_TOKEN",
    "FITHOME_MONGODB_PASSWORD", "FITHOME_MQTT_PASSWORD",
    "FITHOME_SHARED",           "FITHOME_URL"};
constexpr std::string_view kTestVariables = "FITHOME_TEST_";

Problem without_file(std::string what) { return {std::move(what), "", 0, 0, ""}; }

void apply(const Override& wanted, const std::vector<Key>& keys, Settings& settings,
           Problems& problems) {
  const auto key = std::ranges::find(keys, wanted.key, &Key::path);
  FITHOME_CHECK(key != keys.end(), "an override of a key that is not in the table");
  if (const auto set = key->set(settings.config, Untyped{wanted.value}); !set) {
    problems.push_back(without_file(fmt::format("{}: {}", wanted.origin, set.error().what)));
    return;
  }
  settings.origin[wanted.key] = wanted.origin;
}

void apply_environment(const Environment& environment, const std::vector<Key>& keys,
                       Settings& settings, Problems& problems) {
  std::vector<std::string> known;
  for (const Key& key : keys) {
    if (key.variable.empty()) continue;
    known.push_back(key.variable);
    const auto found = environment.find(key.variable);
    if (found == environment.end()) continue;
    apply({key.path, found->second, key.variable}, keys, settings, problems);
  }
  for (const auto& [name, value] : environment) {
    if (std::ranges::find(known, name) != known.end() || name.starts_with(kTestVariables) ||
        std::ranges::find(kOtherVariables, name) != std::end(kOtherVariables)) {
      continue;
    }
    const auto near = nearest(name, known);
    settings.warnings.push_back(without_file(
        fmt::format("{}: no such variable; {}", name,
                    near ? fmt::format("did you mean {}?", *near) : "it changes nothing")));
  }
}

std::expected<Settings, Problems> resolve(const ConfigText& text, const ConfigRequest& request) {
  const std::vector<Key> keys = config_keys();
  Settings settings;
  settings.file = text.file();
  Places places;
  Problems problems;
  if (!settings.file.empty()) apply_file(text, keys, settings, places, problems);
  apply_environment(request.environment, keys, settings, problems);
  for (const Override& wanted : request.overrides) apply(wanted, keys, settings, problems);
  if (problems.empty()) finish(text, places, settings, problems);
  if (!problems.empty()) {
    std::ranges::sort(problems, {}, [](const Problem& problem) {
      return std::tuple(problem.file.empty(), problem.line, problem.column, problem.what);
    });
    return std::unexpected(std::move(problems));
  }
  return settings;
}

Result<std::string> read_file(const std::filesystem::path& file) {
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return os_failure(Code::invalid, "cannot be read", errno);
  std::string text;
  std::array<char, 4096> part{};
  constexpr std::size_t kEnough = 1 << 20;  // more than any configuration; /dev/zero has no end
  while (text.size() < kEnough) {
    const auto got = ::read(fd.get(), part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return os_failure(Code::invalid, "cannot be read", errno);
    if (got == 0) break;
    text.append(part.data(), static_cast<std::size_t>(got));
  }
  return text;
}

std::optional<std::filesystem::path> which_file(const ConfigRequest& request) {
  if (request.file) return request.file;
  const auto variable = request.environment.find("FITHOME_CONFIG");
  if (variable != request.environment.end() && !variable->second.empty()) return variable->second;
  std::error_code unreadable;  // a file that may not be looked at is there, and read_file says so
  const auto status = std::filesystem::status(kSystemConfig, unreadable);
  if (status.type() == std::filesystem::file_type::not_found) return {};
  return kSystemConfig;
}

std::string_view remedy(int os) {
  if (os == ENOENT) return "; name another file with --config";
  if (os == EACCES) return "; run as its owner, or allow it with chmod";
  return "";
}

// As wide as the text before the column: tabs stay tabs.
std::string indent(std::string_view source, int column) {
  std::string out;
  for (const char c : source) {
    if (static_cast<int>(out.size()) + 1 >= column) break;
    if ((static_cast<unsigned char>(c) & 0xC0) == 0x80) continue;
    out += c == '\t' ? '\t' : ' ';
  }
  return out;
}

}  // namespace

Result<std::optional<std::chrono::days>> parse_keeping(std::string_view text) {
  if (text == "forever") return std::optional<std::chrono::days>();
  const auto bad = [&] {
    return fail(Code::invalid,
                fmt::format("\"{}\" is no time to keep readings for; say forever, or "
                            "years, weeks or days from 7d to 100y, such as 5y",
                            text));
  };
  if (text.empty()) return bad();
  int number = 0;
  const char* const last = text.data() + text.size() - 1;
  const auto [end, error] = std::from_chars(text.data(), last, number);
  if (error != std::errc{} || end != last || number < 1 || number > 36'600) return bad();
  // A leap day more than a year is long: nothing goes too early.
  const int unit = *last == 'y' ? 366 : *last == 'w' ? 7 : *last == 'd' ? 1 : 0;
  const auto days = std::chrono::days(number) * unit;
  if (days < std::chrono::days(7) || days > std::chrono::days(36'600)) return bad();
  return std::optional(days);
}

std::string keeping_text(const std::optional<std::chrono::days>& days) {
  if (!days) return "forever";
  if (days->count() % 366 == 0) return fmt::format("{}y", days->count() / 366);
  return fmt::format("{}d", days->count());
}

Result<Listen> parse_listen(std::string_view text) {
  const auto bad = [&] {
    return fail(Code::invalid, fmt::format("\"{}\" is no address to listen at; say HOST:PORT, such "
                                           "as 127.0.0.1:8080, 0.0.0.0:8080 or [::1]:8080",
                                           text));
  };
  const auto colon = text.rfind(':');
  if (colon == text.npos || colon == 0) return bad();
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  const auto port = parse_number<std::uint16_t>(digits);
  if (!port) return bad();
  const bool brackets = host.starts_with('[') && host.ends_with(']');
  if (brackets) host = host.substr(1, host.size() - 2);
  const bool has_colon = host.find(':') != host.npos;
  if (host.empty() || has_colon != brackets) return bad();
  if (host.find_first_of("/[] \t@") != host.npos) return bad();
  return Listen{std::string(host), *port};
}

std::string to_text(const Listen& listen) {
  const bool v6 = listen.host.find(':') != std::string::npos;
  return v6 ? fmt::format("[{}]:{}", listen.host, listen.port)
            : fmt::format("{}:{}", listen.host, listen.port);
}

std::string to_text(const Problem& problem) {
  if (problem.file.empty()) return problem.what;
  std::string out = problem.file;
  if (problem.line > 0) out += fmt::format(":{}", problem.line);
  if (problem.line > 0 && problem.column > 0) out += fmt::format(":{}", problem.column);
  out += ": " + problem.what;
  constexpr int kWidest = 300;  // a line beyond is no line that a caret helps with
  if (problem.line == 0 || characters(problem.source) > kWidest) return out;
  std::string shown;
  for (const char c : problem.source) {
    const auto byte = static_cast<unsigned char>(c);
    shown += (byte < 0x20 && c != '\t') || byte == 0x7F ? '?' : c;
  }
  out += "\n  " + shown;
  if (problem.column > 0) out += "\n  " + indent(problem.source, problem.column) + "^";
  return out;
}

Environment fithome_environment() {
  Environment found;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    if (!text.starts_with("FITHOME_") || equals == text.npos) continue;
    found.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return found;
}

std::expected<Settings, Problems> parse_config(std::string_view text, std::string_view file,
                                               const ConfigRequest& request) {
  return resolve(ConfigText(text, file), request);
}

std::expected<Settings, Problems> load_config(const ConfigRequest& request) {
  const auto file = which_file(request);
  if (!file || *file == "/dev/null") return resolve(ConfigText("", ""), request);
  const auto text = read_file(*file);
  if (!text) {
    return std::unexpected(Problems{
        {text.error().what + std::string(remedy(text.error().os)), file->string(), 0, 0, ""}});
  }
  return parse_config(*text, file->string(), request);
}

}  // namespace fithome::app
