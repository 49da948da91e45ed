// SPDX-License-Identifier: MIT
//
// Prints docs/registers.md from the register table, or checks that the file says what the table
// says: registers_md [--check FILE].
#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "chip/register_table.h"

namespace {

using fithome::chip::Access;
using fithome::chip::Register;
using fithome::chip::Sign;

constexpr std::string_view kIntroduction = R"(# The registers of the ATM90E32AS

Printed by `registers_md` from `src/chip/register_table.h`; change that and print it again
(`registers_md > docs/registers.md`). The driver and this page follow the same table. Source:
Atmel-46003B (datasheet), Atmel-46103 (application note), and the field: CircuitSetup's library,
ESPHome, Microchip's demo.

## How far to trust it
Addresses, access, defaults and weights agree in at least two independent sources. Not settled, so
nothing here depends on it: whether a full energy register wraps or stays at 65535 (65535 counts as
lost energy), whether the two words of a value are latched together (taken as not), seed and order of
the CRC (never computed), what unlisted addresses hold (never read), whether PQGain and Phi act on
the mean powers or on energy alone.

## Traps
- One register per chip-select, 32 clocks, SPI mode 3, at most 1.1 MHz; a write of any other length
  is dropped. While the address is sent the chip's pin floats: the first two bytes mean nothing.
- 0x00 to 0x6F take writes only while CfgRegAccEn holds 0x55AA. LastSPIData proves the wire, not that
  a locked register took the data: read it back.
- Powers are signed, 32 bit, 0.00032 a count, totals and lines alike. Export is negative. The words
  are read high, low, high.
- A count of energy is 0.01 CF: 3.125 mWh at 3200 pulses per kWh. Reading clears; 65535 counts are
  204.8 Wh, half a minute at 24 kW. LastSPIData still holds what was read.
- EMMIntState is cleared by writing ones, not by reading; it means "changed", both ways.
- While |sum of P| is not above PStartTh the lines count no energy either.
- After a reset the gains are 0x8000 again: readings look plausible and are wrong. UgainA, MeterEn
  and MMode0 are looked at on every poll.
- MMode0 0x1185 is 60 Hz split phase. 0x146F (5231), seen in the field, is a typo that turns on the
  integrator for Rogowski coils.
- Phi is sign and magnitude; all other signed registers are two's complement.
- Thresholds and peaks are on the raw scale of the converter: a changed gain changes what they mean.
- There is no chip-ID. Present is what holds 0x0210 and 0x0654 at 0x01 and 0x02 and takes 0x55AA.
- Registers of the ATM90E36 that are not here: SysStatus, THD, IrmsN at 0xD8.

## Status bits
| bit | EMMState0, EMMIntState0, EMMIntEn0 | EMMState1, EMMIntState1, EMMIntEn1 |
|---|---|---|
| 15 | over-current A | frequency too high |
| 14 | over-current B | sag A |
| 13 | over-current C | sag B |
| 12 | over-voltage A | sag C |
| 11 | over-voltage B | frequency too low |
| 10 | over-voltage C | phase loss A |
| 9 | voltage sequence | phase loss B |
| 8 | current sequence | phase loss C |
| 7 | neutral current | reactive total negative |
| 6 | no load, reactive | reactive A negative |
| 5 | no load, active | reactive B negative |
| 4 | no load, apparent | reactive C negative |
| 3 | CF1 (active) reverse | active total exported |
| 2 | CF2 reverse | active A exported |
| 1 | CF3 (fundamental) reverse | active B exported |
| 0 | CF4 (harmonic) reverse | active C exported |

On a split-phase board line B has no voltage: its sag and loss bits are always set, and the sequence
bits mean nothing.

## The map
Access: R read, W write, R/C reading clears, W1C writing ones clears. Sign: + unsigned, ± two's
complement, ±m sign and magnitude. "Low" is the address of a long value's low word.

| address | name | access | default | sign | low | weight | meaning |
|---|---|---|---|---|---|---|---|
)";

std::string_view text(Access access) {
  switch (access) {
    case Access::read:
      return "R";
    case Access::read_write:
      return "RW";
    case Access::write:
      return "W";
    case Access::read_clears:
      return "R/C";
    case Access::write_1_clears:
      break;
  }
  return "R/W1C";
}

std::string_view text(Sign sign) {
  switch (sign) {
    case Sign::bits:
      return "";
    case Sign::positive:
      return "+";
    case Sign::twos_complement:
      return "±";
    case Sign::sign_magnitude:
      break;
  }
  return "±m";
}

std::string weight(const Register& entry) {
  if (entry.sign == Sign::bits || (entry.unit.empty() && entry.weight == 1)) return "";
  return fmt::format("{:.6g}{}{}", entry.weight, entry.unit.empty() ? "" : " ", entry.unit);
}

std::string row(const Register& entry) {
  const auto word = [](unsigned value) { return fmt::format("{:04X}", value); };
  std::string meaning;  // a bar would end the cell
  for (const char c : entry.meaning) meaning += c == '|' ? std::string("\\|") : std::string(1, c);
  return fmt::format("| {:02X} | {} | {} | {} | {} | {} | {} | {} |\n", entry.address, entry.name,
                     text(entry.access), entry.initial ? word(*entry.initial) : "?",
                     text(entry.sign), entry.low_word ? fmt::format("{:02X}", entry.low_word) : "",
                     weight(entry), meaning);
}

std::string page() {
  std::string out(kIntroduction);
  for (const Register& entry : fithome::chip::kRegisters) out += row(entry);
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string wanted = page();
  if (argc == 1) {
    std::fwrite(wanted.data(), 1, wanted.size(), stdout);
    return 0;
  }
  if (argc != 3 || std::string_view(argv[1]) != "--check") {
    fmt::print(stderr, "usage: registers_md [--check FILE]\n");
    return 2;
  }
  std::ifstream file(argv[2], std::ios::binary);
  const std::string got{std::istreambuf_iterator<char>(file), {}};
  if (got == wanted) return 0;
  fmt::print(stderr, "{} is not what the register table says: registers_md > {}\n", argv[2],
             argv[2]);
  return 1;
}
