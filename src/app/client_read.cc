// SPDX-License-Identifier: MIT
#include "app/client_read.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "app/print_table.h"

namespace fithome::app {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kUsual = std::chrono::minutes(10);
constexpr std::int64_t kRowsAPiece = 3600;
constexpr milliseconds kLongestPiece = std::chrono::days(31);

struct Span {
  UtcTime from, to;
};

// Both ends as they were asked for, checked, then cut to what there is to read.
Result<Span> span_of(const ReadCommand& command, const StatusReport& status, UtcTime now) {
  const UtcTime house = house_now(status, now);
  const bool any = status.store && status.store->first && status.store->last;
  const UtcTime newest = any ? *status.store->last + milliseconds(1) : house;
  Span span{{}, newest};
  if (command.to) {
    FITHOME_TRY(span.to, parse_time(*command.to, house));
  }
  span.from = span.to - kUsual;
  if (command.from) {
    FITHOME_TRY(span.from, parse_time(*command.from, house));
  }
  if (span.from >= span.to) {
    // Only what was said can be wrong: from the newest reading on there is simply nothing yet.
    if (!command.to) return Span{span.from, span.from + milliseconds(1)};
    return fail(Code::invalid, fmt::format("--from ({}) must be before --to ({})",
                                           to_iso(span.from), to_iso(span.to)));
  }
  if (!any) return span;
  const Span cut{std::max(span.from, *status.store->first), std::min(span.to, newest)};
  return cut.from < cut.to ? cut : Span{span.from, span.from + milliseconds(1)};
}

UtcTime piece_end(UtcTime from, UtcTime to, const std::optional<milliseconds>& every) {
  const milliseconds step = every.value_or(std::chrono::seconds(1));
  const auto steps = std::clamp<std::int64_t>(kLongestPiece / step, 1, kRowsAPiece);
  // A step must not be cut in two, so pieces end where steps do.
  const milliseconds since = from.time_since_epoch();
  const milliseconds begun = since - (since % step + step) % step;
  return std::min(to, UtcTime(begun + step * steps));
}

// Gets the bodies of the pieces in order, and gives out what they hold.
class Rows {
 public:
  virtual ~Rows() = default;
  virtual Result<void> piece(std::string_view body) = 0;
  virtual void end() {}
};

Failure odd_answer() {
  return fail(Code::unsupported, "the answer is no readings; is the daemon much newer?");
}

class CsvRows final : public Rows {
 public:
  explicit CsvRows(std::function<void(std::string_view)> write) : write_(std::move(write)) {}

  Result<void> piece(std::string_view body) override {
    const auto header_end = body.find('\n');
    if (header_end == body.npos) return odd_answer();
    write_(first_ ? body : body.substr(header_end + 1));
    first_ = false;
    return {};
  }

 private:
  std::function<void(std::string_view)> write_;
  bool first_ = true;
};

class TableRows final : public Rows {
 public:
  explicit TableRows(std::function<void(std::string_view)> write) : write_(std::move(write)) {}

  Result<void> piece(std::string_view body) override {
    const auto header_end = body.find('\n');
    if (header_end == body.npos) return odd_answer();
    std::string out;
    if (!table_) {
      table_ = std::make_unique<Table>(body.substr(0, header_end));
      out = table_->heading();
    }
    body.remove_prefix(header_end + 1);
    while (!body.empty()) {
      const auto end = std::min(body.find('\n'), body.size());
      out += table_->row(body.substr(0, end));
      any_ = true;
      body.remove_prefix(std::min(end + 1, body.size()));
    }
    write_(out);
    return {};
  }

  void end() override {
    if (!any_) write_("(no readings in this time)\n");
  }

 private:
  std::function<void(std::string_view)> write_;
  std::unique_ptr<Table> table_;
  bool any_ = false;
};

class JsonRows final : public Rows {
 public:
  explicit JsonRows(std::function<void(std::string_view)> write) : write_(std::move(write)) {}

  Result<void> piece(std::string_view body) override {
    constexpr std::string_view kRows = "\"rows\":[";
    constexpr std::string_view kEnd = "]}\n";
    const auto at = body.find(kRows);
    if (at == body.npos || !body.ends_with(kEnd)) return odd_answer();
    const std::size_t begin = at + kRows.size();
    constexpr std::string_view kLeftOut = "],\"left_out\":[";
    if (const auto left = body.rfind(kLeftOut); left != body.npos) {
      if (!left_out_.empty()) left_out_ += ',';
      left_out_ +=
          body.substr(left + kLeftOut.size(), body.size() - kEnd.size() - left - kLeftOut.size());
      body = body.substr(0, left + kEnd.size());  // all but its end
    }
    if (first_) write_(body.substr(0, begin));
    first_ = false;
    const std::string_view rows = body.substr(begin, body.size() - kEnd.size() - begin);
    if (rows.empty()) return {};
    if (any_) write_(",");
    write_(rows);
    any_ = true;
    return {};
  }

  void end() override {
    write_(left_out_.empty() ? "]}\n" : "],\"left_out\":[" + left_out_ + "]}\n");
  }

 private:
  std::function<void(std::string_view)> write_;
  std::string left_out_;
  bool first_ = true;
  bool any_ = false;
};

std::unique_ptr<Rows> rows_of(RowFormat format, std::function<void(std::string_view)> write) {
  switch (format) {
    case RowFormat::csv:
      return std::make_unique<CsvRows>(std::move(write));
    case RowFormat::json:
      return std::make_unique<JsonRows>(std::move(write));
    case RowFormat::table:
      break;
  }
  return std::make_unique<TableRows>(std::move(write));
}

std::string target_of(const ReadCommand& command, UtcTime from, UtcTime to) {
  std::string target =
      fmt::format("/api/v1/readings?format={}&from={}&to={}",
                  command.format == RowFormat::json ? "json" : "csv", to_iso(from), to_iso(to));
  if (!command.meter.empty()) target += "&meter=" + in_address(command.meter);
  if (!command.channels.empty()) target += "&channels=" + command.channels;
  if (command.every) target += fmt::format("&every={}ms", command.every->count());
  return target;
}

}  // namespace

UtcTime house_now(const StatusReport& status, UtcTime now) {
  return status.status.simulated ? status.status.last_reading.value_or(now) : now;
}

Result<void> read_rows(Source& source, const ReadCommand& command, UtcTime now,
                       std::function<void(std::string_view)> write) {
  FITHOME_TRY(const std::string body, source.get("/api/v1/status"));
  FITHOME_TRY(const StatusReport status, parse_status(body));
  FITHOME_TRY(const Span span, span_of(command, status, now));
  const auto rows = rows_of(command.format, std::move(write));
  for (UtcTime from = span.from; from < span.to;) {
    const UtcTime to = piece_end(from, span.to, command.every);
    FITHOME_TRY(const std::string piece, source.get(target_of(command, from, to)));
    FITHOME_TRY_VOID(rows->piece(piece));
    from = to;
  }
  rows->end();
  return {};
}

}  // namespace fithome::app
