// SPDX-License-Identifier: MIT
//
// The page's files, with what lets a browser keep them.
#include <algorithm>

#include "api/answers.h"
#include "api/assets.h"

namespace fithome::api {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Calls `see` with each element of a comma-separated header until it says true.
template <class See>
bool any_element(std::string_view header, See see) {
  while (!header.empty()) {
    const std::string_view element = header.substr(0, header.find(','));
    header.remove_prefix(std::min(element.size() + 1, header.size()));
    if (see(trimmed(element))) return true;
  }
  return false;
}

// "gzip;q=0" means that it is not wanted (RFC 9110 12.5.3).
bool accepts_gzip(std::string_view accept_encoding) {
  return any_element(accept_encoding, [](std::string_view element) {
    const std::size_t semicolon = std::min(element.find(';'), element.size());
    const std::string_view quality =
        trimmed(element.substr(std::min(semicolon + 1, element.size())));
    const bool refused =
        quality == "q=0" || quality == "q=0.0" || quality == "q=0.00" || quality == "q=0.000";
    return trimmed(element.substr(0, semicolon)) == "gzip" && !refused;
  });
}

bool matches(std::string_view if_none_match, std::string_view etag) {
  return any_element(if_none_match, [&](std::string_view element) {
    if (element.starts_with("W/")) element.remove_prefix(2);
    return element == "*" || element == etag;
  });
}

}  // namespace

std::optional<Response> asset_answer(std::string_view path, const Request& request) {
  const auto all = assets();
  const auto asset = std::ranges::find(all, path, &Asset::path);
  if (asset == all.end()) return {};
  Response response;
  response.headers = {
      // Weak, for the packed and the plain body share it.
      {"ETag", "W/" + std::string(asset->etag)},
      {"Vary", "Accept-Encoding"},
      {"Cache-Control", asset->immutable ? "public, max-age=31536000, immutable" : "no-cache"}};
  if (matches(request.if_none_match, asset->etag)) {
    response.status = 304;
    response.content_type = {};
    return response;
  }
  response.content_type = asset->content_type;
  const bool gzip = !asset->gzip.empty() && accepts_gzip(request.accept_encoding);
  if (gzip) response.headers.push_back({"Content-Encoding", "gzip"});
  response.body = gzip ? asset->gzip : asset->plain;
  return response;
}

}  // namespace fithome::api
