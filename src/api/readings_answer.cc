// SPDX-License-Identifier: MIT
//
// /api/v1/readings: any range of the store, made piece by piece: ten years need no more memory, and
// hold up other requests no longer, than an hour does.
#include <algorithm>
#include <memory>
#include <utility>

#include "api/answers.h"
#include "api/house_rows.h"
#include "api/readings_table.h"

namespace fithome::api {
namespace {

using std::chrono::milliseconds;

// Time that one piece of a roll-up goes over: long enough to be few, short enough (21,600 readings
// at 1 Hz, or as many minutes or hours as cost the same) not to hold up the server's one thread.
constexpr milliseconds piece_of(milliseconds step) {
  if (step % std::chrono::hours(1) == milliseconds(0)) return std::chrono::days(366);
  if (step % std::chrono::minutes(1) == milliseconds(0)) return std::chrono::days(4);
  return std::chrono::hours(6);
}

// Time of single readings of a house that one piece goes over: of up to fourteen meters.
constexpr milliseconds kHousePiece = std::chrono::minutes(15);

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
  std::function<void(const std::string&)> damaged;
  std::optional<store::Scan> scan;  // of single readings
  std::vector<HouseTermOf> house;   // where it is asked for
  UtcTime at{}, end{};  // of a roll-up or the house: where the next piece begins, and the last ends

  store::Range range() const {
    return {.meter = table.query().meter,
            .from = table.query().from,
            .to = table.query().to,
            .channels = table.query().channels};
  }
  Result<void> start();
  Result<bool> next(std::string& out);
  Result<bool> next_readings(std::string& out);
  Result<bool> next_steps(std::string& out);
};

Result<void> Rows::start() {
  if (!table.query().every && house.empty()) {
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
  auto more = scan ? next_readings(out) : next_steps(out);
  if (!more || *more) return more;
  table.end(out, reader.left_out());
  for (const store::BadBlock& bad : reader.left_out()) {
    if (damaged) damaged(bad.what);
  }
  return false;
}

Result<bool> Rows::next_readings(std::string& out) {
  FITHOME_TRY(const store::Chunk chunk, scan->next());
  table.rows(out, chunk);
  return chunk.size() > 0;
}

Result<bool> Rows::next_steps(std::string& out) {
  if (at >= end) return false;
  const milliseconds step = table.query().every.value_or(kHousePiece);
  const auto steps = std::max<std::int64_t>(1, piece_of(step) / step);
  store::Range piece = range();
  piece.from = at;
  piece.to = std::min(end, floor_to(at, step) + steps * step);
  if (table.query().days) {
    piece.to = end;
    FITHOME_TRY(const auto days, reader.days(piece));
    table.rows(out, days);
  } else if (!table.query().every) {
    piece.to = std::min(end, floor_to(at, step) + step);
    FITHOME_TRY(const auto readings, house_readings(reader, house, piece.from, piece.to));
    table.rows(out, readings);
  } else if (!house.empty()) {
    FITHOME_TRY(const auto steps_of_house, house_steps(reader, house, piece.from, piece.to, step));
    table.rows(out, steps_of_house);
  } else {
    FITHOME_TRY(const auto rolled, reader.rollup(piece, step));
    table.rows(out, rolled);
  }
  at = piece.to;
  return at < end;
}

}  // namespace

Response readings_answer(const Source& source, const Query& query) {
  const Status status = source.live.status();
  auto reader = store::Reader::open(source.data);
  const auto stored = reader ? reader->meters() : Result<std::vector<store::Meter>>{};
  if (!stored) return failure(stored.error());
  auto wanted = parse_readings_query(query, status, *stored, source.now());
  if (!wanted) return failure(wanted.error());  // what was asked for goes before what is there
  if (!reader) return failure(reader.error());

  auto rows = std::make_unique<Rows>(Rows{.reader = *std::move(reader),
                                          .table = Table(*std::move(wanted)),
                                          .damaged = source.damaged,
                                          .scan = {},
                                          .house = {}});
  if (rows->table.query().meter == store::kHouse) rows->house = house_terms(status);
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
