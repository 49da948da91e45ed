// SPDX-License-Identifier: MIT
#include "base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "base/unique_fd.h"

namespace fithome {

Result<MappedFile> MappedFile::open(const std::filesystem::path& path, std::size_t size) {
  const auto failed = [&](const char* what) {
    return os_failure(Code::invalid, std::string(what) + " " + path.string(), errno);
  };
  const UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
  if (!fd) return failed("open");
  struct stat info{};
  if (::fstat(fd.get(), &info) != 0) return failed("look at");
  if (static_cast<std::size_t>(info.st_size) != size) {
    if (::ftruncate(fd.get(), 0) != 0) return failed("empty");
    // Allocated now: a full disk must show here, not as a bus error at a later store.
    if (const int error = ::posix_fallocate(fd.get(), 0, static_cast<off_t>(size)); error != 0) {
      return os_failure(Code::invalid, "make room for " + path.string(), error);
    }
  }
  void* at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (at == MAP_FAILED) return failed("map");
  return MappedFile({static_cast<std::byte*>(at), size});
}

MappedFile::MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  return *this;
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
}

void MappedFile::sync() const {
  if (!bytes_.empty()) ::msync(bytes_.data(), bytes_.size(), MS_SYNC);
}

}  // namespace fithome
