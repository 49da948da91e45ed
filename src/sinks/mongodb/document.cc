// SPDX-License-Identifier: MIT
#include "sinks/mongodb/document.h"

#include <string_view>

namespace fithome::sinks {
namespace {

using reading::Quantity;

/// FNV-1a: not for secrets, only to tell sites and meters apart.
std::uint32_t hash_of(std::string_view text) {
  std::uint32_t hash = 2'166'136'261U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16'777'619U;
  return hash;
}

void put(std::uint8_t* to, std::uint64_t number, int bytes) {
  for (int n = bytes - 1; n >= 0; --n, number >>= 8) to[n] = static_cast<std::uint8_t>(number);
}

std::optional<double> value_of(const reading::Reading& reading, reading::ChannelId id) {
  if (!reading.steps[id]) return {};
  return *reading.steps[id] / reading::power_of_ten(reading::kChannels[id].decimals);
}

void append_value(bson_t& to, const std::string& key, const std::optional<double>& value) {
  if (value) bson_append_double(&to, key.c_str(), static_cast<int>(key.size()), *value);
}

void append_text(bson_t& to, const char* key, const std::string& text) {
  bson_append_utf8(&to, key, -1, text.c_str(), static_cast<int>(text.size()));
}

// "p_a_W", "temp_C", "pf": letters, digits and underscores only.
std::string key_of(const reading::Channel& channel) {
  std::string key(channel.name);
  if (!channel.unit.empty()) key += "_";
  for (const char c : channel.unit) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) key += c;
  }
  return key;
}

std::string quality_of(reading::Flags flags) {
  std::string text;
  for (const reading::FlagName& flag : reading::kFlags) {
    if ((flags & bit(flag.flag)) == 0) continue;
    if (!text.empty()) text += " ";
    text += flag.name;
  }
  return text.empty() ? "good" : text;
}

std::optional<double> number_at(const bson_t& document, const char* key) {
  bson_iter_t at;
  if (!bson_iter_init_find(&at, &document, key) || !BSON_ITER_HOLDS_NUMBER(&at)) return {};
  return bson_iter_as_double(&at);
}

}  // namespace

bson_oid_t object_id(const std::string& site, const store::Numbered& one) {
  const auto second = std::chrono::floor<std::chrono::seconds>(one.reading.time);
  const std::uint32_t where = hash_of(site + "/" + std::to_string(one.meter)) & 0xFF'FFFFU;
  std::uint8_t bytes[12];
  put(bytes, static_cast<std::uint64_t>(second.time_since_epoch().count()), 4);
  put(bytes + 4, where == 0 ? 1 : where, 3);
  put(bytes + 7, one.sequence, 5);
  bson_oid_t id;
  bson_oid_init_from_data(&id, bytes);
  return id;
}

void append_document(bson_t& to, const store::Numbered& one, const DocumentOptions& options) {
  const bson_oid_t id = object_id(options.site, one);
  bson_append_oid(&to, "_id", -1, &id);
  append_value(to, "Pa", value_of(one.reading, reading::house_channel(Quantity::active_power)));
  append_value(to, "Pr", value_of(one.reading, reading::house_channel(Quantity::reactive_power)));
  bson_append_date_time(&to, "ts", -1, one.reading.time.time_since_epoch().count());
  append_text(to, "meter", options.meter);
  append_text(to, "quality", quality_of(one.reading.flags));
  if (!options.all_channels) return;
  for (std::size_t n = 0; n < reading::kChannelCount; ++n) {
    const auto channel = static_cast<reading::ChannelId>(n);
    append_value(to, key_of(reading::kChannels[n]), value_of(one.reading, channel));
  }
}

std::optional<OldReading> read_document(const bson_t& document) {
  bson_iter_t at;
  if (!bson_iter_init_find(&at, &document, "_id") || !BSON_ITER_HOLDS_OID(&at)) return {};
  OldReading found;
  found.time = UtcTime(std::chrono::seconds(bson_oid_get_time_t(bson_iter_oid(&at))));
  if (bson_iter_init_find(&at, &document, "ts") && BSON_ITER_HOLDS_DATE_TIME(&at)) {
    found.time = UtcTime(std::chrono::milliseconds(bson_iter_date_time(&at)));
  }
  found.p = number_at(document, "Pa");
  found.q = number_at(document, "Pr");
  if (!found.p && !found.q) return {};
  return found;
}

}  // namespace fithome::sinks
