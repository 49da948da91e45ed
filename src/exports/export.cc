// SPDX-License-Identifier: MIT
#include "exports/export.h"

#include "exports/part_file.h"

namespace fithome::exports {
namespace {

auto writer_of(Format format) {
  switch (format) {
    case Format::pandas:
      return write_pandas;
    case Format::csv:
      return write_csv;
    case Format::csv_gz:
      return write_csv_gz;
    case Format::npz:
      return write_npz;
    case Format::parquet:
      return write_parquet;
    case Format::nilmtk:
      break;
  }
  return write_nilmtk;
}

// The file that was asked for is what a person knows, not the one beside it.
Error of_place(Error error, const std::filesystem::path& part, const std::filesystem::path& place) {
  if (const auto at = error.what.find(part.string()); at != std::string::npos) {
    error.what.replace(at, part.string().size(), place.string());
    error.what += "; nothing was changed";
  }
  return error;
}

std::uint64_t bytes_in(const std::filesystem::path& file) {
  std::error_code error;
  const std::uint64_t bytes = std::filesystem::file_size(file, error);
  return error ? 0 : bytes;
}

// Only to be told: what cannot be looked at counts nothing.
std::uint64_t size_of(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) return bytes_in(path);
  std::uint64_t bytes = 0;
  std::filesystem::recursive_directory_iterator at(path, error);
  for (; !error && at != end(at); at.increment(error)) bytes += bytes_in(at->path());
  return bytes;
}

}  // namespace

Result<Progress> each_frame(Frames& frames, const Watch& watch,
                            const std::function<Result<void>(const Frame&)>& take) {
  Progress progress;
  while (true) {
    FITHOME_TRY(const Frame* frame, frames.next());
    if (frame->rows() == 0) break;
    FITHOME_TRY_VOID(take(*frame));
    progress.rows += frame->rows();
    progress.done = frames.done();
    if (!watch(progress)) return fail(Code::transient, "stopped; nothing was changed");
  }
  progress.done = 1;
  return progress;
}

Result<Exported> run_export(const store::Reader& reader, const Request& request,
                            const std::filesystem::path& place, const Watch& watch) {
  // What is not there is told before anything is made.
  FITHOME_TRY(const Request within, within_store(reader, request));
  FITHOME_TRY(PartFile part, PartFile::make(place, request.format == Format::nilmtk));
  const auto progress = writer_of(request.format)(reader, within, part.path(), watch);
  if (!progress) return std::unexpected(of_place(progress.error(), part.path(), place));
  if (progress->rows == 0) {
    return fail(Code::not_found, "no reading of this meter from " + to_iso(within.from) + " to " +
                                     to_iso(within.to));
  }
  const std::uint64_t bytes = size_of(part.path());
  FITHOME_TRY_VOID(part.commit());
  return Exported{progress->rows, bytes, reader.left_out()};
}

}  // namespace fithome::exports
