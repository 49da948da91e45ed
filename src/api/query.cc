// SPDX-License-Identifier: MIT
#include "api/query.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

namespace fithome::api {
namespace {

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return {};
}

enum class Plus { is_space, is_plus };

Result<std::string> percent_decode(std::string_view text, Plus plus) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t n = 0; n < text.size(); ++n) {
    if (text[n] == '+' && plus == Plus::is_space) {
      out += ' ';
    } else if (text[n] != '%') {
      out += text[n];
    } else {
      const auto high = n + 2 < text.size() ? hex_digit(text[n + 1]) : std::nullopt;
      const auto low = n + 2 < text.size() ? hex_digit(text[n + 2]) : std::nullopt;
      if (!high || !low) {
        return fail(Code::invalid,
                    fmt::format("\"{}\": a % must be followed by two hex digits", text));
      }
      out += static_cast<char>(*high * 16 + *low);
      n += 2;
    }
  }
  return out;
}

}  // namespace

Result<Query> Query::parse(std::string_view text) {
  Query query;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    if (part.empty()) continue;
    const std::size_t equals = std::min(part.find('='), part.size());
    FITHOME_TRY(std::string name, percent_decode(part.substr(0, equals), Plus::is_space));
    FITHOME_TRY(std::string value,
                percent_decode(part.substr(std::min(equals + 1, part.size())), Plus::is_space));
    if (query.get(name)) {
      return fail(Code::invalid, fmt::format("parameter \"{}\" is there twice", name));
    }
    query.parameters_.emplace_back(std::move(name), std::move(value));
  }
  return query;
}

Result<void> Query::only(std::initializer_list<std::string_view> known) const {
  for (const auto& [name, value] : parameters_) {
    if (std::ranges::find(known, name) != known.end()) continue;
    if (known.size() == 0) {
      return fail(Code::invalid, fmt::format("no parameter \"{}\"; this takes none", name));
    }
    return fail(Code::invalid,
                fmt::format("no parameter \"{}\"; there {} {}", name,
                            known.size() == 1 ? "is" : "are", fmt::join(known, ", ")));
  }
  return {};
}

std::optional<std::string_view> Query::get(std::string_view name) const {
  for (const auto& [known, value] : parameters_) {
    if (known == name) return value;
  }
  return {};
}

Result<UtcTime> time_asked(const Query& query, std::string_view parameter, UtcTime now,
                           UtcTime otherwise) {
  const auto text = query.get(parameter);
  if (!text) return otherwise;
  auto time = parse_time(*text, now);
  if (!time) return within(parameter, std::move(time).error());
  return *time;
}

Result<Target> parse_target(std::string_view text) {
  if (!text.starts_with('/')) return fail(Code::invalid, "ask for a path that begins with /");
  text = text.substr(0, text.find('#'));
  const std::size_t question = std::min(text.find('?'), text.size());
  Target target;
  FITHOME_TRY(target.path, percent_decode(text.substr(0, question), Plus::is_plus));
  target.query = text.substr(std::min(question + 1, text.size()));
  return target;
}

}  // namespace fithome::api
