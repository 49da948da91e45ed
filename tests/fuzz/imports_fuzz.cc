// SPDX-License-Identifier: MIT
//
// Any bytes as a table, a line of InfluxDB, its answer or emoncms' meta: refused with a message, or
// read as something that makes sense.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "check.h"
#include "imports/csv.h"
#include "imports/influx_answer.h"
#include "imports/influx_line.h"
#include "imports/influx_tags.h"
#include "imports/phpfina.h"

namespace {

using namespace fithome::imports;

/// The first line says which columns, the second is the heading.
void fuzz_table(std::string text) {
  const auto take_line = [&text] {
    const auto end = std::min(text.find('\n'), text.size());
    std::string line = text.substr(0, end);
    text.erase(0, std::min(end + 1, text.size()));
    return line;
  };
  const std::string columns = take_line();
  std::string heading = take_line();
  auto rows = CsvRows::open(heading, {.columns = columns});
  if (!rows) {
    check(!rows.error().what.empty());
    return;
  }
  fithome::UtcTime last{};
  while (!text.empty()) {
    std::string line = take_line();
    const auto row = rows->row(line);
    if (!row) {
      check(!row.error().what.empty());
      return;
    }
    if (!*row) continue;
    check((*row)->time >= last);
    last = (*row)->time;
  }
}

void fuzz_influx_line(const std::string& text) {
  const auto point = read_influx_line(text);
  check(!influx_text_is_open(text) || !point);
  if (!point) {
    check(!point.error().what.empty());
    return;
  }
  check(point->ns > 0 && !point->fields.empty());
  check(influx_measurement(text) == point->measurement);
  for (const auto& field : point->fields) check(!field.number || std::isfinite(*field.number));
}

void fuzz_influx_answer(const std::string& text) {
  const auto rows = read_influx_rows(text, 2);
  check(rows || !rows.error().what.empty());
  for (std::size_t n = 0; rows && n < rows->size(); ++n) {
    for (const auto& row : (*rows)[n].rows) check(row.values.size() == 2);
  }
  const auto names = read_influx_names(text);
  check(names || !names.error().what.empty());
}

}  // namespace

/// The first byte says as what the rest is read.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data + 1), size - 1);
  switch (data[0]) {
    case 't':
      fuzz_table(text);
      break;
    case 'l':
      fuzz_influx_line(text);
      break;
    case 'a':
      fuzz_influx_answer(text);
      break;
    case 'g':
      (void)parse_influx_tags(text);
      break;
    case 'm': {
      const auto meta = parse_meta(std::as_bytes(std::span(text)));
      check(meta ? meta->interval.count() > 0 : !meta.error().what.empty());
      break;
    }
    default:
      break;
  }
  return 0;
}
