// SPDX-License-Identifier: MIT
//
// Two lights: green blinks at every stored reading, red while something is wrong.
//
// Shape:   the kernel's LED files, FOLDER/NAME/brightness
// Errors:  a light that cannot be lit is logged once and done without
// Threads: the writer's only
#pragma once

#include <filesystem>
#include <string>

namespace fithome::app {

struct LedNames {
  std::filesystem::path folder = "/sys/class/leds";
  std::string green;  // empty: none
  std::string red;
};

class Leds {
 public:
  explicit Leds(LedNames names);
  ~Leds();
  Leds(const Leds&) = delete;
  Leds& operator=(const Leds&) = delete;

  /// False where there is no green light to be seen.
  bool stored();
  /// Between two readings: green goes out, red tells how things are.
  void rest(bool healthy);

 private:
  struct Led {
    std::filesystem::path brightness;  // empty: none
    int shown = -1;
  };
  static Led find(const std::filesystem::path& folder, const std::string& name);
  static void light(Led& led, bool on);

  Led green_;
  Led red_;
};

}  // namespace fithome::app
