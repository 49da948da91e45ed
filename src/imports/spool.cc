// SPDX-License-Identifier: MIT
#include "imports/spool.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <numeric>
#include <string>
#include <tuple>

namespace fithome::imports {
namespace {

constexpr std::int64_t kDayNs = 86'400'000'000'000;
constexpr std::size_t kMostWaiting = (4 << 20) / sizeof(SpooledValue);

std::string spool_folder() {
  const char* named = std::getenv("TMPDIR");
  return named != nullptr && *named != '\0' ? named : "/var/tmp";
}

std::int64_t day_of(std::int64_t ns) { return ns / kDayNs - (ns % kDayNs < 0 ? 1 : 0); }

/// Of one time and channel as they came.
std::vector<SpooledValue> in_order(const std::vector<SpooledValue>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, {},
                    [&](std::size_t n) { return std::tuple(values[n].ns, values[n].channel, n); });
  std::vector<SpooledValue> sorted;
  sorted.reserve(values.size());
  for (const std::size_t n : order) sorted.push_back(values[n]);
  return sorted;
}

Failure no_room(int os) {
  return os_failure(
      Code::transient,
      fmt::format("a temporary file in {} (TMPDIR names another folder)", spool_folder()),
      os != 0 ? os : EIO);
}

}  // namespace

Result<Spool> Spool::make() {
  const int fd = ::open(spool_folder().c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  std::FILE* file = fd >= 0 ? ::fdopen(fd, "w+b") : nullptr;
  if (file == nullptr) return no_room(errno);
  return Spool(file);
}

Result<void> Spool::add(const SpooledValue& value) {
  days_[day_of(value.ns)].waiting.push_back(value);
  if (++waiting_ < kMostWaiting) return {};
  return write_all();
}

Result<void> Spool::write_all() {
  for (auto& [number, day] : days_) {
    if (day.waiting.empty()) continue;
    errno = 0;
    const long at = std::ftell(file_.get());
    const std::size_t count = day.waiting.size();
    if (std::fwrite(day.waiting.data(), sizeof(SpooledValue), count, file_.get()) != count) {
      return no_room(errno);
    }
    day.written.push_back({at, count});
    day.waiting = {};
  }
  waiting_ = 0;
  return {};
}

Result<std::vector<SpooledValue>> Spool::next_day() {
  std::vector<SpooledValue> values;
  if (handed_out_ == days_.size()) return values;
  Day& day = std::next(days_.begin(), static_cast<std::ptrdiff_t>(handed_out_))->second;
  for (const Piece& piece : day.written) {
    const std::size_t before = values.size();
    values.resize(before + piece.count);
    errno = 0;
    if (std::fseek(file_.get(), piece.at, SEEK_SET) != 0 ||
        std::fread(values.data() + before, sizeof(SpooledValue), piece.count, file_.get()) !=
            piece.count) {
      return no_room(errno);
    }
  }
  values.insert(values.end(), day.waiting.begin(), day.waiting.end());
  ++handed_out_;
  return in_order(values);
}

double Spool::done() const {
  return days_.empty() ? 1 : static_cast<double>(handed_out_) / static_cast<double>(days_.size());
}

}  // namespace fithome::imports
