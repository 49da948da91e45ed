// SPDX-License-Identifier: MIT
#include "exports/part_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "base/unique_fd.h"
#include "exports/formats.h"

namespace fithome::exports {
namespace {

Result<void> sync(const std::filesystem::path& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) {
    return os_failure(Code::transient, fmt::format("write {}", path.string()), errno);
  }
  return {};
}

// A directory is gone once it was replaced, so it is to be one that can be made again.
Result<void> may_replace(const std::filesystem::path& place, bool directory) {
  if (!directory) {
    return fail(Code::invalid, fmt::format("{} is a directory; name a file", place.string()));
  }
  std::error_code error;
  if (std::filesystem::is_empty(place, error) || is_our_nilmtk(place)) return {};
  return fail(Code::invalid, fmt::format("{} is there and is no dataset of fithome's; name another "
                                         "directory, or remove it",
                                         place.string()));
}

Result<void> move_to(const std::filesystem::path& part, const std::filesystem::path& place) {
  std::error_code ignored;
  const bool swap = std::filesystem::is_directory(place, ignored);
  if (::renameat2(AT_FDCWD, part.c_str(), AT_FDCWD, place.c_str(), swap ? RENAME_EXCHANGE : 0) ==
      0) {
    return {};
  }
  return os_failure(Code::invalid, fmt::format("put {} in its place", place.string()), errno);
}

}  // namespace

Result<PartFile> PartFile::make(const std::filesystem::path& place, bool directory) {
  const std::filesystem::path folder = place.has_parent_path() ? place.parent_path() : ".";
  const std::string name = place.filename().string();
  if (name.empty())
    return fail(Code::invalid, fmt::format("{} is no name of a file", place.string()));
  std::error_code error;
  if (std::filesystem::is_directory(place, error)) FITHOME_TRY_VOID(may_replace(place, directory));
  const auto part = folder / fmt::format(".{}.part-{}", name, ::getpid());
  std::filesystem::remove_all(part, error);
  const bool made =
      directory ? std::filesystem::create_directory(part, error)
                : bool(UniqueFd(::open(part.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644)));
  if (!made) {
    const int os = directory ? error.value() : errno;
    return os_failure(
        Code::invalid,
        fmt::format("cannot write in {}; name a directory that can be written, with -o",
                    folder.string()),
        os);
  }
  return PartFile(place, part);
}

PartFile::PartFile(PartFile&& other) noexcept
    : place_(std::move(other.place_)), part_(std::exchange(other.part_, {})) {}

PartFile::~PartFile() {
  std::error_code ignored;
  if (!part_.empty()) std::filesystem::remove_all(part_, ignored);
}

Result<void> PartFile::commit() {
  FITHOME_TRY_VOID(sync(part_));
  FITHOME_TRY_VOID(move_to(part_, place_));
  std::error_code ignored;
  std::filesystem::remove_all(part_, ignored);  // what stood there, where it was a directory
  part_.clear();
  return sync(place_.has_parent_path() ? place_.parent_path() : ".");
}

}  // namespace fithome::exports
