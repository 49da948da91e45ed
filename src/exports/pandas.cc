// SPDX-License-Identifier: MIT
//
// A pickle of protocol 4 that names seven functions which numpy and pandas have had for many years
// and nothing of their insides: numpy.frombuffer, full, true_divide, concatenate and cumsum,
// pandas.to_datetime, pandas.DataFrame. A piece of each column is put away (memo) once they are a
// megabyte together, so no more waits here. They are always concatenated, for what frombuffer gives
// cannot be written; so the frame need not copy them again.
//
// Deflating is most of what an export costs, so it gets little to do: numbers are the steps that
// the store keeps, in 4 bytes, divided by who reads them, and times are what lies between them,
// which as a rule is always the same. It takes less than half the time and half the file. Times
// become datetime64[ns]: of whole numbers to_datetime makes objects first, in twice the time that
// all the rest takes.
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <span>

#include "exports/formats.h"
#include "exports/output.h"

namespace fithome::exports {
namespace {

// The opcodes of protocol 4, by their names in Python's pickletools.
constexpr char kProto[] = "\x80\x04";
constexpr char kShortUnicode = '\x8c', kBytes8 = '\x8e', kStackGlobal = '\x93';
constexpr char kLongPut = 'r', kLongGet = 'j', kPop = '0', kReduce = 'R', kMark = '(', kTuple = 't';
constexpr char kBinFloat = 'G';
constexpr char kLong1 = '\x8a', kTuple3 = '\x87';
constexpr char kTuple1 = '\x85', kTuple2 = '\x86', kNewTrue = '\x88', kNewFalse = '\x89',
               kNone = 'N';
constexpr char kEmptyList = ']', kAppends = 'e', kEmptyDict = '}', kSetItems = 'u', kStop = '.';

template <class T>
void append_raw(std::string& out, T number) {
  std::array<char, sizeof(T)> bytes;
  std::memcpy(bytes.data(), &number, sizeof(T));
  out.append(bytes.data(), bytes.size());
}

void append_text(std::string& out, std::string_view text) {
  out += kShortUnicode;
  out += static_cast<char>(text.size());
  out += text;
}

void append_global(std::string& out, std::string_view module, std::string_view name) {
  append_text(out, module);
  append_text(out, name);
  out += kStackGlobal;
}

using Memo = std::uint32_t;
constexpr Memo kFromBuffer = 0, kTrueDivide = 1, kFull = 2, kFirstArray = 3;

void append_get(std::string& out, Memo memo) {
  out += kLongGet;
  append_raw(out, memo);
}

void append_whole(std::string& out, std::int64_t number) {
  out += {kLong1, sizeof number};
  append_raw(out, number);
}

void append_float(std::string& out, double number) {
  out += kBinFloat;  // the one number that is big-endian
  append_raw(out, std::byteswap(std::bit_cast<std::uint64_t>(number)));
}

/// Whether each of these whole numbers, of which there is one at least, is the one before it again.
bool all_the_same(std::string_view numbers) {
  return numbers.substr(sizeof(std::int64_t)) ==
         numbers.substr(0, numbers.size() - sizeof(std::int64_t));
}

/// Whole numbers that give these doubles, each to the bit, when they are divided by `scale`;
/// nothing where one of them does not: what is absent, or a mean.
std::optional<std::vector<std::int32_t>> steps_of(std::string_view doubles, double scale) {
  constexpr double kMost = std::numeric_limits<std::int32_t>::max();
  std::vector<std::int32_t> steps(doubles.size() / sizeof(double));
  for (std::size_t row = 0; row < steps.size(); ++row) {
    double value;
    std::memcpy(&value, doubles.data() + row * sizeof value, sizeof value);
    const double near = value * scale;
    if (!(std::abs(near) < kMost)) return {};
    steps[row] = static_cast<std::int32_t>(near + (near < 0 ? -0.5 : 0.5));
    if (std::bit_cast<std::uint64_t>(steps[row] / scale) != std::bit_cast<std::uint64_t>(value))
      return {};
  }
  return steps;
}

class Pickle {
 public:
  /// The first column is the index, the others are of `columns`, and flags behind them if any.
  Pickle(Output& output, std::span<const Column> columns, bool flags) : output_(output) {
    columns_.push_back({.type = kTimes});
    for (const Column& column : columns) {
      columns_.push_back(
          {.name = column.name, .type = "<f8", .scale = reading::power_of_ten(column.decimals)});
    }
    if (flags) columns_.push_back({.name = "flags", .type = "<u4"});
    const std::size_t frame = store::kChunkReadings * sizeof(double);
    for (InPieces& column : columns_) column.waiting.reserve(kEnough / columns_.size() + frame);
  }

  Result<void> begin() {
    std::string out(kProto);
    append_global(out, "numpy", "frombuffer");
    put(out, kFromBuffer);
    append_global(out, "numpy", "true_divide");
    put(out, kTrueDivide);
    append_global(out, "numpy", "full");
    put(out, kFull);
    return output_.write(out);
  }

  Result<void> append(const Frame& frame) {
    add(columns_.front(), bytes_of(nanoseconds_between(frame.time)));
    for (std::size_t n = 0; n < frame.values.size(); ++n)
      add(columns_[n + 1], bytes_of(frame.values[n]));
    if (columns_.size() > frame.values.size() + 1) add(columns_.back(), bytes_of(frame.flags));
    return size_ < kEnough ? Result<void>{} : write();
  }

  Result<void> end() {
    FITHOME_TRY_VOID(write());
    std::string out;
    append_global(out, "pandas", "DataFrame");
    out += {kMark, kEmptyDict, kMark};  // data, index, columns, dtype, copy
    for (std::size_t n = 1; n < columns_.size(); ++n) {
      append_text(out, columns_[n].name);
      append_pieces(out, columns_[n]);
    }
    out += kSetItems;
    append_global(out, "pandas", "to_datetime");
    out += kMark;  // arg, errors, dayfirst, yearfirst, utc
    append_times(out);
    append_text(out, "raise");
    out += {kNewFalse, kNewFalse, kNewTrue, kTuple, kReduce};
    out += {kNone, kNone, kNewFalse, kTuple, kReduce, kStop};
    return output_.write(out);
  }

 private:
  struct InPieces {
    std::string_view name{};
    std::string_view type;          // as numpy calls it
    std::optional<double> scale{};  // of doubles
    std::string waiting{};
    std::vector<Memo> pieces{};
  };
  // A year of two columns is some 700 pieces; each costs who reads it a dozen small reads.
  static constexpr std::size_t kEnough = 1 << 20;
  static constexpr std::string_view kTimes = "<i8";

  void add(InPieces& column, std::string_view bytes) {
    column.waiting += bytes;
    size_ += bytes.size();
  }

  /// Since the time before, of the first since 1970.
  std::vector<std::int64_t> nanoseconds_between(const std::vector<UtcTime>& times) {
    std::vector<std::int64_t> numbers;
    numbers.reserve(times.size());
    for (const UtcTime time : times) {
      numbers.push_back(std::chrono::nanoseconds(time - before_).count());
      before_ = time;
    }
    return numbers;
  }

  Result<void> write() {
    for (InPieces& column : columns_) {
      if (column.waiting.empty()) continue;
      const bool full = column.type == kTimes && all_the_same(column.waiting);
      FITHOME_TRY_VOID(full ? write_full(column) : write_piece(column));
      column.waiting.clear();
    }
    size_ = 0;
    return {};
  }

  /// So many times the same.
  Result<void> write_full(InPieces& column) {
    std::int64_t number;
    std::memcpy(&number, column.waiting.data(), sizeof number);
    std::string out;
    append_get(out, kFull);
    append_whole(out, static_cast<std::int64_t>(column.waiting.size() / sizeof number));
    append_whole(out, number);
    append_text(out, column.type);
    out += {kTuple3, kReduce};
    column.pieces.push_back(next_);
    put(out, next_++);
    return output_.write(out);
  }

  Result<void> write_piece(InPieces& column) {
    const auto steps = column.scale ? steps_of(column.waiting, *column.scale) : std::nullopt;
    std::string before, behind;
    if (steps) append_get(before, kTrueDivide);
    append_get(before, kFromBuffer);
    const std::string_view bytes = steps ? bytes_of(*steps) : column.waiting;
    before += kBytes8;
    append_raw(before, static_cast<std::uint64_t>(bytes.size()));
    append_text(behind, steps ? "<i4" : column.type);
    behind += {kTuple2, kReduce};
    if (steps) {
      append_float(behind, *column.scale);
      behind += {kTuple2, kReduce};
    }
    column.pieces.push_back(next_);
    put(behind, next_++);
    FITHOME_TRY_VOID(output_.write(before));
    FITHOME_TRY_VOID(output_.write(bytes));
    return output_.write(behind);
  }

  static void put(std::string& out, Memo memo) {
    out += kLongPut;
    append_raw(out, memo);
    out += kPop;
  }

  static void append_pieces(std::string& out, const InPieces& column) {
    append_global(out, "numpy", "concatenate");
    out += kEmptyList;
    out += kMark;
    for (const Memo memo : column.pieces) append_get(out, memo);
    out += {kAppends, kTuple1, kReduce};
  }

  /// The sums of what lies between them, looked at as times.
  void append_times(std::string& out) const {
    append_get(out, kFromBuffer);
    append_global(out, "numpy", "cumsum");
    append_pieces(out, columns_.front());
    out += {kTuple1, kReduce};
    append_text(out, "<M8[ns]");
    out += {kTuple2, kReduce};
  }

  Output& output_;
  std::vector<InPieces> columns_;
  UtcTime before_{};
  std::size_t size_ = 0;  // of what waits
  Memo next_ = kFirstArray;
};

}  // namespace

Result<Progress> write_pandas(const store::Reader& reader, const Request& request,
                              const std::filesystem::path& path, const Watch& watch) {
  FITHOME_TRY(Frames frames, Frames::open(reader, request));
  FITHOME_TRY(ZipOutput zip, ZipOutput::open(path, request.compressed));
  FITHOME_TRY_VOID(zip.begin_member("aggregate.pkl"));
  Pickle pickle(zip, frames.columns(), request.flags);
  FITHOME_TRY_VOID(pickle.begin());
  FITHOME_TRY(const Progress progress,
              each_frame(frames, watch, [&](const Frame& frame) { return pickle.append(frame); }));
  FITHOME_TRY_VOID(pickle.end());
  FITHOME_TRY_VOID(zip.close());
  return progress;
}

}  // namespace fithome::exports
