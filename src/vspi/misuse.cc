// SPDX-License-Identifier: MIT
#include "vspi/misuse.h"

#include <fmt/format.h>

namespace fithome::vspi {
namespace {

struct Text {
  std::string_view name;
  std::string_view what;
};

// In the order of Mistake.
constexpr std::array<Text, kMistakes> kTexts{{
    {"wrong mode", "SPI mode 1 or 2: the answers are shifted by one bit; use mode 3"},
    {"mode 0", "SPI mode 0: it works by its edges, but the datasheet says mode 3"},
    {"bits reversed", "least significant bit first: the chip understands nothing; most first"},
    {"never selected",
     "chip-select is active high or not driven at all: the chip never hears a frame"},
    {"too fast", "over 1.1 MHz: the chip misses clocks; use 500 kHz"},
    {"too slow", "under 400 Hz: too slow for the chip; use 500 kHz"},
    {"short frames",
     "fewer than 32 clocks in a chip-select: a write is dropped, a read is cut off"},
    {"long frames", "more than 32 clocks in a chip-select: a write is dropped, a read gives zeros"},
    {"several registers in one chip-select",
     "several registers in one chip-select: only the first is read, and nothing is written; lift "
     "chip-select after each 32 clocks (cs_change)"},
}};

}  // namespace

std::string_view describe(Mistake mistake) {
  return kTexts[static_cast<std::size_t>(mistake)].what;
}

std::string Misuse::summary() const {
  std::string text;
  for (std::size_t n = 0; n < kMistakes; ++n) {
    if (counts_[n] == 0) continue;
    text +=
        fmt::format("{}{}: {} times", text.empty() ? "" : ", ", kTexts[n].name, counts_[n].load());
  }
  return text;
}

}  // namespace fithome::vspi
