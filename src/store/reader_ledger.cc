// SPDX-License-Identifier: MIT
//
// Ledgers as they stood: the marks of the database, and those of the tail.
#include <fmt/format.h>

#include "store/reader_impl.h"

namespace fithome::store {
namespace {

/// The ledger that a query for one finds.
Result<std::optional<reading::Ledger>> one_ledger(Statement& statement) {
  Rows rows = statement.rows();
  FITHOME_TRY(const bool found, rows.next());
  if (!found) return std::optional<reading::Ledger>();
  return std::optional(read_ledger(rows));
}

/// What has a ledger of the meter. Errors: not_found
Result<const MeterTail*> counted(const Tail& tail, MeterId meter) {
  const MeterTail* of = tail.find(meter);
  if (of != nullptr && of->latest.ledger) return of;
  return fail(Code::not_found, "no energy has been counted yet");
}

/// The last of the marks at or before `time`, of those that a tail keeps and of `sealed`.
std::optional<reading::Ledger> last_mark(const MeterTail& tail, UtcTime time,
                                         std::optional<reading::Ledger> sealed) {
  for (const reading::Ledger& mark : tail.marks) {
    if (mark.time <= time && (!sealed || mark.time >= sealed->time)) sealed = mark;
  }
  return sealed;
}

std::optional<reading::Ledger> first_mark(const MeterTail& tail,
                                          std::optional<reading::Ledger> sealed) {
  for (const reading::Ledger& mark : tail.marks) {
    if (!sealed || mark.time < sealed->time) sealed = mark;
  }
  return sealed;
}

/// The first or the last of the marks of a meter in the database, of those at or before a time.
Result<Statement> select_mark(const Database& db, std::string_view order) {
  return db.prepare(
      fmt::format("SELECT {} FROM ledger_mark WHERE meter = ? AND time_ms <= ?"
                  " ORDER BY time_ms {} LIMIT 1",
                  ledger_columns(), order));
}

}  // namespace

Result<reading::Ledger> Reader::ledger(MeterId meter) const {
  FITHOME_TRY(const View view, impl_->view());
  FITHOME_TRY(const MeterTail* tail, counted(view.tail(), meter));
  return *tail->latest.ledger;
}

Result<std::vector<reading::Ledger>> Reader::ledgers_at(std::span<const UtcTime> times,
                                                        MeterId meter) const {
  FITHOME_TRY(const View view, impl_->view());
  FITHOME_TRY(const MeterTail* tail, counted(view.tail(), meter));
  const reading::Ledger& now = *tail->latest.ledger;
  FITHOME_TRY(Statement last, select_mark(impl_->db, "DESC"));
  std::vector<reading::Ledger> found;
  found.reserve(times.size());
  std::optional<reading::Ledger> first;  // where it is asked for
  for (const UtcTime time : times) {
    if (now.time <= time) {
      found.push_back(now);
      continue;
    }
    FITHOME_TRY(const auto sealed, one_ledger(last.bind(meter).bind(ms(time))));
    const auto mark = last_mark(*tail, time, sealed);
    if (!mark && !first) {
      FITHOME_TRY(Statement query, select_mark(impl_->db, "ASC"));
      FITHOME_TRY(const auto earliest, one_ledger(query.bind(meter).bind(ms(UtcTime::max()))));
      first = first_mark(*tail, earliest).value_or(now);
    }
    found.push_back(mark ? *mark : *first);
  }
  return found;
}

Result<reading::Ledger> Reader::ledger_at(UtcTime time, MeterId meter) const {
  FITHOME_TRY(const auto found, ledgers_at({&time, 1}, meter));
  return found.front();
}

}  // namespace fithome::store
