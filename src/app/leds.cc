// SPDX-License-Identifier: MIT
#include "app/leds.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/log.h"
#include "base/unique_fd.h"

namespace fithome::app {

Leds::Led Leds::find(const std::filesystem::path& folder, const std::string& name) {
  if (name.empty()) return {};
  Led led{.brightness = folder / name / "brightness"};
  if (::access(led.brightness.c_str(), W_OK) == 0) return led;
  log_warning("LED {}: cannot be lit: {}; see dtoverlay=gpio-led in /boot/firmware/config.txt",
              led.brightness.string(), std::strerror(errno));
  return {};
}

Leds::Leds(LedNames names)
    : green_(find(names.folder, names.green)), red_(find(names.folder, names.red)) {}

Leds::~Leds() {
  light(green_, false);
  light(red_, false);
}

void Leds::light(Led& led, bool on) {
  if (led.brightness.empty() || led.shown == static_cast<int>(on)) return;
  const UniqueFd fd(::open(led.brightness.c_str(), O_WRONLY | O_CLOEXEC));
  if (fd && ::write(fd.get(), on ? "1\n" : "0\n", 2) == 2) {
    led.shown = static_cast<int>(on);
    return;
  }
  log_warning("LED {}: cannot be lit any more: {}", led.brightness.string(), std::strerror(errno));
  led.brightness.clear();
}

bool Leds::stored() {
  light(green_, true);
  return !green_.brightness.empty();
}

void Leds::rest(bool healthy) {
  light(green_, false);
  light(red_, !healthy);
}

}  // namespace fithome::app
