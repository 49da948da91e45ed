// SPDX-License-Identifier: MIT
#include "store/naive_block.h"

#include <algorithm>
#include <stdexcept>

namespace fithome::store::naive {
namespace {

using std::int32_t;
using std::int64_t;
using std::uint32_t;
using std::uint64_t;
using Numbers = std::vector<int32_t>;

void require(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(what);
}

int32_t wrap(int64_t number) { return static_cast<int32_t>(static_cast<uint32_t>(number)); }

int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b != 0 && (a < 0) != (b < 0)); }

// --- predictions ---

int64_t ewma(const Numbers& before) {
  int64_t mean = 16 * int64_t{before.at(0)};
  for (std::size_t n = 1; n < before.size(); ++n) {
    mean += floor_div(16 * int64_t{before[n]} - mean, 4);
  }
  return floor_div(mean + 8, 16);
}

int32_t predicted(int predictor, const Numbers& before) {
  const auto back = [&](std::size_t n) -> int64_t {  // 1: the last
    return n <= before.size() ? before[before.size() - n] : before.at(0);
  };
  switch (predictor) {
    case 0:
      return 0;
    case 1:
      return wrap(back(1));
    case 2:
      return wrap(floor_div(back(1) + back(2), 2));
    case 3:
      return wrap(floor_div(back(1) + back(2) + back(3) + back(4), 4));
    case 4:
      return wrap(2 * back(1) - back(2));
    case 5:
      return wrap(ewma(before));
  }
  throw std::runtime_error("no such predictor");
}

int32_t root(int64_t a, int64_t b) {
  const uint64_t square = static_cast<uint64_t>(a * a) + static_cast<uint64_t>(b * b);
  uint64_t low = 0, high = uint64_t{1} << 32;  // low^2 <= square < high^2
  while (high - low > 1) {
    const uint64_t middle = (low + high) / 2;
    (middle * middle <= square ? low : high) = middle;
  }
  return wrap(static_cast<int64_t>(low));
}

int32_t ratio(int64_t a, int64_t b) {
  if (b <= 0) return 0;
  const int64_t whole = 1000 * std::abs(a) / b;
  const int64_t rest = 1000 * std::abs(a) % b;
  const int64_t rounded = 2 * rest >= b ? whole + 1 : whole;
  return wrap(a < 0 ? -rounded : rounded);
}

// What the operands at one reading say.
int32_t related(int relation, const std::vector<int32_t>& operands) {
  switch (relation) {
    case 0:
      return 0;
    case 1:
      return root(operands.at(0), operands.at(1));
    case 2:
      return ratio(operands.at(0), operands.at(1));
    case 3: {
      int64_t sum = 0;
      for (const int32_t operand : operands) sum += operand;
      return wrap(sum);
    }
  }
  throw std::runtime_error("no such relation");
}

int32_t related_at(const Block& block, const Code& code, std::size_t row) {
  std::vector<int32_t> operands;
  for (const int operand : code.operands) {
    const auto& column = block.columns.at(static_cast<std::size_t>(operand));
    operands.push_back(column.values.at(row).value_or(0));
  }
  return related(code.relation, operands);
}

// --- bits ---

using Bits = std::vector<bool>;

void put_bits(Bits& bits, uint64_t value, int width) {
  for (int n = 0; n < width; ++n) bits.push_back(((value >> n) & 1) != 0);
}

void append_bits(Bytes& bytes, const Bits& bits) {
  for (std::size_t at = 0; at < bits.size(); at += 8) {
    unsigned byte = 0;
    for (std::size_t n = 0; n < 8 && at + n < bits.size(); ++n) {
      byte |= (bits[at + n] ? 1U : 0U) << n;
    }
    bytes.push_back(static_cast<std::byte>(byte));
  }
}

struct Taker {
  const Bytes& bytes;
  std::size_t bit = 0;

  bool one() {
    const auto byte = static_cast<unsigned>(bytes.at(bit / 8));
    return ((byte >> (bit++ % 8)) & 1) != 0;
  }
  uint64_t bits(int width) {
    uint64_t value = 0;
    for (int n = 0; n < width; ++n) value |= uint64_t{one()} << n;
    return value;
  }
  uint64_t number(int width) { return bits(8 * width); }
  uint32_t varint() {
    uint64_t value = 0;
    for (int n = 0;; ++n) {
      const uint64_t byte = number(1);
      value |= (byte & 0x7F) << (7 * n);
      if (byte < 0x80) return static_cast<uint32_t>(value);
    }
  }
  void to_byte() { bit = (bit + 7) / 8 * 8; }
  bool at_end() const { return bit / 8 == bytes.size(); }
};

void put(Bytes& bytes, uint64_t value, int width) {
  for (int n = 0; n < width; ++n) bytes.push_back(static_cast<std::byte>(value >> (8 * n)));
}

void put_varint(Bytes& bytes, uint32_t value) {
  while (value >= 128) {
    put(bytes, value % 128 + 128, 1);
    value /= 128;
  }
  put(bytes, value, 1);
}

uint32_t zigzag(int32_t value) {
  return static_cast<uint32_t>(value < 0 ? -2 * int64_t{value} - 1 : 2 * int64_t{value});
}
int32_t unzigzag(uint32_t value) {
  const int64_t half = value / 2;
  return static_cast<int32_t>(value % 2 == 0 ? half : -half - 1);
}

// --- Rice groups ---

uint64_t bits_at_width(std::span<const uint32_t> group, int width) {
  if (width == 33) return 32 * group.size();
  uint64_t bits = 0;
  for (const uint32_t number : group) {
    const uint32_t quotient = number >> (width - 1);
    bits += static_cast<uint64_t>(width - 1) + (quotient < 16 ? quotient + 1 : 17 + 32);
  }
  return bits;
}

void append_rice(Bytes& bytes, const std::vector<uint32_t>& numbers, const ChooseWidth& choose) {
  Bits widths, remainders, quotients;
  Bytes escapes;
  int before = 0;
  for (std::size_t at = 0; at < numbers.size(); at += 64) {
    const auto group =
        std::span(numbers).subspan(at, std::min<std::size_t>(64, numbers.size() - at));
    const int width = choose(group);
    if (width == before) {
      put_bits(widths, 1, 1);
    } else if (width == before + 1) {
      put_bits(widths, 2, 3);
    } else if (width == before - 1) {
      put_bits(widths, 6, 3);
    } else {
      put_bits(widths, 0, 2);
      put_bits(widths, static_cast<uint64_t>(width), 6);
    }
    before = width;
    if (width == 0) continue;
    for (const uint32_t number : group) {
      put_bits(remainders, number, width - 1);
      if (width == 33) continue;
      const uint32_t quotient = number >> (width - 1);
      put_bits(quotients, 0, static_cast<int>(std::min<uint32_t>(quotient, 16)));
      put_bits(quotients, 1, 1);
      if (quotient >= 16) put(escapes, quotient, 4);
    }
  }
  append_bits(bytes, widths);
  append_bits(bytes, remainders);
  append_bits(bytes, quotients);
  bytes.insert(bytes.end(), escapes.begin(), escapes.end());
}

int take_width(Taker& taker, int before) {
  if (taker.one()) return before;
  if (!taker.one()) return static_cast<int>(taker.bits(6));
  return taker.one() ? before - 1 : before + 1;
}

std::vector<uint32_t> take_rice(Taker& taker, std::size_t count) {
  std::vector<int> widths;  // a number
  int width = 0;
  for (std::size_t n = 0; n < count; ++n) {
    if (n % 64 == 0) width = take_width(taker, width);
    require(width >= 0 && width <= 33, "width");
    widths.push_back(width);
  }
  taker.to_byte();
  std::vector<uint32_t> remainders;
  for (const int one : widths) {
    remainders.push_back(one == 0 ? 0 : static_cast<uint32_t>(taker.bits(one - 1)));
  }
  taker.to_byte();
  std::vector<uint64_t> quotients;
  for (const int one : widths) {
    uint64_t quotient = 0;
    while (one != 0 && one != 33 && !taker.one()) ++quotient;
    require(quotient <= 16, "quotient");
    quotients.push_back(quotient);
  }
  taker.to_byte();
  std::vector<uint32_t> numbers;
  for (std::size_t n = 0; n < count; ++n) {
    if (quotients[n] == 16) quotients[n] = taker.number(4);
    const int shift = std::max(widths[n] - 1, 0);
    numbers.push_back(static_cast<uint32_t>(quotients[n] << shift) | remainders[n]);
  }
  return numbers;
}

// --- columns ---

void append_presence(Bytes& bytes, const Values& values) {
  Bytes runs;
  for (std::size_t at = 0, run = 0; at < values.size(); ++run) {
    const std::size_t begin = at;
    while (at < values.size() && values[at].has_value() == (run % 2 == 0)) ++at;
    put_varint(runs, static_cast<uint32_t>(at - begin));
  }
  Bits bits;
  for (const auto& value : values) bits.push_back(value.has_value());
  const bool shorter = runs.size() < (values.size() + 7) / 8;
  put(bytes, shorter ? 1 : 0, 1);
  if (shorter) bytes.insert(bytes.end(), runs.begin(), runs.end());
  if (!shorter) append_bits(bytes, bits);
}

std::vector<bool> take_presence(Taker& taker, std::size_t count) {
  std::vector<bool> present;
  const uint64_t form = taker.number(1);
  require(form <= 1, "form of presence");
  for (bool kind = true; form == 1 && present.size() < count; kind = !kind) {
    present.insert(present.end(), taker.varint(), kind);
  }
  while (present.size() < count) present.push_back(taker.one());
  require(present.size() == count, "runs of presence");
  taker.to_byte();
  return present;
}

bool has_gaps(const Values& values) {
  return std::ranges::any_of(values, [](const auto& value) { return !value.has_value(); });
}

Bytes column_bytes(const Block& block, const NamedColumn& column, const ChooseWidth& choose) {
  Bytes bytes;
  if (has_gaps(column.values)) append_presence(bytes, column.values);
  Numbers series;
  for (std::size_t row = 0; row < block.count; ++row) {
    if (!column.values[row]) continue;
    series.push_back(
        wrap(int64_t{*column.values[row]} - int64_t{related_at(block, column.code, row)}));
  }
  put_varint(bytes, zigzag(series.at(0)));
  std::vector<uint32_t> left;
  Numbers before;
  for (const int32_t number : series) {
    if (!before.empty()) {
      left.push_back(zigzag(wrap(number - int64_t{predicted(column.code.predictor, before)})));
    }
    before.push_back(number);
  }
  const bool all_zero = std::ranges::all_of(left, [](uint32_t one) { return one == 0; });
  if (!all_zero) append_rice(bytes, left, choose);
  return bytes;
}

Values take_values(const Bytes& bytes, const Block& block, const Code& code, bool gaps) {
  Taker taker{bytes};
  std::vector<bool> present(block.count, true);
  if (gaps) present = take_presence(taker, block.count);
  const auto count = static_cast<std::size_t>(std::ranges::count(present, true));
  Numbers series{unzigzag(taker.varint())};
  std::vector<uint32_t> left(count - 1);
  if (!taker.at_end()) left = take_rice(taker, count - 1);
  require(taker.at_end(), "length");
  for (const uint32_t one : left) {
    series.push_back(wrap(int64_t{unzigzag(one)} + predicted(code.predictor, series)));
  }
  Values values;
  for (std::size_t row = 0, n = 0; row < block.count; ++row) {
    values.emplace_back();
    if (present[row]) values.back() = wrap(int64_t{series[n++]} + related_at(block, code, row));
  }
  return values;
}

}  // namespace

int best_width(std::span<const uint32_t> group) {
  if (std::ranges::all_of(group, [](uint32_t number) { return number == 0; })) return 0;
  int best = 33;
  for (int width = 32; width >= 1; --width) {
    if (bits_at_width(group, width) <= bits_at_width(group, best)) best = width;
  }
  return best;
}

uint32_t crc(std::span<const std::byte> bytes) {
  uint32_t sum = 0xFFFFFFFF;
  for (const std::byte byte : bytes) {
    sum ^= static_cast<uint32_t>(byte);
    for (int n = 0; n < 8; ++n) sum = sum % 2 == 1 ? sum / 2 ^ 0xEDB88320 : sum / 2;
  }
  return ~sum;
}

Bytes encode(const Block& block, const ChooseWidth& choose) {
  Bytes rest, body;  // of the header from byte 10 on; columns
  put(rest, block.count, 2);
  put(rest, static_cast<uint32_t>(block.meter), 4);
  put(rest, block.first_ms, 8);
  put(rest, block.interval_ms, 4);
  put(rest, block.first_sequence, 8);
  put(rest, block.stride, 4);
  put(rest, block.columns.size(), 1);
  for (const NamedColumn& column : block.columns) {
    const Bytes bytes = column_bytes(block, column, choose);
    put(rest, column.name.size(), 1);
    for (const char letter : column.name) rest.push_back(static_cast<std::byte>(letter));
    put(rest, static_cast<uint64_t>(column.decimals), 1);
    const int gaps = has_gaps(column.values) ? 128 : 0;
    put(rest, static_cast<uint64_t>(column.code.predictor + 16 * column.code.relation + gaps), 1);
    if (column.code.relation != 0) put(rest, column.code.operands.size(), 1);
    for (const int operand : column.code.operands) put(rest, static_cast<uint64_t>(operand), 1);
    put(rest, bytes.size(), 2);
    put(rest, crc(bytes), 4);
    body.insert(body.end(), bytes.begin(), bytes.end());
  }
  Bytes summed;  // what the header's sum is of
  put(summed, 0x01424846, 4);
  put(summed, rest.size() + 10, 2);
  summed.insert(summed.end(), rest.begin(), rest.end());
  Bytes out;
  put(out, 0x01424846, 4);
  put(out, crc(summed), 4);
  out.insert(out.end(), summed.begin() + 4, summed.end());
  out.insert(out.end(), body.begin(), body.end());
  return out;
}

Block decode(const Bytes& bytes) {
  Taker taker{bytes};
  require(taker.number(4) == 0x01424846, "mark");
  const uint64_t sum = taker.number(4);
  std::size_t at = taker.number(2);  // where the next column begins
  Bytes summed(bytes.begin(), bytes.begin() + 4);
  summed.insert(summed.end(), bytes.begin() + 8, bytes.begin() + static_cast<std::ptrdiff_t>(at));
  require(crc(summed) == sum, "sum of the header");
  Block block;
  block.count = taker.number(2);
  block.meter = wrap(static_cast<int64_t>(taker.number(4)));
  block.first_ms = taker.number(8);
  block.interval_ms = static_cast<uint32_t>(taker.number(4));
  block.first_sequence = taker.number(8);
  block.stride = static_cast<uint32_t>(taker.number(4));
  for (uint64_t left = taker.number(1); left > 0; --left) {
    NamedColumn column;
    for (uint64_t n = taker.number(1); n > 0; --n)
      column.name += static_cast<char>(taker.number(1));
    column.decimals = static_cast<int>(taker.number(1));
    const int code = static_cast<int>(taker.number(1));
    column.code.predictor = code % 16;
    column.code.relation = code / 16 % 8;
    if (column.code.relation != 0) {
      for (uint64_t n = taker.number(1); n > 0; --n) {
        column.code.operands.push_back(static_cast<int>(taker.number(1)));
      }
    }
    const std::size_t size = taker.number(2);
    const uint64_t column_sum = taker.number(4);
    require(at + size <= bytes.size(), "cut off");
    const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    const Bytes own(begin, begin + static_cast<std::ptrdiff_t>(size));
    require(crc(own) == column_sum, "sum of a column");
    column.values = take_values(own, block, column.code, code >= 128);
    block.columns.push_back(std::move(column));
    at += size;
  }
  require(at == bytes.size(), "bytes behind the end");
  return block;
}

Chunk to_chunk(const Block& block, std::span<const reading::ChannelId> channels) {
  const auto find = [&](std::string_view name) -> Values {
    const auto found = std::ranges::find(block.columns, name, &NamedColumn::name);
    return found == block.columns.end() ? Values(block.count) : found->values;
  };
  const auto deviation = [](const Values& low, const Values& high, std::size_t row) -> uint64_t {
    const int32_t number = low[row].value_or(0);
    if (!high[row]) return static_cast<uint64_t>(int64_t{number});
    return uint64_t{static_cast<uint32_t>(*high[row])} << 32 | static_cast<uint32_t>(number);
  };
  const Values time = find("time"), time_high = find("time_high"), flags = find("flags");
  const Values sequence = find("sequence"), sequence_high = find("sequence_high");
  Chunk chunk;
  for (std::size_t row = 0; row < block.count; ++row) {
    const uint64_t ms = block.first_ms + row * block.interval_ms + deviation(time, time_high, row);
    chunk.time.emplace_back(std::chrono::milliseconds(static_cast<int64_t>(ms)));
    chunk.sequence.push_back(block.first_sequence + row * block.stride +
                             deviation(sequence, sequence_high, row));
    chunk.flags.push_back(static_cast<uint32_t>(flags[row].value_or(0)));
  }
  for (const reading::ChannelId id : channels) {
    Column column{id, {}, {}};
    for (const auto& value : find(reading::kChannels[id].name)) {
      column.steps.push_back(value.value_or(0));
      column.present.push_back(value ? 1 : 0);
    }
    chunk.columns.push_back(std::move(column));
  }
  return chunk;
}

}  // namespace fithome::store::naive
