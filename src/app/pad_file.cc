// SPDX-License-Identifier: MIT
#include "app/pad_file.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <string>

#include "base/boot_id.h"

namespace fithome::app {
namespace {

constexpr std::array<char, 8> kPadMagic{'F', 'I', 'T', 'H', 'P', 'A', 'D', '1'};
using Name = std::array<char, 40>;

struct PadLayout {
  std::array<char, 8> magic;
  Name boot;
  Name site;
  chip::EnergyPad pad;
};

Name name_of(std::string_view text) {
  Name name{};
  std::ranges::copy(text.substr(0, name.size()), name.begin());
  return name;
}

PadLayout& pad_layout(const MappedFile& file) {
  return *reinterpret_cast<PadLayout*>(file.bytes().data());  // page-aligned, trivially copyable
}

bool goes_on(const PadLayout& at, const Name& boot, const Name& site,
             const chip::EnergyCounters& booked) {
  if (at.magic != kPadMagic || at.boot != boot || at.site != site) return false;
  return std::ranges::equal(counters(at.pad), booked, std::ranges::greater_equal{});
}

// The magic comes last, so that a pad half made is none; the fences keep the compiler from
// mixing the steps up (a killed process leaves its stores in order, see chip/energy.h).
void begin_anew(PadLayout& at, const Name& boot, const Name& site,
                const chip::EnergyCounters& booked) {
  at.magic = {};
  std::atomic_signal_fence(std::memory_order_seq_cst);
  reset(at.pad, booked);
  at.boot = boot;
  at.site = site;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  at.magic = kPadMagic;
}

}  // namespace

std::filesystem::path pad_path(const std::filesystem::path& data, store::MeterId meter) {
  return data / (meter == store::kFirstMeter ? std::string("energy.pad")
                                             : "energy-" + std::to_string(meter) + ".pad");
}

Result<PadFile> PadFile::open(const std::filesystem::path& path, std::string_view site,
                              const chip::EnergyCounters& booked) {
  FITHOME_TRY(auto file, MappedFile::open(path, sizeof(PadLayout)));
  PadLayout& at = pad_layout(file);
  const Name boot = name_of(boot_id());
  const Name of_site = name_of(site);
  if (!goes_on(at, boot, of_site, booked)) begin_anew(at, boot, of_site, booked);
  return PadFile(std::move(file));
}

chip::EnergyPad& PadFile::pad() const { return pad_layout(file_).pad; }

}  // namespace fithome::app
