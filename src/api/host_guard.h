// SPDX-License-Identifier: MIT
//
// Refuses requests that a foreign web site's name led here (DNS rebinding): a browser in the house
// would let that site's scripts read our answers.
//
// Why:     a page from evil.example whose name suddenly means 127.0.0.1 is, to the browser, still
//          of the same origin; but its requests say "Host: evil.example", and that is a name no
//          house has
// Threads: a pure function
#pragma once

#include <string_view>

namespace fithome::api {

/// A Host header that a house may use: an address, localhost, a name without dots, or one that
/// ends in .localhost, .local, .lan, .home.arpa or .internal. No header at all is not a browser.
bool is_house_name(std::string_view host);

}  // namespace fithome::api
