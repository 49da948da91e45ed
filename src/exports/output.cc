// SPDX-License-Identifier: MIT
#include "exports/output.h"

#include <fmt/format.h>
#include <minizip/zip.h>

#include <cerrno>
#include <utility>

namespace fithome::exports {
namespace {

// The fastest: readings are noise, and a higher level gains a few per cent for twice the time.
constexpr int kDeflateLevel = Z_BEST_SPEED;
constexpr int kGzipHeader = 15 + 16;  // windowBits, as zlib.h says of deflateInit2
constexpr std::size_t kBuffer = 64 << 10;

Failure not_written(const std::string& name, int os) {
  return os_failure(Code::transient, fmt::format("write {}", name), os != 0 ? os : EIO);
}

}  // namespace

Result<FileOutput> FileOutput::open(const std::filesystem::path& path) {
  std::FILE* file = std::fopen(path.c_str(), "wbe");
  if (file == nullptr) return not_written(path.string(), errno);
  std::setvbuf(file, nullptr, _IOFBF, kBuffer);
  return FileOutput(file, path.string());
}

Result<void> FileOutput::write(std::string_view bytes) {
  errno = 0;
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) == bytes.size()) return {};
  return not_written(name_, errno);
}

Result<void> FileOutput::close() {
  errno = 0;
  if (std::fclose(file_.release()) == 0) return {};
  return not_written(name_, errno);
}

GzipOutput::GzipOutput(Output& to) : to_(to), buffer_(kBuffer, '\0') {
  const int code =
      deflateInit2(&stream_, kDeflateLevel, Z_DEFLATED, kGzipHeader, 8, Z_DEFAULT_STRATEGY);
  FITHOME_CHECK(code == Z_OK, "zlib has no memory");
}

GzipOutput::~GzipOutput() { deflateEnd(&stream_); }

Result<void> GzipOutput::press(std::string_view bytes, int flush) {
  stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream_.avail_in = static_cast<uInt>(bytes.size());
  do {
    stream_.next_out = reinterpret_cast<Bytef*>(buffer_.data());
    stream_.avail_out = static_cast<uInt>(buffer_.size());
    (void)deflate(&stream_, flush);
    FITHOME_TRY_VOID(
        to_.write(std::string_view(buffer_).substr(0, buffer_.size() - stream_.avail_out)));
  } while (stream_.avail_out == 0);
  return {};
}

Result<void> GzipOutput::write(std::string_view bytes) { return press(bytes, Z_NO_FLUSH); }
Result<void> GzipOutput::finish() { return press({}, Z_FINISH); }

Result<ZipOutput> ZipOutput::open(const std::filesystem::path& path, bool compressed) {
  errno = 0;
  void* zip = zipOpen64(path.c_str(), APPEND_STATUS_CREATE);
  if (zip == nullptr) return not_written(path.string(), errno);
  return ZipOutput(zip, path.string(), compressed);
}

ZipOutput::ZipOutput(ZipOutput&& other) noexcept
    : zip_(std::exchange(other.zip_, nullptr)),
      name_(std::move(other.name_)),
      compressed_(other.compressed_),
      in_member_(std::exchange(other.in_member_, false)) {}

ZipOutput::~ZipOutput() {
  if (zip_ != nullptr) zipClose(zip_, nullptr);
}

Result<void> ZipOutput::done(int code) {
  if (code == ZIP_OK) return {};
  return not_written(name_, errno);
}

Result<void> ZipOutput::begin_member(const std::string& name) {
  FITHOME_TRY_VOID(end_member());
  zip_fileinfo info{};
  info.tmz_date = {
      .tm_sec = 0, .tm_min = 0, .tm_hour = 0, .tm_mday = 1, .tm_mon = 0, .tm_year = 1980};
  constexpr int kZip64 = 1;  // its size is not known before
  errno = 0;
  FITHOME_TRY_VOID(
      done(zipOpenNewFileInZip64(zip_, name.c_str(), &info, nullptr, 0, nullptr, 0, nullptr,
                                 compressed_ ? Z_DEFLATED : 0, kDeflateLevel, kZip64)));
  in_member_ = true;
  return {};
}

Result<void> ZipOutput::write(std::string_view bytes) {
  errno = 0;
  return done(zipWriteInFileInZip(zip_, bytes.data(), static_cast<unsigned>(bytes.size())));
}

Result<void> ZipOutput::end_member() {
  if (!std::exchange(in_member_, false)) return {};
  errno = 0;
  return done(zipCloseFileInZip(zip_));
}

Result<void> ZipOutput::close() {
  FITHOME_TRY_VOID(end_member());
  errno = 0;
  return done(zipClose(std::exchange(zip_, nullptr), nullptr));
}

}  // namespace fithome::exports
