// SPDX-License-Identifier: MIT
#include "sim/register_file.h"

#include <initializer_list>

namespace fithome::sim {
namespace {

struct Default {
  std::uint16_t address;
  std::uint16_t value;
};

// All others are 0. UgainA.. and IgainA.. are 1.0.
constexpr Default kDefaults[] = {
    {0x01, 0x0210}, {0x02, 0x0654}, {0x05, 0x143F}, {0x06, 0xC000}, {0x07, 0x0001}, {0x08, 0x1000},
    {0x09, 0x0400}, {0x0A, 0xFFFF}, {0x0B, 0xC000}, {0x0C, 0x1324}, {0x0D, 0x13EC}, {0x0E, 0x010F},
    {0x22, 0x1388}, {0x23, 0x0019}, {0x31, 0x0861}, {0x32, 0xC468}, {0x33, 0x0087}, {0x61, 0x8000},
    {0x62, 0x8000}, {0x65, 0x8000}, {0x66, 0x8000}, {0x69, 0x8000}, {0x6A, 0x8000},
};

struct Range {
  std::uint16_t first, last;
  Access access;
};

constexpr Range kRanges[] = {
    {0x00, 0x02, Access::config},
    {0x05, 0x1C, Access::config},
    {0x20, 0x2F, Access::config},
    {0x31, 0x3A, Access::config},
    {0x41, 0x4C, Access::config},
    {0x51, 0x56, Access::config},
    {0x61, 0x6C, Access::config},
    {0x70, 0x70, Access::command},
    {0x71, 0x72, Access::read_only},
    {0x73, 0x74, Access::write_one_to_clear},
    {0x75, 0x76, Access::open},
    {0x78, 0x7A, Access::read_only},  // 0x7A: see SimChip on the golden key
    {0x7F, 0x7F, Access::open},
    {0x80, 0x93, Access::clear_on_read},
    {0xA0, 0xAF, Access::clear_on_read},
    {0xB0, 0xC7, Access::read_only},
    {0xC8, 0xCB, Access::read_only},
    {0xD0, 0xD7, Access::read_only},
    {0xD9, 0xDF, Access::read_only},
    {0xE0, 0xE7, Access::read_only},
    {0xE9, 0xEB, Access::read_only},
    {0xED, 0xEF, Access::read_only},
    {0xF1, 0xF3, Access::read_only},
    {0xF5, 0xFF, Access::read_only},
    {0x201, 0x209, Access::open},  // temperature and reference trim
    {0x216, 0x216, Access::open},
    {0x219, 0x219, Access::open},
    {0x2FF, 0x2FF, Access::open},
};

constexpr auto kAccess = [] {
  std::array<Access, kAddresses> table{};
  for (const Range& range : kRanges) {
    for (std::size_t i = range.first; i <= range.last; ++i) table[i] = range.access;
  }
  return table;
}();

}  // namespace

Access access(std::uint16_t address) { return kAccess[address % kAddresses]; }

void RegisterFile::reset(bool detector_too) {
  const auto detector = {chip::Reg::DetectCtrl, chip::Reg::DetectTh1, chip::Reg::DetectTh2,
                         chip::Reg::DetectTh3};
  const RegisterFile before = *this;
  words_.fill(0);
  for (const auto& [address, value] : kDefaults) words_[address] = value;
  if (detector_too) return;
  for (const chip::Reg reg : detector) (*this)[reg] = before[reg];
}

}  // namespace fithome::sim
