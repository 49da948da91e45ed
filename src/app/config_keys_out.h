// SPDX-License-Identifier: MIT
//
// The keys of what leaves the store: exports, MQTT, MongoDB, Home Assistant.
//
// Threads: pure functions
#pragma once

#include <vector>

#include "app/config_keys.h"

namespace fithome::app {

void add_export_keys(std::vector<Key>& keys);
void add_mqtt_keys(std::vector<Key>& keys);
void add_mongodb_keys(std::vector<Key>& keys);
void add_homeassistant_keys(std::vector<Key>& keys);

}  // namespace fithome::app
