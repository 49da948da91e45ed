// SPDX-License-Identifier: MIT
#include "store/faulty_disk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>
#include <stdexcept>

namespace fithome::store {
namespace {

constexpr std::size_t kSector = 512;

FaultyDisk* the_disk = nullptr;  // the C library's calls bring no pointer of ours
int without_syncs = 0;

std::filesystem::path path_of(int file) { return "/proc/self/fd/" + std::to_string(file); }

void tear(std::vector<char>& disk, const std::vector<char>& memory, std::mt19937& dice) {
  if (memory.size() > disk.size() && dice() % 2 == 0) disk.resize(memory.size());
  for (std::size_t at = 0; at < std::min(disk.size(), memory.size()); at += kSector) {
    const std::size_t size = std::min({kSector, disk.size() - at, memory.size() - at});
    if (dice() % 2 == 0) std::memcpy(&disk[at], &memory[at], size);
  }
}

}  // namespace

FaultyDisk* FaultyDisk::now() { return the_disk; }

FaultyDisk::FaultyDisk(const std::filesystem::path& directory)
    : directory_(directory), root_(hold(directory)) {
  sync_all(root_);
  the_disk = this;
}

FaultyDisk::~FaultyDisk() { the_disk = nullptr; }

void FaultyDisk::sync_all(ino_t directory) {
  names_[directory] = names_in(directory);
  for (const auto& [name, inode] : names_in(directory)) {
    if (is_directory(inode)) {
      sync_all(inode);
    } else {
      bytes_[inode] = bytes_in(inode);
    }
  }
}

bool FaultyDisk::holds(int file) const {
  std::error_code error;
  const std::string path = std::filesystem::read_symlink(path_of(file), error);
  return path == directory_ || path.starts_with(directory_.string() + "/");
}

void FaultyDisk::synced(int file) {
  if (forgets_syncs) return;
  const ino_t inode = hold(path_of(file));
  if (!is_directory(inode)) {
    bytes_[inode] = bytes_in(inode);
  } else if (!forgets_names) {
    names_[inode] = names_in(inode);
  }
}

ino_t FaultyDisk::hold(const std::filesystem::path& path) const {
  UniqueFd file(::open(path.c_str(), O_PATH | O_CLOEXEC));
  struct stat status{};
  if (!file || ::fstat(file.get(), &status) != 0) throw std::runtime_error(path.string());
  held_.try_emplace(status.st_ino, std::move(file));
  return status.st_ino;
}

bool FaultyDisk::is_directory(ino_t inode) const {
  return std::filesystem::is_directory(path_of(held_.at(inode).get()));
}

FaultyDisk::Names FaultyDisk::names_in(ino_t directory) const {
  Names names;
  for (const auto& entry :
       std::filesystem::directory_iterator(path_of(held_.at(directory).get()))) {
    names[entry.path().filename()] = hold(entry.path());
  }
  return names;
}

FaultyDisk::Bytes FaultyDisk::bytes_in(ino_t file) const {
  const std::filesystem::path path = path_of(held_.at(file).get());
  Bytes bytes(std::filesystem::file_size(path));
  std::ifstream in(path, std::ios::binary);
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(in.gcount()));
  return bytes;
}

FaultyDisk::Tree FaultyDisk::all_names() const {
  Tree tree;
  for (std::vector<ino_t> next{root_}; !next.empty();) {
    const ino_t directory = next.back();
    next.pop_back();
    tree[directory] = names_in(directory);
    for (const auto& [name, inode] : tree[directory]) {
      if (is_directory(inode)) next.push_back(inode);
    }
  }
  return tree;
}

FaultyDisk::Tree FaultyDisk::torn_names(std::mt19937& dice) const {
  const Tree memory = all_names();
  Tree torn = names_;
  std::set<ino_t> alive, left;
  for (const auto& [directory, names] : memory) {
    for (const auto& [name, inode] : names) {
      alive.insert(inode);
      if (dice() % 2 == 0) torn[directory][name] = inode;
    }
    std::erase_if(torn[directory], [&](const auto& entry) {
      return !names.contains(entry.first) && dice() % 2 == 0;
    });
  }
  for (const auto& [directory, names] : torn) {
    for (const auto& [name, inode] : names) left.insert(inode);
  }
  for (const auto& [directory, names] : names_) {
    for (const auto& [name, inode] : names) {
      if (alive.contains(inode) && !left.contains(inode)) torn[directory].emplace(name, inode);
    }
  }
  return torn;
}

void FaultyDisk::put(const Tree& tree, ino_t directory, const std::filesystem::path& into,
                     bool torn, std::mt19937& dice) const {
  const auto names = tree.find(directory);
  if (names == tree.end()) return;
  for (const auto& [name, inode] : names->second) {
    if (is_directory(inode)) {
      std::filesystem::create_directory(into / name);
      put(tree, inode, into / name, torn, dice);
      continue;
    }
    const auto image = bytes_.find(inode);
    Bytes left = image == bytes_.end() ? Bytes() : image->second;
    if (torn) tear(left, bytes_in(inode), dice);
    std::ofstream(into / name, std::ios::binary)
        .write(left.data(), static_cast<std::streamsize>(left.size()));
  }
}

void FaultyDisk::cut(const std::filesystem::path& into, bool torn, std::mt19937& dice) const {
  put(torn ? torn_names(dice) : names_, root_, into, torn, dice);
}

WithoutSyncs::WithoutSyncs() { ++without_syncs; }
WithoutSyncs::~WithoutSyncs() { --without_syncs; }

namespace {

/// True where the disk refuses.
bool accessed(FaultyDisk& disk) {
  if (disk.before_access) disk.before_access();
  if (disk.refuses == 0) return false;
  errno = disk.refuses;
  return true;
}

ssize_t write_to(int file, const void* data, std::size_t size, off_t at) {
  FaultyDisk* disk = the_disk;
  if (disk != nullptr && disk->holds(file) && accessed(*disk)) return -1;
  return ::syscall(SYS_pwrite64, file, data, size, at);
}

int sync_to(int file, long call) {
  FaultyDisk* disk = the_disk;
  if (disk == nullptr && without_syncs == 0) return static_cast<int>(::syscall(call, file));
  if (disk == nullptr || !disk->holds(file)) return 0;
  if (accessed(*disk)) return -1;
  disk->synced(file);
  return 0;
}

}  // namespace
}  // namespace fithome::store

extern "C" ssize_t pwrite(int file, const void* data, std::size_t size, off_t at) {
  return fithome::store::write_to(file, data, size, at);
}
extern "C" ssize_t pwrite64(int file, const void* data, std::size_t size, off_t at) {
  return fithome::store::write_to(file, data, size, at);
}
extern "C" int fdatasync(int file) { return fithome::store::sync_to(file, SYS_fdatasync); }
extern "C" int fsync(int file) { return fithome::store::sync_to(file, SYS_fsync); }
