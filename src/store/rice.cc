// SPDX-License-Identifier: MIT
#include "store/rice.h"

#include <algorithm>
#include <array>
#include <bit>

#include "store/bits.h"

namespace fithome::store {
namespace {

// A group's width w: 0, all its numbers are 0 and take no bit; else its remainders have w - 1 bits.
// In the widest, a remainder is the whole number and there are no quotients.
constexpr unsigned kWidest = 33;
constexpr unsigned kEscapeBits = 32;

struct RiceChoice {
  unsigned width = 0;
  std::uint64_t bits = 0;
};

bool has_quotients(unsigned width) { return width > 0 && width < kWidest; }

std::uint32_t quotient_bits(std::uint32_t number, unsigned remainder) {
  const std::uint32_t quotient = number >> remainder;
  return quotient < kRiceEscape ? quotient + 1 : kRiceEscape + 1 + kEscapeBits;
}

std::uint64_t bits_at(std::span<const std::uint32_t> group, unsigned remainder) {
  std::uint32_t bits = 0;
  if (group.size() == kRiceGroup) {  // a fixed number, for compilers that take several at once
    for (std::size_t n = 0; n < kRiceGroup; ++n) bits += quotient_bits(group[n], remainder);
  } else {
    for (const std::uint32_t number : group) bits += quotient_bits(number, remainder);
  }
  return bits + group.size() * remainder;
}

// From one that is surely wide enough down. Quotients only grow on the way: once they alone take
// more than the best did, nothing narrower is better. A few numbers that are far greater than the
// rest may cost more at first and then, as escapes, no more.
RiceChoice choose_width(std::span<const std::uint32_t> group) {
  std::uint64_t sum = 0;
  for (const std::uint32_t number : group) sum += number;
  if (sum == 0) return {};
  RiceChoice best{kWidest, 32 * group.size()};
  const auto mean = static_cast<std::uint32_t>(sum / group.size());
  const auto first = std::min(static_cast<unsigned>(std::bit_width(mean)), 31U);
  for (unsigned remainder = first + 1; remainder-- > 0;) {
    const std::uint64_t bits = bits_at(group, remainder);
    if (bits <= best.bits) best = {remainder + 1, bits};
    if (bits - group.size() * remainder > best.bits) break;
  }
  return best;
}

// `bytes` has eight bytes from each of the numbers on.
void add_remainders_fast(const std::byte* bytes, std::size_t bit, unsigned width,
                         std::span<std::uint32_t> numbers) {
  const std::uint64_t mask = (std::uint64_t{1} << width) - 1;
  for (std::uint32_t& number : numbers) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes + bit / 8, sizeof word);
    if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
    const std::uint64_t remainder = (word >> (bit % 8)) & mask;
    number = static_cast<std::uint32_t>((std::uint64_t{number} << width) | remainder);
    bit += width;
  }
}

void add_remainders(std::span<const std::byte> bytes, std::size_t bit, unsigned width,
                    std::span<std::uint32_t> numbers) {
  const std::size_t last = bit + width * (numbers.size() - 1);
  if (last / 8 + 8 <= bytes.size()) {
    return add_remainders_fast(bytes.data(), bit, width, numbers);
  }
  const std::uint64_t mask = (std::uint64_t{1} << width) - 1;
  for (std::uint32_t& number : numbers) {
    const std::uint64_t remainder = (load_u64(bytes, bit / 8) >> (bit % 8)) & mask;
    number = static_cast<std::uint32_t>((std::uint64_t{number} << width) | remainder);
    bit += width;
  }
}

// visit(numbers, width) for each group.
template <class Number, class Visit>
void for_each_group(std::span<Number> numbers, const std::vector<std::uint8_t>& widths,
                    Visit visit) {
  for (std::size_t n = 0; n < widths.size(); ++n) {
    const std::size_t size = std::min(numbers.size(), kRiceGroup);
    visit(numbers.first(size), widths[n]);
    numbers = numbers.subspan(size);
  }
}

// Widths change little from group to group: 1 the same; 010 one more; 011 one less; 00 and six bits
// any other.
void put_width(BitWriter& bits, unsigned width, unsigned before) {
  if (width == before) return bits.put(0b1, 1);
  if (width == before + 1) return bits.put(0b010, 3);
  if (width + 1 == before) return bits.put(0b110, 3);
  bits.put(0b00 | std::uint64_t{width} << 2, 8);
}

unsigned take_width(BitReader& bits, unsigned before) {
  if (bits.take(1) == 1) return before;
  if (bits.take(1) == 0) return bits.take(6);
  return bits.take(1) == 0 ? before + 1 : before - 1;
}

// The ones of a stream of bits: a quotient is the number of zeros in front of each.
class Ones {
 public:
  explicit Ones(std::span<const std::byte> bytes) : bytes_(bytes) {}

  /// False at the end of the stream.
  bool read(std::span<std::uint32_t> quotients) {
    std::uint64_t word = word_;  // a member would be written to memory at each number
    std::uint32_t start = start_, after = after_;
    for (std::uint32_t& quotient : quotients) {
      while (word == 0) {
        if (next_ >= bytes_.size()) return false;
        word = load_u64(bytes_, next_);
        start = 8 * static_cast<std::uint32_t>(next_);
        next_ += 8;
      }
      const std::uint32_t one = start + static_cast<std::uint32_t>(std::countr_zero(word));
      word &= word - 1;
      quotient = one - after;
      after = one + 1;
    }
    word_ = word;
    start_ = start;
    after_ = after;
    return true;
  }
  std::size_t bytes_read() const { return (after_ + 7) / 8; }

 private:
  std::span<const std::byte> bytes_;
  std::uint64_t word_ = 0;
  std::size_t next_ = 0;     // byte of the word after this
  std::uint32_t start_ = 0;  // bit of the word
  std::uint32_t after_ = 0;  // bit after the last one that was read
};

class RiceReader {
 public:
  RiceReader(std::span<const std::byte> bytes, std::span<std::uint32_t> numbers)
      : bytes_(bytes), numbers_(numbers) {}

  std::string_view read() {
    if (!read_widths()) return "widths are damaged";
    if (const auto wrong = read_quotients(); !wrong.empty()) return wrong;
    for_each_group(
        numbers_, widths_,
        [this, bit = 8 * remainders_at_](std::span<std::uint32_t> group, unsigned width) mutable {
          if (width < 2) return;
          add_remainders(bytes_, bit, width - 1, group);
          bit += (width - 1) * group.size();
        });
    return {};
  }

 private:
  bool read_widths() {
    BitReader bits(bytes_);
    unsigned width = 0;
    std::size_t remainder_bits = 0;
    for (std::size_t at = 0; at < numbers_.size(); at += kRiceGroup) {
      width = take_width(bits, width);
      if (width > kWidest || bits.exhausted()) return false;
      widths_.push_back(static_cast<std::uint8_t>(width));
      const std::size_t size = std::min(numbers_.size() - at, kRiceGroup);
      remainder_bits += size * (width - (width > 0 ? 1 : 0));
    }
    remainders_at_ = bits.bytes_taken();
    quotients_at_ = remainders_at_ + (remainder_bits + 7) / 8;
    return quotients_at_ <= bytes_.size();
  }

  std::string_view read_quotients() {
    Ones ones(bytes_.subspan(quotients_at_));
    bool whole = true;
    std::size_t escapes = 0;
    std::uint32_t greatest = 0;
    for_each_group(numbers_, widths_, [&](std::span<std::uint32_t> group, unsigned width) {
      if (!has_quotients(width)) {
        std::ranges::fill(group, 0U);
        return;
      }
      whole = whole && ones.read(group);
      if (!whole) return;
      for (const std::uint32_t quotient : group) {
        greatest = std::max(greatest, quotient);
        escapes += quotient == kRiceEscape ? 1 : 0;
      }
    });
    if (!whole) return "quotients are cut off";
    if (greatest > kRiceEscape) return "a quotient is too large";
    const std::size_t end = quotients_at_ + ones.bytes_read() + 4 * escapes;
    if (end != bytes_.size()) return "its length is wrong";
    if (escapes > 0) read_escapes(end - 4 * escapes);
    return {};
  }

  void read_escapes(std::size_t at) {
    for_each_group(numbers_, widths_, [&](std::span<std::uint32_t> group, unsigned width) {
      if (!has_quotients(width)) return;
      for (std::uint32_t& quotient : group) {
        if (quotient != kRiceEscape) continue;
        quotient = static_cast<std::uint32_t>(load_number(bytes_, at, 4));
        at += 4;
      }
    });
  }

  std::span<const std::byte> bytes_;
  std::span<std::uint32_t> numbers_;
  std::vector<std::uint8_t> widths_;
  std::size_t remainders_at_ = 0, quotients_at_ = 0;  // bytes
};

class RiceWriter {
 public:
  RiceWriter(std::span<const std::uint32_t> numbers, std::vector<std::byte>& out)
      : numbers_(numbers), out_(out) {}

  void write() {
    write_widths();
    BitWriter remainders(out_);
    for_each_group(numbers_, widths_, [&](std::span<const std::uint32_t> group, unsigned width) {
      if (width < 2) return;
      const std::uint64_t mask = (std::uint64_t{1} << (width - 1)) - 1;
      for (const std::uint32_t number : group) remainders.put(number & mask, width - 1);
    });
    remainders.finish();
    write_quotients();
  }

 private:
  void write_widths() {
    BitWriter bits(out_);
    unsigned before = 0;
    for (std::size_t at = 0; at < numbers_.size(); at += kRiceGroup) {
      const auto group = numbers_.subspan(at, std::min(numbers_.size() - at, kRiceGroup));
      const unsigned width = choose_width(group).width;
      put_width(bits, width, before);
      widths_.push_back(static_cast<std::uint8_t>(width));
      before = width;
    }
    bits.finish();
  }

  void write_quotients() {
    std::vector<std::uint32_t> escapes;
    BitWriter quotients(out_);
    for_each_group(numbers_, widths_, [&](std::span<const std::uint32_t> group, unsigned width) {
      if (!has_quotients(width)) return;
      for (const std::uint32_t number : group) {
        const std::uint32_t quotient = number >> (width - 1);
        if (quotient >= kRiceEscape) escapes.push_back(quotient);
        const unsigned zeros = std::min(quotient, kRiceEscape);
        quotients.put(std::uint64_t{1} << zeros, zeros + 1);
      }
    });
    quotients.finish();
    for (const std::uint32_t escape : escapes) put_number(out_, escape, 4);
  }

  std::span<const std::uint32_t> numbers_;
  std::vector<std::byte>& out_;
  std::vector<std::uint8_t> widths_;
};

}  // namespace

void append_rice(std::span<const std::uint32_t> numbers, std::vector<std::byte>& out) {
  RiceWriter(numbers, out).write();
}

std::string_view read_rice(std::span<const std::byte> bytes, std::span<std::uint32_t> numbers) {
  return RiceReader(bytes, numbers).read();
}

std::uint64_t rice_bits(std::span<const std::uint32_t> group) { return choose_width(group).bits; }

}  // namespace fithome::store
