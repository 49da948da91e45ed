// SPDX-License-Identifier: MIT
//
// A pickle of protocol 4 that names four functions which numpy and pandas have had for many years
// and nothing of their insides: numpy.frombuffer, numpy.concatenate, pandas.to_datetime,
// pandas.DataFrame. A piece of each column is put away (memo) once they are a megabyte together, so
// no more waits here. They are always concatenated, for what frombuffer gives cannot be written; so
// the frame need not copy them again. Times are datetime64[ns]: of whole numbers to_datetime makes
// objects first, in twice the time that all the rest takes.
#include <array>
#include <cstdint>
#include <cstring>

#include "exports/formats.h"
#include "exports/output.h"

namespace fithome::exports {
namespace {

// The opcodes of protocol 4, by their names in Python's pickletools.
constexpr char kProto[] = "\x80\x04";
constexpr char kShortUnicode = '\x8c', kBytes8 = '\x8e', kStackGlobal = '\x93';
constexpr char kLongPut = 'r', kLongGet = 'j', kPop = '0', kReduce = 'R', kMark = '(', kTuple = 't';
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
constexpr Memo kFromBuffer = 0, kFirstArray = 1;

void append_get(std::string& out, Memo memo) {
  out += kLongGet;
  append_raw(out, memo);
}

class Pickle {
 public:
  Pickle(Output& output, std::size_t columns)
      : output_(output), types_(columns), waiting_(columns), pieces_(columns) {}

  Result<void> begin() {
    std::string out(kProto);
    append_global(out, "numpy", "frombuffer");
    put(out, kFromBuffer);
    return output_.write(out);
  }

  /// What follows in a column: `bytes` of numbers of numpy's type `type`, always the same one.
  void append(std::size_t column, std::string_view type, std::string_view bytes) {
    types_[column] = type;
    waiting_[column] += bytes;
    size_ += bytes.size();
  }

  /// A piece of each column, once there is enough for one.
  Result<void> write_if_enough() { return size_ < kEnough ? Result<void>{} : write(); }

  /// The first column is the index, the others have names.
  Result<void> end(const std::vector<std::string>& names) {
    FITHOME_TRY_VOID(write());
    std::string out;
    append_global(out, "pandas", "DataFrame");
    out += {kMark, kEmptyDict, kMark};  // data, index, columns, dtype, copy
    for (std::size_t n = 0; n < names.size(); ++n) {
      append_text(out, names[n]);
      append_column(out, n + 1);
    }
    out += kSetItems;
    append_global(out, "pandas", "to_datetime");
    out += kMark;  // arg, errors, dayfirst, yearfirst, utc
    append_column(out, 0);
    append_text(out, "raise");
    out += {kNewFalse, kNewFalse, kNewTrue, kTuple, kReduce};
    out += {kNone, kNone, kNewFalse, kTuple, kReduce, kStop};
    return output_.write(out);
  }

 private:
  // A year of two columns is some 700 pieces; each costs who reads it a dozen small reads.
  static constexpr std::size_t kEnough = 1 << 20;

  Result<void> write() {
    for (std::size_t n = 0; n < pieces_.size(); ++n) {
      if (!waiting_[n].empty()) FITHOME_TRY_VOID(piece(n, types_[n], waiting_[n]));
      waiting_[n].clear();
    }
    size_ = 0;
    return {};
  }

  Result<void> piece(std::size_t column, std::string_view type, std::string_view bytes) {
    std::string before;
    append_get(before, kFromBuffer);
    before += kBytes8;
    append_raw(before, static_cast<std::uint64_t>(bytes.size()));
    FITHOME_TRY_VOID(output_.write(before));
    FITHOME_TRY_VOID(output_.write(bytes));
    std::string behind;
    append_text(behind, type);
    behind += kTuple2;
    behind += kReduce;
    pieces_[column].push_back(next_);
    put(behind, next_++);
    return output_.write(behind);
  }

  static void put(std::string& out, Memo memo) {
    out += kLongPut;
    append_raw(out, memo);
    out += kPop;
  }

  void append_column(std::string& out, std::size_t column) const {
    append_global(out, "numpy", "concatenate");
    out += kEmptyList;
    out += kMark;
    for (const Memo memo : pieces_[column]) append_get(out, memo);
    out += {kAppends, kTuple1, kReduce};
  }

  Output& output_;
  std::vector<std::string_view> types_;  // these are of each column
  std::vector<std::string> waiting_;
  std::vector<std::vector<Memo>> pieces_;
  std::size_t size_ = 0;  // of what waits
  Memo next_ = kFirstArray;
};

std::vector<std::int64_t> nanoseconds_of(const std::vector<UtcTime>& times) {
  std::vector<std::int64_t> numbers;
  numbers.reserve(times.size());
  for (const UtcTime time : times) {
    numbers.push_back(std::chrono::nanoseconds(time.time_since_epoch()).count());
  }
  return numbers;
}

}  // namespace

Result<Progress> write_pandas(const store::Reader& reader, const Request& request,
                              const std::filesystem::path& path, const Watch& watch) {
  FITHOME_TRY(Frames frames, Frames::open(reader, request));
  FITHOME_TRY(ZipOutput zip, ZipOutput::open(path));
  FITHOME_TRY_VOID(zip.begin_member("aggregate.pkl"));
  std::vector<std::string> names;
  for (const Column& column : frames.columns()) names.push_back(column.name);
  if (request.flags) names.push_back("flags");

  Pickle pickle(zip, names.size() + 1);
  FITHOME_TRY_VOID(pickle.begin());
  FITHOME_TRY(const Progress progress,
              each_frame(frames, watch, [&](const Frame& frame) -> Result<void> {
                pickle.append(0, "<M8[ns]", bytes_of(nanoseconds_of(frame.time)));
                for (std::size_t n = 0; n < frame.values.size(); ++n) {
                  pickle.append(n + 1, "<f8", bytes_of(frame.values[n]));
                }
                if (request.flags) pickle.append(names.size(), "<u4", bytes_of(frame.flags));
                return pickle.write_if_enough();
              }));
  FITHOME_TRY_VOID(pickle.end(names));
  FITHOME_TRY_VOID(zip.close());
  return progress;
}

}  // namespace fithome::exports
