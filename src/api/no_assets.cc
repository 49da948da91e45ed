// SPDX-License-Identifier: MIT
//
// Stands in for fithome::web where the program was built without node.
#include <array>

#include "api/assets.h"

namespace fithome::api {
namespace {

constexpr unsigned char kPage[] =
    "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width\"><title>FitHome</title>"
    "<h1>FitHome</h1><p>This program was built without the web page (it needs npm when it is "
    "built). Everything else works: <a href=\"/api/v1/now\">the newest reading</a>, "
    "<a href=\"/api/v1/status\">how the meter feels</a>, <a href=\"/api/v1/energy\">energy</a>, "
    "<a href=\"/metrics\">metrics</a>.</p></html>\n";

constexpr std::array<Asset, 1> kAssets{{{.path = "/",
                                         .content_type = "text/html; charset=utf-8",
                                         .etag = "\"no-page-1\"",
                                         .plain = {kPage, sizeof kPage - 1},
                                         .gzip = {},
                                         .immutable = false}}};

}  // namespace

std::span<const Asset> assets() { return kAssets; }

}  // namespace fithome::api
