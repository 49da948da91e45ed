// SPDX-License-Identifier: MIT
//
// Passwords: never in the configuration, a log or an answer.
//
// Flow:    a file, a systemd credential, or a variable -> the one who logs in
// Errors:  invalid - a file that was named cannot be read, or holds nothing
// Threads: any
#pragma once

#include <string>

#include "app/config.h"
#include "base/result.h"

namespace fithome::app {

/// The first there is of mongodb.password_file, $CREDENTIALS_DIRECTORY/mongodb_password and
/// $FITHOME_MONGODB_PASSWORD; empty where there is none. A line end behind it is not part of it.
Result<std::string> mongodb_password(const MongodbConfig& config);

}  // namespace fithome::app
