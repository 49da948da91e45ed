// SPDX-License-Identifier: MIT
//
// The subset of Parquet that a table of numbers needs: required columns of INT64 and DOUBLE, plain,
// zstd, one page a column and row group, with least and greatest of each.
//
// Source: parquet-format 2.9 (parquet.thrift); docs/decisions/0019-export.md says what is left out
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "exports/formats.h"
#include "exports/output.h"
#include "exports/thrift.h"

namespace fithome::exports {
namespace {

// parquet.thrift
enum Type { kInt32 = 1, kInt64 = 2, kDouble = 5 };
constexpr int kRequired = 0, kPlain = 0, kRle = 3, kZstd = 6, kDataPage = 0;
constexpr int kTimestampMillis = 9, kUint32 = 13;
constexpr int kLogicalTimestamp = 8, kLogicalInteger = 10;

constexpr std::string_view kMagic = "PAR1";
constexpr int kZstdLevel = 1;
constexpr std::size_t kGroupBytes = 2 << 20;  // of its numbers, as they are in memory

struct ColumnAbout {
  std::string name;
  Type type;
};

using Raw = std::array<char, 8>;  // a number as it is in memory; an Int32 is its first four bytes

// There is one of each column and group until the end, so it is small.
struct ChunkAbout {
  std::int64_t offset = 0;
  std::int32_t raw = 0, pressed = 0;  // header of the page included
  bool bounded = false;
  Raw least{}, greatest{};
};

struct GroupAbout {
  std::int64_t rows = 0;
  std::vector<ChunkAbout> chunks;
};

template <class T>
Raw raw(T value) {
  Raw bytes{};
  std::memcpy(bytes.data(), &value, sizeof(T));
  return bytes;
}

void set_bounds(ChunkAbout& chunk, const std::vector<double>& values) {
  double least = INFINITY, greatest = -INFINITY;
  for (const double value : values) {  // what is no number is neither
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  chunk.bounded = least <= greatest;
  if (!chunk.bounded) return;
  // The format wants zeros so, for -0 and 0 are the same number.
  chunk.least = raw(least == 0 ? -0.0 : least);
  chunk.greatest = raw(greatest == 0 ? 0.0 : greatest);
}

template <class T>
void set_bounds(ChunkAbout& chunk, const std::vector<T>& values) {
  const auto [least, greatest] = std::ranges::minmax(values);
  chunk.bounded = true;
  chunk.least = raw(least);
  chunk.greatest = raw(greatest);
}

class ParquetFile {
 public:
  ParquetFile(Output& output, std::vector<ColumnAbout> columns)
      : output_(output), columns_(std::move(columns)) {}

  Result<void> begin() { return put(kMagic); }

  void begin_group(std::size_t rows) {
    groups_.emplace_back().rows = static_cast<std::int64_t>(rows);
    groups_.back().chunks.reserve(columns_.size());
  }

  template <class T>
  Result<void> column(const std::vector<T>& values) {
    const std::size_t size = values.size() * sizeof(T);
    pressed_.resize(ZSTD_compressBound(size));
    const std::size_t pressed =
        ZSTD_compress(pressed_.data(), pressed_.size(), values.data(), size, kZstdLevel);
    if (ZSTD_isError(pressed) != 0) {
      return fail(Code::transient, std::string("zstd: ") + ZSTD_getErrorName(pressed));
    }
    const std::string header = page_header(values.size(), size, pressed);
    ChunkAbout about{.offset = at_,
                     .raw = static_cast<std::int32_t>(header.size() + size),
                     .pressed = static_cast<std::int32_t>(header.size() + pressed)};
    set_bounds(about, values);
    groups_.back().chunks.push_back(about);
    FITHOME_TRY_VOID(put(header));
    return put({pressed_.data(), pressed});
  }

  Result<void> end() {
    const std::string about = file_about();
    FITHOME_TRY_VOID(put(about));
    const Raw size = raw(static_cast<std::uint32_t>(about.size()));
    FITHOME_TRY_VOID(put({size.data(), sizeof(std::uint32_t)}));
    return put(kMagic);
  }

 private:
  Result<void> put(std::string_view bytes) {
    at_ += static_cast<std::int64_t>(bytes.size());
    return output_.write(bytes);
  }

  static std::string page_header(std::size_t values, std::size_t size, std::size_t pressed) {
    ThriftWriter page;
    page.i32(1, kDataPage);
    page.i32(2, static_cast<std::int32_t>(size)).i32(3, static_cast<std::int32_t>(pressed));
    page.begin_struct(5).i32(1, static_cast<std::int32_t>(values));
    page.i32(2, kPlain).i32(3, kRle).i32(4, kRle).end_struct();
    return page.finish();
  }

  void schema(ThriftWriter& file) const {
    file.begin_structs(2, columns_.size() + 1);
    file.begin_item().binary(4, "readings").i32(5, static_cast<std::int32_t>(columns_.size()));
    file.end_struct();
    for (const ColumnAbout& column : columns_) {
      file.begin_item().i32(1, column.type).i32(3, kRequired).binary(4, column.name);
      if (column.type == kInt64) {  // milliseconds since 1970, UTC
        file.i32(6, kTimestampMillis).begin_struct(10).begin_struct(kLogicalTimestamp);
        file.boolean(1, true).begin_struct(2).begin_struct(1).end_struct().end_struct();
        file.end_struct().end_struct();
      } else if (column.type == kInt32) {
        file.i32(6, kUint32).begin_struct(10).begin_struct(kLogicalInteger);
        file.i8(1, 32).boolean(2, false).end_struct().end_struct();
      }
      file.end_struct();
    }
  }

  void chunk(ThriftWriter& file, const ColumnAbout& column, const ChunkAbout& about,
             std::int64_t rows) const {
    file.begin_item().i64(2, about.offset).begin_struct(3);
    file.i32(1, column.type).begin_i32s(2, 2).item(kPlain).item(kRle);
    file.begin_binaries(3, 1).item(column.name);
    file.i32(4, kZstd).i64(5, rows).i64(6, about.raw).i64(7, about.pressed).i64(9, about.offset);
    file.begin_struct(12).i64(3, 0);
    const std::size_t size = column.type == kInt32 ? 4 : 8;
    const auto text = [size](const Raw& bytes) { return std::string_view(bytes.data(), size); };
    if (about.bounded) file.binary(5, text(about.greatest)).binary(6, text(about.least));
    file.end_struct().end_struct().end_struct();
  }

  std::string file_about() const {
    ThriftWriter file;
    file.i32(1, 2);
    schema(file);
    std::int64_t rows = 0;
    for (const GroupAbout& group : groups_) rows += group.rows;
    file.i64(3, rows).begin_structs(4, groups_.size());
    for (const GroupAbout& group : groups_) {
      std::int64_t bytes = 0;
      file.begin_item().begin_structs(1, columns_.size());
      for (std::size_t n = 0; n < columns_.size(); ++n) {
        chunk(file, columns_[n], group.chunks[n], group.rows);
        bytes += group.chunks[n].raw;
      }
      file.i64(2, bytes).i64(3, group.rows).end_struct();
    }
    file.binary(6, "fithome");
    file.begin_structs(7, columns_.size());  // least and greatest are by the order of the type
    for (std::size_t n = 0; n < columns_.size(); ++n) {
      file.begin_item().begin_struct(1).end_struct().end_struct();
    }
    return file.finish();
  }

  Output& output_;
  std::vector<ColumnAbout> columns_;
  std::vector<GroupAbout> groups_;
  std::vector<char> pressed_;
  std::int64_t at_ = 0;
};

// For good, so that nothing grows by doubling.
Frame group_for(std::size_t rows, std::size_t columns) {
  Frame group;
  group.time.reserve(rows);
  group.flags.reserve(rows);
  group.values.resize(columns);
  for (auto& values : group.values) values.reserve(rows);
  return group;
}

void append(Frame& group, const Frame& frame) {
  group.time.insert(group.time.end(), frame.time.begin(), frame.time.end());
  group.flags.insert(group.flags.end(), frame.flags.begin(), frame.flags.end());
  for (std::size_t n = 0; n < frame.values.size(); ++n) {
    group.values[n].insert(group.values[n].end(), frame.values[n].begin(), frame.values[n].end());
  }
}

// Leaves the group empty, with the memory it has.
Result<void> write_group(ParquetFile& parquet, Frame& group, bool flags) {
  if (group.rows() == 0) return {};
  std::vector<std::int64_t> times;
  times.reserve(group.rows());
  for (const UtcTime time : group.time) times.push_back(time.time_since_epoch().count());
  parquet.begin_group(group.rows());
  FITHOME_TRY_VOID(parquet.column(times));
  for (auto& values : group.values) {
    FITHOME_TRY_VOID(parquet.column(values));
    values.clear();
  }
  if (flags) FITHOME_TRY_VOID(parquet.column(group.flags));
  group.time.clear();
  group.flags.clear();
  return {};
}

}  // namespace

Result<Progress> write_parquet(const store::Reader& reader, const Request& request,
                               const std::filesystem::path& path, const Watch& watch) {
  FITHOME_TRY(Frames frames, Frames::open(reader, request));
  FITHOME_TRY(FileOutput file, FileOutput::open(path));
  std::vector<ColumnAbout> columns{{"time", kInt64}};
  for (const Column& column : frames.columns()) columns.push_back({column.name, kDouble});
  if (request.flags) columns.push_back({"flags", kInt32});
  const std::size_t rows_a_group = kGroupBytes / (columns.size() * sizeof(double));

  ParquetFile parquet(file, std::move(columns));
  FITHOME_TRY_VOID(parquet.begin());
  Frame group = group_for(rows_a_group + store::kChunkReadings, frames.columns().size());
  FITHOME_TRY(const Progress progress,
              each_frame(frames, watch, [&](const Frame& frame) -> Result<void> {
                append(group, frame);
                if (group.rows() < rows_a_group) return {};
                return write_group(parquet, group, request.flags);
              }));
  FITHOME_TRY_VOID(write_group(parquet, group, request.flags));
  FITHOME_TRY_VOID(parquet.end());
  FITHOME_TRY_VOID(file.close());
  return progress;
}

}  // namespace fithome::exports
