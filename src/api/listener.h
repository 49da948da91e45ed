// SPDX-License-Identifier: MIT
//
// Why we may not listen where we were told to, said so that it can be mended.
//
// Threads: any
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace fithome::api {

/// The failure of bind() or listen() with this errno.
Failure listen_failure(std::string_view host, std::uint16_t port, int os);

/// "process 1234 (nginx)" that listens on this TCP port; nothing where we may not know.
std::optional<std::string> who_listens(std::uint16_t port);

}  // namespace fithome::api
