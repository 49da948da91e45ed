// SPDX-License-Identifier: MIT
#include "imports/lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

namespace fithome::imports {
namespace {

constexpr std::size_t kPiece = 64 << 10;
constexpr std::size_t kLongest = 1 << 20;

}  // namespace

Lines::Lines(gzFile file, std::string name, double size)
    : file_(file), name_(std::move(name)), size_(size), buffer_(kPiece) {}

Result<Lines> Lines::open(const std::filesystem::path& file) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error)) {
    return fail(Code::invalid, fmt::format("{}: a folder, not a file", file.string()));
  }
  errno = 0;
  gzFile opened = gzopen(file.c_str(), "rbe");
  if (opened == nullptr) {
    const int os = errno;
    return os_failure(os == ENOENT ? Code::not_found : Code::invalid, file.string(), os);
  }
  gzbuffer(opened, kPiece);
  const auto size = std::filesystem::file_size(file, error);
  return Lines(opened, file.string(), error ? 0 : static_cast<double>(size));
}

Result<bool> Lines::read_on() {
  const int got = gzread(file_.get(), buffer_.data(), static_cast<unsigned>(buffer_.size()));
  int code = Z_OK;
  const char* what = gzerror(file_.get(), &code);
  if (got < 0 && code == Z_ERRNO) return os_failure(Code::invalid, name_, errno);
  if (code != Z_OK && (got <= 0 || code != Z_BUF_ERROR)) {
    return fail(Code::corrupt, fmt::format("{}: pressed by gzip, and damaged or cut off behind "
                                           "line {} ({}); copy it again",
                                           name_, number_, what));
  }
  rest_ = {buffer_.data(), static_cast<std::size_t>(std::max(got, 0))};
  return got > 0;
}

Result<bool> Lines::next(std::string& line) {
  line.clear();
  while (true) {
    const auto end = rest_.find('\n');
    line += rest_.substr(0, end);
    if (end != std::string_view::npos) {
      rest_.remove_prefix(end + 1);
      ++number_;
      return true;
    }
    if (line.size() > kLongest) {
      ++number_;
      return here("a line of more than 1 MB; this is no table");
    }
    FITHOME_TRY(const bool more, read_on());
    if (more) continue;
    if (line.empty()) return false;
    ++number_;
    return true;
  }
}

double Lines::done() const {
  if (size_ <= 0) return 0;
  return std::clamp(static_cast<double>(gzoffset(file_.get())) / size_, 0.0, 1.0);
}

Failure Lines::here(std::string_view what) const {
  return fail(Code::invalid, fmt::format("{}:{}: {}", name_, number_, what));
}

}  // namespace fithome::imports
