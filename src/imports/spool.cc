// SPDX-License-Identifier: MIT
#include "imports/spool.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <numeric>
#include <span>
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
  std::string name = spool_folder() + "/fithome-import-XXXXXX";
  UniqueFd file(::mkostemp64(name.data(), O_CLOEXEC));
  if (!file) return no_room(errno);
  ::unlink(name.c_str());
  return Spool(std::move(file));
}

Result<void> Spool::add(const SpooledValue& value) {
  days_[day_of(value.ns)].waiting.push_back(value);
  if (++waiting_ < kMostWaiting) return {};
  return write_all();
}

Result<void> Spool::write_all() {
  for (auto& [number, day] : days_) {
    if (day.waiting.empty()) continue;
    auto bytes = std::as_bytes(std::span(day.waiting));
    day.written.push_back({end_, day.waiting.size()});
    while (!bytes.empty()) {
      const auto done = ::pwrite64(file_.get(), bytes.data(), bytes.size(), end_);
      if (done <= 0) return no_room(errno);
      end_ += done;
      bytes = bytes.subspan(static_cast<std::size_t>(done));
    }
    day.waiting = {};
  }
  waiting_ = 0;
  return {};
}

Result<void> Spool::read_piece(const Piece& piece, std::vector<SpooledValue>& values) const {
  const std::size_t before = values.size();
  values.resize(before + piece.count);
  auto bytes = std::as_writable_bytes(std::span(values).subspan(before));
  std::int64_t at = piece.at;
  while (!bytes.empty()) {
    const auto done = ::pread64(file_.get(), bytes.data(), bytes.size(), at);
    if (done <= 0) return no_room(errno);
    at += done;
    bytes = bytes.subspan(static_cast<std::size_t>(done));
  }
  return {};
}

Result<std::vector<SpooledValue>> Spool::next_day() {
  std::vector<SpooledValue> values;
  if (handed_out_ == days_.size()) return values;
  Day& day = std::next(days_.begin(), static_cast<std::ptrdiff_t>(handed_out_))->second;
  for (const Piece& piece : day.written) FITHOME_TRY_VOID(read_piece(piece, values));
  values.insert(values.end(), day.waiting.begin(), day.waiting.end());
  ++handed_out_;
  return in_order(values);
}

double Spool::done() const {
  return days_.empty() ? 1 : static_cast<double>(handed_out_) / static_cast<double>(days_.size());
}

}  // namespace fithome::imports
