// SPDX-License-Identifier: MIT
#include "store/presence.h"

#include <algorithm>

namespace fithome::store {
namespace {

constexpr std::byte kPresenceBits{0};
constexpr std::byte kPresenceRuns{1};

// The first run is of those present, and is of none where the first is absent.
std::vector<std::byte> presence_runs(std::span<const std::uint8_t> present) {
  std::vector<std::byte> runs;
  std::uint8_t kind = 1;
  for (auto at = present.begin(); at != present.end(); kind = kind == 0 ? 1 : 0) {
    const auto end = std::find_if(at, present.end(), [&](auto one) { return one != kind; });
    put_varint(runs, static_cast<std::uint32_t>(end - at));
    at = end;
  }
  return runs;
}

std::string_view read_presence_runs(ByteReader& bytes, std::span<std::uint8_t> present) {
  std::uint8_t kind = 1;
  for (std::size_t at = 0; at < present.size(); kind = kind == 0 ? 1 : 0) {
    const std::size_t run = bytes.varint();
    const bool only_the_first_may_be_empty = run > 0 || (at == 0 && kind == 1);
    if (bytes.failed() || run > present.size() - at || !only_the_first_may_be_empty) {
      return "runs of presence are damaged";
    }
    std::ranges::fill(present.subspan(at, run), kind);
    at += run;
  }
  return {};
}

}  // namespace

void append_presence(std::span<const std::uint8_t> present, std::vector<std::byte>& out) {
  const std::vector<std::byte> runs = presence_runs(present);
  if (runs.size() < (present.size() + 7) / 8) {
    out.push_back(kPresenceRuns);
    out.insert(out.end(), runs.begin(), runs.end());
    return;
  }
  out.push_back(kPresenceBits);
  for (std::size_t at = 0; at < present.size(); at += 8) {
    unsigned byte = 0;
    for (std::size_t bit = 0; bit < 8 && at + bit < present.size(); ++bit) {
      byte |= static_cast<unsigned>(present[at + bit]) << bit;
    }
    out.push_back(static_cast<std::byte>(byte));
  }
}

std::string_view read_presence(ByteReader& bytes, std::span<std::uint8_t> present) {
  const std::byte form{static_cast<std::uint8_t>(bytes.number(1))};
  if (form == kPresenceRuns && !bytes.failed()) return read_presence_runs(bytes, present);
  const auto bits = bytes.take((present.size() + 7) / 8);
  if (form != kPresenceBits || bytes.failed()) return "bits of presence are damaged";
  for (std::size_t n = 0; n < present.size(); ++n) {
    present[n] = static_cast<std::uint8_t>((bits[n / 8] >> (n % 8)) & std::byte{1});
  }
  return {};
}

}  // namespace fithome::store
