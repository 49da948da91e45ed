// SPDX-License-Identifier: MIT
//
// Boost.Asio and Beast, compiled here once (docs/decisions/0005-http.md).
#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
