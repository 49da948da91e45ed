// SPDX-License-Identifier: MIT
#include "store/reader_impl.h"

namespace fithome::store {

Result<std::vector<Meter>> Reader::meters() const {
  FITHOME_TRY(Statement query,
              impl_->db.prepare("SELECT id, name FROM meter WHERE id <> ? ORDER BY id"));
  query.bind(kHouse);
  Rows rows = query.rows();
  std::vector<Meter> meters;
  while (true) {
    FITHOME_TRY(const bool more, rows.next());
    if (!more) return meters;
    Meter& meter = meters.emplace_back(Meter{.id = rows.integer32(0)});
    if (!rows.null(1)) meter.name = rows.text(1);
  }
}

Result<std::optional<std::string>> Reader::house() const {
  FITHOME_TRY(Statement query, impl_->db.prepare("SELECT name FROM meter WHERE id = ?"));
  query.bind(kHouse);
  Rows rows = query.rows();
  FITHOME_TRY(const bool found, rows.next());
  if (!found || rows.null(0)) return std::optional<std::string>();
  return std::optional(rows.text(0));
}

Result<std::optional<std::chrono::microseconds>> Reader::worst_skew(UtcTime from,
                                                                    UtcTime to) const {
  FITHOME_TRY(const View view, impl_->view());
  FITHOME_TRY(Statement query,
              impl_->db.prepare("SELECT max(worst_us) FROM skew"
                                " WHERE quarter * ?3 > ?1 AND quarter * ?3 <= ?2"));
  query.bind(ms(from)).bind(ms(to)).bind(kQuarterMs);
  Rows rows = query.rows();
  FITHOME_TRY(const bool found, rows.next());
  std::optional<std::chrono::microseconds> worst;
  if (found && !rows.null(0)) worst = std::chrono::microseconds(rows.integer(0));
  for (const auto& [quarter, skew] : view.tail().skews()) {
    if (quarter * kQuarterMs <= ms(from) || quarter * kQuarterMs > ms(to)) continue;
    worst = std::max(worst.value_or(std::chrono::microseconds(0)),
                     std::chrono::microseconds(skew.worst_us));
  }
  return worst;
}

}  // namespace fithome::store
