// SPDX-License-Identifier: MIT
#include "api/http.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "api/json.h"

namespace fithome::api {
namespace {

int status_of(Code code) {
  switch (code) {
    case Code::invalid:
      return 400;
    case Code::not_found:
      return 404;
    case Code::transient:
      return 503;
    case Code::corrupt:
    case Code::unsupported:
      return 500;
  }
  return 500;
}

std::string_view reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 206:
      return "Partial Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 416:
      return "Range Not Satisfiable";
    case 421:
      return "Misdirected Request";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    default:
      return "Internal Server Error";
  }
}

// Everything the page needs comes from here, and nobody else may embed or read what we say.
constexpr std::string_view kSecurityHeaders =
    "Content-Security-Policy: default-src 'self'; base-uri 'none'; form-action 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n";

std::uint64_t length(const Body& body) {
  if (const auto* text = std::get_if<std::string>(&body)) return text->size();
  if (const auto* bytes = std::get_if<std::span<const unsigned char>>(&body)) return bytes->size();
  return 0;
}

bool has(const Response& response, std::string_view name) {
  for (const Header& header : response.headers) {
    if (header.name == name) return true;
  }
  return false;
}

}  // namespace

Response json(std::string body) {
  Response response;
  response.body = std::move(body);
  return response;
}

Response failure(int status, Code code, std::string_view what) {
  std::string body;
  JsonWriter out(body);
  out.begin_object().key("error").begin_object();
  out.key("code").string(name(code)).key("what").string(what);
  out.end_object().end_object();
  body += '\n';
  Response response = json(std::move(body));
  response.status = status;
  return response;
}

Response failure(const Error& error) {
  return failure(status_of(error.code), error.code, error.what);
}

Response streamed(std::string_view content_type, Pull pull) {
  std::string first;
  const auto more = pull(first);
  if (!more) return failure(more.error());
  Response response;
  response.content_type = content_type;
  if (!*more) {
    response.body = std::move(first);
    return response;
  }
  response.body = Pull([first = std::move(first), pull = std::move(pull),
                        begun = false](std::string& out) mutable -> Result<bool> {
    if (begun) return pull(out);
    begun = true;
    out += std::exchange(first, {});
    return true;
  });
  return response;
}

Framing framing(const Response& response, bool http_1_1) {
  if (std::holds_alternative<LiveStream>(response.body)) return Framing::until_close;
  if (!std::holds_alternative<Pull>(response.body) || response.length) return Framing::length;
  return http_1_1 ? Framing::chunks : Framing::until_close;
}

std::string head_text(const Response& response, Framing framing, bool keep_alive) {
  std::string out;
  const auto line = std::back_inserter(out);
  fmt::format_to(line, "HTTP/1.1 {} {}\r\n", response.status, reason(response.status));
  if (!response.content_type.empty()) {
    fmt::format_to(line, "Content-Type: {}\r\n", response.content_type);
  }
  for (const Header& header : response.headers) {
    fmt::format_to(line, "{}: {}\r\n", header.name, header.value);
  }
  if (!has(response, "Cache-Control")) out += "Cache-Control: no-store\r\n";
  out += kSecurityHeaders;
  // A 304 has no body, and the length of the one it stands for need not be told (RFC 9110 8.6).
  if (framing == Framing::length && response.status != 304) {
    fmt::format_to(line, "Content-Length: {}\r\n", response.length.value_or(length(response.body)));
  }
  if (framing == Framing::chunks) out += "Transfer-Encoding: chunked\r\n";
  out += keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  return out;
}

}  // namespace fithome::api
