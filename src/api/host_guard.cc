// SPDX-License-Identifier: MIT
#include "api/host_guard.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <string>

namespace fithome::api {
namespace {

// Ends that the public name system never gives to a stranger (RFC 6761, 6762, 8375; .internal:
// ICANN 2024; .lan: what home routers use).
constexpr std::array<std::string_view, 5> kHouseEnds{".localhost", ".local", ".lan", ".home.arpa",
                                                     ".internal"};

bool is_address(int family, const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> address;
  return ::inet_pton(family, text.c_str(), address.data()) == 1;
}

bool is_digits(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_name(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  });
}

}  // namespace

bool is_house_name(std::string_view host) {
  if (host.empty()) return true;
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    if (end == std::string_view::npos) return false;
    const std::string_view port = host.substr(end + 1);
    return (port.empty() || (port[0] == ':' && is_digits(port.substr(1)))) &&
           is_address(AF_INET6, std::string(host.substr(1, end - 1)));
  }
  const std::size_t colon = std::min(host.find(':'), host.size());
  if (colon < host.size() && !is_digits(host.substr(colon + 1))) return false;
  std::string text(host.substr(0, colon));
  if (text.ends_with('.')) text.pop_back();
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (text.empty() || !is_name(text)) return false;
  if (is_address(AF_INET, text) || text.find('.') == std::string::npos) return true;
  return std::ranges::any_of(kHouseEnds, [&](std::string_view end) {
    return text.size() > end.size() && text.ends_with(end);
  });
}

}  // namespace fithome::api
