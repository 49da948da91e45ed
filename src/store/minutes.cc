// SPDX-License-Identifier: MIT
#include "store/minutes.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>

#include "store/byte_reader.h"
#include "store/column_codec.h"
#include "store/crc32.h"

namespace fithome::store {
namespace {

using reading::kChannels;
using reading::Summary;

// The first eight bytes mean the same in every version: mark, version, sum of all that follows.
constexpr std::uint64_t kMinutesMark = 0x4D4846;  // "FHM"
constexpr std::uint8_t kMinutesVersion = 1;
constexpr std::size_t kSumAt = 4, kBodyAt = 8;

constexpr std::int64_t kLastMinute = 253'402'300'799 / 60;  // of the year 9999

using Series = std::vector<std::int32_t>;

std::int64_t minute_number(UtcTime start) {
  return std::chrono::duration_cast<std::chrono::minutes>(start.time_since_epoch()).count();
}
UtcTime from_minute(std::int64_t number) { return UtcTime(std::chrono::minutes(number)); }

std::int64_t floor_divide(std::int64_t sum, std::int64_t count) {
  const std::int64_t quotient = sum / count;
  return sum % count < 0 ? quotient - 1 : quotient;
}

// Differences of 32-bit numbers wrap round, as those of a block do.
std::int32_t wrapped(std::int64_t number) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(number));
}

void put_column(std::vector<std::byte>& out, const Series& numbers) {
  const ColumnView view{numbers, {}};
  const ColumnCode code = choose_code(view, {}, {});
  std::vector<std::byte> bytes;
  append_column(view, code, {}, bytes);
  put_number(out, static_cast<std::uint64_t>(code.predictor), 1);
  put_varint(out, bytes.size());
  out.insert(out.end(), bytes.begin(), bytes.end());
}

/// What the parts of a column's summaries are, a number a minute each.
struct Parts {
  Series missing;  // readings without the channel
  Series mean;     // rounded down
  Series over;     // what the sum is more than the count times that
  Series down;     // the mean less the minimum
  Series up;       // the maximum less the mean

  void add(const Summary& value, std::uint32_t readings) {
    missing.push_back(wrapped(std::int64_t{readings} - value.count()));
    if (value.count() == 0) {
      for (Series* part : {&mean, &over, &down, &up}) part->push_back(0);
      return;
    }
    const std::int64_t low = floor_divide(value.sum(), value.count());
    mean.push_back(wrapped(low));
    over.push_back(wrapped(value.sum() - low * value.count()));
    down.push_back(wrapped(low - value.min()));
    up.push_back(wrapped(value.max() - low));
  }
  /// Nothing where they cannot be of any readings.
  std::optional<std::vector<Summary>> values(const std::vector<std::uint32_t>& readings) const {
    std::vector<Summary> all;
    for (std::size_t n = 0; n < readings.size(); ++n) {
      const auto without = static_cast<std::uint32_t>(missing[n]);
      const auto left = static_cast<std::uint32_t>(over[n]);
      if (without > readings[n]) return {};
      const std::uint32_t count = readings[n] - without;
      Summary& value = all.emplace_back();
      if (count == 0) continue;
      if (left >= count) return {};
      const std::int64_t low = mean[n];
      value = Summary(count, low * count + left, wrapped(low - down[n]), wrapped(low + up[n]));
    }
    return all;
  }
};

void put_channel(std::vector<std::byte>& out, const Minutes::Column& column,
                 const std::vector<std::uint32_t>& readings) {
  Parts parts;
  for (std::size_t n = 0; n < readings.size(); ++n) parts.add(column.values[n], readings[n]);
  const std::string_view name = kChannels[column.channel].name;
  put_number(out, name.size(), 1);
  for (const char letter : name) out.push_back(static_cast<std::byte>(letter));
  std::vector<std::byte> body;
  for (const Series* part : {&parts.missing, &parts.mean, &parts.over, &parts.down, &parts.up}) {
    put_column(body, *part);
  }
  put_varint(out, body.size());
  out.insert(out.end(), body.begin(), body.end());
}

class MinutesReader {
 public:
  explicit MinutesReader(std::span<const std::byte> body) : bytes_(body) {}

  Result<Minutes> read(std::span<const reading::ChannelId> channels) {
    count_ = bytes_.varint();
    const auto first = static_cast<std::int64_t>(bytes_.varint64());
    const auto named = bytes_.number(1);
    if (bytes_.failed() || count_ < 1 || count_ > kChunkReadings) return damaged("its head");
    Series apart, readings, flags;
    if (!column(bytes_, apart) || !column(bytes_, readings) || !column(bytes_, flags)) {
      return damaged(wrong_);
    }
    Minutes minutes;
    if (first < 0 || first > kLastMinute) return damaged("its head");
    std::int64_t at = first;
    for (std::size_t n = 0; n < count_; ++n) {
      at += static_cast<std::uint32_t>(apart[n]);
      if (at > kLastMinute || (apart[n] == 0) != (n == 0) || readings[n] == 0) {
        return damaged("its minutes");
      }
      minutes.start.push_back(from_minute(at));
      minutes.readings.push_back(static_cast<std::uint32_t>(readings[n]));
      minutes.flags.push_back(static_cast<reading::Flags>(flags[n]));
    }
    for (const reading::ChannelId id : channels) {
      minutes.columns.push_back({id, std::vector<Summary>(count_)});
    }
    for (std::uint64_t left = named; left > 0; --left) {
      if (!channel(minutes)) return damaged(wrong_);
    }
    if (!bytes_.rest().empty()) return damaged("its end");
    return minutes;
  }

 private:
  static Failure damaged(std::string_view part) {
    return fail(Code::corrupt, fmt::format("minutes: damaged: {}", part));
  }

  bool column(ByteReader& in, Series& out) {
    const auto predictor = in.number(1);
    const auto bytes = in.take(in.varint());
    if (in.failed() || predictor >= kPredictors) return false;
    DecodedColumn decoded;
    wrong_ =
        read_column(bytes, {.predictor = static_cast<Predictor>(predictor)}, {}, count_, decoded);
    out = std::move(decoded.steps);
    return wrong_.empty();
  }

  bool channel(Minutes& minutes) {
    std::string name;
    for (const std::byte letter : bytes_.take(static_cast<std::size_t>(bytes_.number(1)))) {
      name += static_cast<char>(letter);
    }
    const auto body = bytes_.take(bytes_.varint());
    if (bytes_.failed()) return false;
    const auto asked = [&name](const Minutes::Column& one) {
      return kChannels[one.channel].name == name;
    };
    if (std::ranges::none_of(minutes.columns, asked)) return true;
    ByteReader in(body);
    Parts parts;
    for (Series* part : {&parts.missing, &parts.mean, &parts.over, &parts.down, &parts.up}) {
      if (!column(in, *part)) return false;
    }
    const auto values = parts.values(minutes.readings);
    wrong_ = "a channel";
    if (!values || !in.rest().empty()) return false;
    for (Minutes::Column& one : minutes.columns) {
      if (asked(one)) one.values = *values;
    }
    return true;
  }

  ByteReader bytes_;
  std::size_t count_ = 0;
  std::string_view wrong_ = "cut off";
};

}  // namespace

UtcTime minute_begin(UtcTime time) {
  return UtcTime(std::chrono::floor<std::chrono::minutes>(time.time_since_epoch()));
}

Minutes minutes_of(const Chunk& readings) {
  Minutes minutes;
  for (const UtcTime time : readings.time) minutes.start.push_back(minute_begin(time));
  std::ranges::sort(minutes.start);
  const auto rest = std::ranges::unique(minutes.start);
  minutes.start.erase(rest.begin(), rest.end());
  minutes.readings.resize(minutes.size());
  minutes.flags.resize(minutes.size());
  for (const Column& column : readings.columns) {
    minutes.columns.push_back({column.channel, std::vector<Summary>(minutes.size())});
  }
  std::size_t at = 0;
  for (std::size_t row = 0; row < readings.size(); ++row) {
    const UtcTime start = minute_begin(readings.time[row]);
    if (minutes.start[at] != start) {
      at = static_cast<std::size_t>(std::ranges::lower_bound(minutes.start, start) -
                                    minutes.start.begin());
    }
    ++minutes.readings[at];
    minutes.flags[at] |= readings.flags[row];
    for (std::size_t n = 0; n < minutes.columns.size(); ++n) {
      const Column& column = readings.columns[n];
      if (column.present[row] != 0) minutes.columns[n].values[at].add(column.steps[row]);
    }
  }
  return minutes;
}

std::vector<std::byte> encode_minutes(const Minutes& minutes) {
  FITHOME_CHECK(minutes.size() >= 1 && minutes.size() <= kChunkReadings,
                "minutes are kept of 1 to 3600 readings");
  Series apart, readings, flags;
  std::int64_t before = minute_number(minutes.start.front());
  for (std::size_t n = 0; n < minutes.size(); ++n) {
    apart.push_back(wrapped(minute_number(minutes.start[n]) - before));
    before = minute_number(minutes.start[n]);
    readings.push_back(static_cast<std::int32_t>(minutes.readings[n]));
    flags.push_back(static_cast<std::int32_t>(minutes.flags[n]));
  }
  std::vector<const Minutes::Column*> measured;
  for (const Minutes::Column& column : minutes.columns) {
    const auto there = [](const Summary& value) { return value.count() > 0; };
    if (std::ranges::any_of(column.values, there)) measured.push_back(&column);
  }
  std::vector<std::byte> out;
  put_number(out, kMinutesMark, 3);
  put_number(out, kMinutesVersion, 1);
  put_number(out, 0, 4);  // the sum, once it is known
  put_varint(out, minutes.size());
  put_varint(out, static_cast<std::uint64_t>(minute_number(minutes.start.front())));
  put_number(out, measured.size(), 1);
  for (const Series* numbers : {&apart, &readings, &flags}) put_column(out, *numbers);
  for (const Minutes::Column* column : measured) put_channel(out, *column, minutes.readings);
  set_number(out, kSumAt, crc32(std::span(out).subspan(kBodyAt)), 4);
  return out;
}

Result<Minutes> decode_minutes(std::span<const std::byte> bytes,
                               std::span<const reading::ChannelId> channels) {
  if (bytes.size() < kBodyAt || load_number(bytes, 0, 3) != kMinutesMark) {
    return fail(Code::corrupt, "minutes: they do not begin as such");
  }
  if (const auto version = load_number(bytes, 3, 1); version != kMinutesVersion) {
    return fail(Code::unsupported,
                fmt::format("minutes: written in format {}, known here is {}; update fithome",
                            version, kMinutesVersion));
  }
  const auto body = bytes.subspan(kBodyAt);
  if (crc32(body) != load_number(bytes, kSumAt, 4)) {
    return fail(Code::corrupt, "minutes: damaged");
  }
  return MinutesReader(body).read(channels);
}

}  // namespace fithome::store
