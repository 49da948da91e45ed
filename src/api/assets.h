// SPDX-License-Identifier: MIT
//
// The page's files, built into the program: nothing to install, nothing to be tampered with.
//
// Flow:    web/ -> cmake/embed_web.cmake -> fithome::web -> asset route
// Shape:   `path` is what the browser asks for ("/" is the page itself); `plain` is never empty,
//          `gzip` is where compressing helped
// Threads: constants
#pragma once

#include <span>
#include <string_view>

namespace fithome::api {

struct Asset {
  std::string_view path;          // "/", "/app-1f2e3d.js"
  std::string_view content_type;  // "text/html; charset=utf-8"
  std::string_view etag;          // a hash of the content, with its double quotes: "\"1f2e3d\""
  std::span<const unsigned char> plain;
  std::span<const unsigned char> gzip;
  bool immutable = false;  // the name holds the hash: a browser may keep it for ever
};

/// All of them; the first place to look when the page is white.
std::span<const Asset> assets();

}  // namespace fithome::api
