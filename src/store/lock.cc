// SPDX-License-Identifier: MIT
#include "store/lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>

namespace fithome::store {
namespace {

constexpr mode_t kDirectoryMode = 0750;
constexpr mode_t kFileMode = 0640;

std::string user_name(uid_t uid) {
  std::array<char, 4096> buffer;
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) {
    return found->pw_name;
  }
  return fmt::format("{}", uid);
}

Failure not_made(const std::filesystem::path& directory, int os) {
  const std::string user = user_name(::geteuid());
  return fail(Code::invalid,
              fmt::format("data directory {}: user {} cannot make it: {}; "
                          "run \"sudo install -d -o {} {}\" or choose another with --data",
                          directory.string(), user, std::generic_category().message(os), user,
                          directory.string()),
              os);
}

std::filesystem::path parent_of(const std::filesystem::path& directory) {
  return std::filesystem::absolute(directory).parent_path();
}

std::string read_pid(int fd) {
  std::array<char, 16> text{};
  const ssize_t size = ::pread(fd, text.data(), text.size(), 0);
  const std::string_view all(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  const std::string_view digits = all.substr(0, all.find_first_not_of("0123456789"));
  return digits.empty() ? "unknown" : std::string(digits);
}

Result<void> write_pid(int fd, const std::filesystem::path& file) {
  const std::string text = fmt::format("{}\n", ::getpid());
  if (::ftruncate(fd, 0) != 0 ||
      ::pwrite(fd, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    return os_failure(Code::transient, file.string(), errno);
  }
  return {};
}

}  // namespace

Result<void> make_directory(const std::filesystem::path& directory) {
  std::error_code error;
  if (!std::filesystem::exists(directory, error)) {
    std::filesystem::create_directories(parent_of(directory), error);
    if (error) return not_made(directory, error.value());
    if (::mkdir(directory.c_str(), kDirectoryMode) != 0 && errno != EEXIST) {
      return not_made(directory, errno);
    }
    FITHOME_TRY_VOID(sync_directory(parent_of(directory)));
  }
  if (!std::filesystem::is_directory(directory, error)) {
    return fail(Code::invalid, fmt::format("{} is not a directory; choose another with --data",
                                           directory.string()));
  }
  if (::faccessat(AT_FDCWD, directory.c_str(), R_OK | W_OK | X_OK, AT_EACCESS) != 0) {
    return not_writable(directory, errno);
  }
  return {};
}

Result<void> sync_directory(const std::filesystem::path& directory) {
  const UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) {
    return os_failure(Code::transient, "sync " + directory.string(), errno);
  }
  return {};
}

Failure not_writable(const std::filesystem::path& path, int os) {
  const std::string user = user_name(::geteuid());
  struct stat status{};
  const bool known = ::stat(path.c_str(), &status) == 0;
  const std::string owner = known ? user_name(status.st_uid) : "somebody else";
  return fail(Code::invalid,
              fmt::format("{}: user {} may not write here ({}), it belongs to {}; "
                          "run \"sudo chown {} {}\" or choose another directory with --data",
                          path.string(), user, std::generic_category().message(os), owner, user,
                          path.string()),
              os);
}

Result<Lock> Lock::take(const std::filesystem::path& directory) {
  const std::filesystem::path file = directory / "lock";
  UniqueFd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kFileMode));
  if (!fd) return not_writable(file, errno);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return os_failure(Code::invalid, "lock " + file.string(), errno);
    return fail(Code::invalid, fmt::format("another fithome (pid {}) already writes to {}; "
                                           "stop it or use another --data",
                                           read_pid(fd.get()), directory.string()));
  }
  FITHOME_TRY_VOID(write_pid(fd.get(), file));
  return Lock(std::move(fd));
}

}  // namespace fithome::store
