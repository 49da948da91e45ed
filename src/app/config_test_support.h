// SPDX-License-Identifier: MIT
//
// What the tests of the configuration share: a text that is read, or the errors it gets, and one
// with every key.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "app/config.h"

namespace fithome::app {

inline Settings good(std::string_view text, const ConfigRequest& request = {}) {
  auto settings = parse_config(text, "house.toml", request);
  if (settings) return *std::move(settings);
  for (const Problem& problem : settings.error()) ADD_FAILURE() << to_text(problem);
  return {};
}

inline std::string errors(std::string_view text, const ConfigRequest& request = {}) {
  const auto settings = parse_config(text, "house.toml", request);
  if (settings) return "no error";
  std::string all;
  for (const Problem& problem : settings.error()) all += to_text(problem) + "\n";
  return all;
}

inline constexpr std::string_view kFull = R"(# a house in Leeds
data = "/srv/fithome"
listen = "0.0.0.0:80"
interval = 0.5
sync_interval = "1m"
keep_readings = "5y"
log_level = "debug"
house = "main.kitchen"

[site]
name = "Höhenweg 3"

[leds]
green = "ACT"
red = "PWR"
path = "/run/leds"

[export]
dir = "/srv/exports"
format = "parquet"
channels = "p,q,u_a"

[mqtt]
host = "broker.local"
port = 8883
user = "me"
password_file = "/etc/fithome/secret"
tls = true
ca_file = "/etc/fithome/ca.crt"
version = "5"
topic = "home/power"
discovery = "single"
discovery_prefix = "ha"
interval = 30
change_watts = 200
change_percent = 10
values = true
commands = true
history = true

[homeassistant]
url = "http://ha.local:8123"
token_file = "/etc/fithome/token"
entities = true

[mongodb]
uri = "mongodb://anna@pi.local:27017"
database = "House"
collection = "power"
channels = "all"
time_series = true
password_file = "/etc/fithome/secret"

[[meter]]
name = "main"
formerly = "mains"
device = "/dev/spidev1.0"
speed_hz = 1_000_000
wiring = "single_phase"
grid = 50
pga = 1
nominal_v = 235.5
over_current_a = 80
start_w = 1
line_start_w = 0.5

[meter.line.a]
name = "kitchen"
voltage_gain = 38990
current_gain = 0x8000
voltage_offset = -12
current_offset = 3
active_offset = -100
reactive_offset = 7
power_gain = 1638
phase_delay = -255
reversed = true
current_scale = 2.5
)";

}  // namespace fithome::app
