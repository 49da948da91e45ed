// SPDX-License-Identifier: MIT
//
// Passwords: never in the configuration, a log or an answer.
//
// Flow:    a file, a systemd credential, or a variable -> the one who logs in
// Errors:  invalid - a file that was named cannot be read, or holds nothing
// Threads: any
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace fithome::app {

/// The password of "mongodb" or "mqtt": the first there is of `file`,
/// $CREDENTIALS_DIRECTORY/mqtt_password and $FITHOME_MQTT_PASSWORD; empty where there is none. A
/// line end behind it is not part of it.
Result<std::string> find_password(const std::string& of, const std::filesystem::path& file);
/// The same of "homeassistant_token": $CREDENTIALS_DIRECTORY/homeassistant_token and
/// $FITHOME_HOMEASSISTANT_TOKEN.
Result<std::string> find_secret(const std::string& name, const std::filesystem::path& file);

}  // namespace fithome::app
