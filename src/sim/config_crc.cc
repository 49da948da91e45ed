// SPDX-License-Identifier: MIT
#include "sim/config_crc.h"

namespace fithome::sim {
namespace {

constexpr auto kPass = kConfigEnd * std::chrono::microseconds(125);  // 14 ms

/// x^16 + x^12 + x^5 + 1, most significant bit first.
std::uint16_t crc16(ConfigCrc::Config words) {
  std::uint32_t crc = 0xFFFF;
  for (const std::uint16_t word : words) {
    crc ^= word;
    for (int bit = 0; bit < 16; ++bit) crc = (crc & 0x8000) ? (crc << 1) ^ 0x1021 : crc << 1;
    crc &= 0xFFFF;
  }
  return static_cast<std::uint16_t>(crc);
}

}  // namespace

void ConfigCrc::lock(Monotonic now) {
  unlock();
  locked_at_ = now;
}

void ConfigCrc::unlock() {
  locked_at_.reset();
  check_at_.reset();
  golden_.reset();
  error_ = false;
}

void ConfigCrc::config_changed(Monotonic now) {
  if (!locked_at_ || check_at_) return;
  const auto passes_begun = (now - *locked_at_ + kPass - Nanoseconds(1)) / kPass;
  check_at_ = *locked_at_ + (passes_begun + 1) * kPass;
}

void ConfigCrc::set_golden(std::uint16_t digest, Monotonic now) {
  golden_ = digest;
  config_changed(now);
}

void ConfigCrc::update(Monotonic now, Config config) {
  if (!locked_at_) return;
  if (!golden_ && now >= *locked_at_ + kPass) golden_ = digest_ = crc16(config);
  if (!golden_ || !check_at_ || now < *check_at_) return;
  check_at_.reset();
  digest_ = crc16(config);
  if (digest_ != *golden_) error_ = true;
}

}  // namespace fithome::sim
