// SPDX-License-Identifier: MIT
//
// Source: numpy's own documentation of the .npy format, version 1.0.
#include <fmt/format.h>

#include "exports/formats.h"
#include "exports/output.h"

namespace fithome::exports {
namespace {

std::string npy_header(std::string_view type, std::uint64_t rows) {
  constexpr std::size_t kPreamble = 10, kAlign = 64;
  std::string about =
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({},), }}", type, rows);
  about.append(kAlign - 1 - (kPreamble + about.size()) % kAlign, ' ');
  about += '\n';
  std::string header("\x93NUMPY\x01\x00", 8);
  header += static_cast<char>(about.size() & 0xFF);
  header += static_cast<char>(about.size() >> 8);
  return header + about;
}

std::vector<std::int64_t> milliseconds_of(const std::vector<UtcTime>& times) {
  std::vector<std::int64_t> numbers;
  for (const UtcTime time : times) numbers.push_back(time.time_since_epoch().count());
  return numbers;
}

// One member of the archive after the other, each by going over the time once more.
class Passes {
 public:
  Passes(const store::Reader& reader, ZipOutput& zip, const Watch& watch, std::size_t passes)
      : reader_(reader), zip_(zip), watch_(watch), passes_(passes) {}

  Result<Progress> pass(const Request& request,
                        const std::function<Result<void>(const Frame&)>& take) {
    const auto before = static_cast<double>(done_++);
    FITHOME_TRY(Frames frames, Frames::open(reader_, request));
    const auto whole = [&](const Progress& part) {
      return watch_({(before + part.done) / static_cast<double>(passes_), part.rows});
    };
    FITHOME_TRY(const Progress progress, each_frame(frames, whole, take));
    if (rows_ && progress.rows != *rows_) {
      return fail(
          Code::transient,
          "the clock was put right meanwhile, and with it the times of readings; try again");
    }
    rows_ = progress.rows;
    return progress;
  }

  Result<void> begin_member(const std::string& name, std::string_view type) {
    FITHOME_TRY_VOID(zip_.begin_member(name + ".npy"));
    return zip_.write(npy_header(type, rows_.value_or(0)));
  }

 private:
  const store::Reader& reader_;
  ZipOutput& zip_;
  const Watch& watch_;
  std::size_t passes_, done_ = 0;
  std::optional<std::uint64_t> rows_;
};

}  // namespace

Result<Progress> write_npz(const store::Reader& reader, const Request& asked,
                           const std::filesystem::path& path, const Watch& watch) {
  Request request = asked;
  FITHOME_TRY(ZipOutput zip, ZipOutput::open(path, request.compressed));
  const std::vector<Wanted> wanted = request.wanted;
  Passes passes(reader, zip, watch, columns_of(request).size() + (request.flags ? 3 : 2));

  request.wanted = {wanted.front()};
  const auto nothing = [](const Frame&) -> Result<void> { return {}; };
  FITHOME_TRY(Progress progress, passes.pass(request, nothing));  // how many rows there are
  FITHOME_TRY_VOID(passes.begin_member("time", "<M8[ms]"));
  FITHOME_TRY(progress, passes.pass(request, [&](const Frame& frame) {
    return zip.write(bytes_of(milliseconds_of(frame.time)));
  }));
  for (const Wanted& one : wanted) {
    request.wanted = {one};
    const auto columns = columns_of(request);
    for (std::size_t n = 0; n < columns.size(); ++n) {
      FITHOME_TRY_VOID(passes.begin_member(columns[n].name, "<f8"));
      FITHOME_TRY(progress, passes.pass(request, [&](const Frame& frame) {
        return zip.write(bytes_of(frame.values[n]));
      }));
    }
  }
  if (request.flags) {
    FITHOME_TRY_VOID(passes.begin_member("flags", "<u4"));
    FITHOME_TRY(progress, passes.pass(request, [&](const Frame& frame) {
      return zip.write(bytes_of(frame.flags));
    }));
  }
  FITHOME_TRY_VOID(zip.close());
  progress.done = 1;
  return progress;
}

}  // namespace fithome::exports
