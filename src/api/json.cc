// SPDX-License-Identifier: MIT
#include "api/json.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

namespace fithome::api {
namespace {

// How many bytes of `text` are one UTF-8 character, or 0 (RFC 3629: no surrogates, nothing
// overlong, nothing beyond U+10FFFF).
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t n) { return static_cast<unsigned char>(text[n]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  unsigned least = 0x80, most = 0xBF;
  if (lead == 0xE0) least = 0xA0;
  if (lead == 0xED) most = 0x9F;
  if (lead == 0xF0) least = 0x90;
  if (lead == 0xF4) most = 0x8F;
  if (byte(1) < least || byte(1) > most) return 0;
  for (std::size_t n = 2; n < length; ++n) {
    if ((byte(n) & 0xC0) != 0x80) return 0;
  }
  return length;
}

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    default:
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
  }
}

}  // namespace

JsonWriter& JsonWriter::open(char bracket) {
  value() += bracket;
  first_ = true;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  out_ += bracket;
  first_ = false;
  return *this;
}

std::string& JsonWriter::value() {
  if (!first_) out_ += ',';
  first_ = false;
  return out_;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  string(name);
  out_ += ':';
  first_ = true;
  return *this;
}

JsonWriter& JsonWriter::string(std::string_view text) {
  value() += '"';
  while (!text.empty()) {
    const char c = text.front();
    if (c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20) {
      append_escaped(out_, c);
      text.remove_prefix(1);
      continue;
    }
    const std::size_t length = utf8_length(text);
    out_ += length == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out_ += '"';
  return *this;
}

JsonWriter& JsonWriter::integer(std::int64_t number) {
  fmt::format_to(std::back_inserter(value()), "{}", number);
  return *this;
}

JsonWriter& JsonWriter::number(double number, int decimals) {
  if (!std::isfinite(number)) return null();
  std::string& out = value();
  fmt::format_to(std::back_inserter(out), "{:.{}f}", number, decimals);
  if (decimals == 0) return *this;
  while (out.back() == '0') out.pop_back();
  if (out.back() == '.') out.pop_back();
  return *this;
}

JsonWriter& JsonWriter::raw(std::string_view json) {
  value() += json;
  return *this;
}

}  // namespace fithome::api
