// SPDX-License-Identifier: MIT
//
// /api/v1/readings: any range of the store, made piece by piece: ten years need no more memory, and
// hold up other requests no longer, than an hour does.
#include <algorithm>
#include <memory>
#include <utility>

#include "api/answers.h"
#include "api/readings_table.h"

namespace fithome::api {
namespace {

using std::chrono::milliseconds;

// Time that one piece of a roll-up goes over: long enough to be few, short enough (21,600 readings
// at 1 Hz) not to hold up the server's one thread.
constexpr milliseconds kPiece = std::chrono::hours(6);

UtcTime floor_to(UtcTime time, milliseconds step) {
  const auto since = time.time_since_epoch();
  auto rest = since % step;
  if (rest < milliseconds(0)) rest += step;
  return time - rest;
}

// Kept behind a pointer, for the scan refers to the reader beside it.
struct Rows {
  store::Reader reader;
  Table table;
  std::optional<store::Scan> scan;  // of single readings
  UtcTime at{}, end{};              // of a roll-up: where the next piece begins, and the last ends

  store::Range range() const {
    return {.from = table.query().from, .to = table.query().to, .channels = table.query().channels};
  }
  Result<void> start();
  Result<bool> next(std::string& out);
  Result<bool> next_readings(std::string& out);
  Result<bool> next_steps(std::string& out);
};

Result<void> Rows::start() {
  if (!table.query().every) {
    FITHOME_TRY(scan, reader.scan(range()));
    return {};
  }
  FITHOME_TRY(const store::Info info, reader.info());
  if (!info.first || !info.last) return {};  // at == end: no steps
  at = std::max(table.query().from, *info.first);
  end = std::min(table.query().to, *info.last + milliseconds(1));
  return {};
}

Result<bool> Rows::next(std::string& out) {
  auto more = table.query().every ? next_steps(out) : next_readings(out);
  if (more && !*more) table.end(out);
  return more;
}

Result<bool> Rows::next_readings(std::string& out) {
  FITHOME_TRY(const store::Chunk chunk, scan->next());
  table.rows(out, chunk);
  return chunk.size() > 0;
}

Result<bool> Rows::next_steps(std::string& out) {
  if (at >= end) return false;
  const milliseconds step = *table.query().every;
  const auto steps = std::max<std::int64_t>(1, kPiece / step);
  store::Range piece = range();
  piece.from = at;
  piece.to = std::min(end, floor_to(at, step) + steps * step);
  FITHOME_TRY(const auto rolled, reader.rollup(piece, step));
  table.rows(out, rolled);
  at = piece.to;
  return at < end;
}

}  // namespace

Response readings_answer(const Source& source, const Query& query) {
  const Status status = source.live.status();
  auto wanted = parse_readings_query(query, status, source.now());
  if (!wanted) return failure(wanted.error());
  auto reader = store::Reader::open(source.data);
  if (!reader) return failure(reader.error());

  auto rows = std::make_unique<Rows>(
      Rows{.reader = *std::move(reader), .table = Table(*std::move(wanted)), .scan = {}});
  if (const auto started = rows->start(); !started) return failure(started.error());
  const auto content_type = rows->table.content_type();
  return streamed(
      content_type,
      [rows = std::move(rows), begun = false, status](std::string& out) mutable -> Result<bool> {
        if (!std::exchange(begun, true)) rows->table.begin(out, status);
        return rows->next(out);
      });
}

}  // namespace fithome::api
