// SPDX-License-Identifier: MIT
#include "store/column_codec.h"

#include <algorithm>

#include "store/byte_reader.h"
#include "store/dense.h"
#include "store/presence.h"
#include "store/rice.h"

namespace fithome::store {
namespace {

// Rice groups of nothing but zeros are left out: a column that never changes is one number.
void append_residuals(std::span<const std::uint32_t> left, std::vector<std::byte>& out) {
  if (std::ranges::all_of(left, [](std::uint32_t number) { return number == 0; })) return;
  append_rice(left, out);
}

std::string_view read_series(ByteReader& bytes, Predictor predictor,
                             std::span<std::int32_t> series) {
  series[0] = unzigzag(bytes.varint());
  if (bytes.failed()) return "its first number is damaged";
  std::vector<std::uint32_t> left(series.size() - 1);
  if (!bytes.rest().empty()) {
    if (const auto wrong = read_rice(bytes.rest(), left); !wrong.empty()) return wrong;
  }
  restore(predictor, left, series);
  return {};
}

}  // namespace

void append_column(const ColumnView& column, const ColumnCode& code,
                   std::span<const ColumnView> columns, std::vector<std::byte>& out) {
  if (code.gaps) append_presence(column.present, out);
  const Dense dense(column, columns);
  std::vector<std::int32_t> series(dense.size());
  dense.differences(code.kinship, 0, series);
  std::vector<std::uint32_t> left(series.size() - 1);
  residuals(code.predictor, series, left);
  put_varint(out, zigzag(series[0]));
  append_residuals(left, out);
}

std::string_view read_column(std::span<const std::byte> bytes, const ColumnCode& code,
                             std::span<const ColumnView> columns, std::size_t count,
                             DecodedColumn& out) {
  ByteReader reader(bytes);
  std::size_t present = count;
  if (code.gaps) {
    out.present.resize(count);
    if (const auto wrong = read_presence(reader, out.present); !wrong.empty()) return wrong;
    present = static_cast<std::size_t>(std::ranges::count(out.present, 1));
    if (present == 0) return "nothing of it is present";
  }
  out.steps.resize(count);
  const auto series = std::span(out.steps).first(present);
  if (const auto wrong = read_series(reader, code.predictor, series); !wrong.empty()) return wrong;

  const Dense dense(out.view(), columns);
  dense.add_kin(code.kinship, series);
  if (code.gaps) spread(out.present, out.steps);
  return {};
}

}  // namespace fithome::store
