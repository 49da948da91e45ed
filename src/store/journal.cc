// SPDX-License-Identifier: MIT
#include "store/journal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "store/crc32.h"
#include "store/little_endian.h"
#include "store/lock.h"

namespace fithome::store {
namespace {

constexpr std::string_view kMark = "FHJ2";
constexpr std::string_view kMarkOf4 = "FHJ1";
constexpr std::size_t kFront = 64;         // bytes of the header: within a sector, so never torn
constexpr std::size_t kSummed = 8;         // of the header, from here on: generation, sequence,
constexpr std::size_t kSite = 24;          // and the site, to the end
constexpr std::size_t kRecordHead = 8;     // of a record: its size and its sum
constexpr std::size_t kGrow = 256 * 1024;  // more than an hour of one meter takes
constexpr std::size_t kLook = 64 * 1024;   // is read at once

Failure failed(int os) {
  if (os == ENOSPC || os == EDQUOT || os == EFBIG) {
    return fail(Code::transient, "journal: the disk is full; make some room", os);
  }
  return os_failure(Code::transient, "journal", os);
}

Result<void> write_all(int file, std::span<const std::byte> bytes, std::size_t at) {
  while (!bytes.empty()) {
    const ssize_t done = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return failed(errno);
    bytes = bytes.subspan(static_cast<std::size_t>(done));
    at += static_cast<std::size_t>(done);
  }
  return {};
}

std::uint32_t sum_of(std::span<const std::byte> record, std::uint32_t before) {
  const std::uint32_t size = crc32(record.first(4), before);
  return crc32(record.subspan(kRecordHead), size);
}

std::string_view site_in_header(std::string_view site) { return site.substr(0, kFront - kSite); }

void put_text(std::vector<std::byte>& out, std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  out.insert(out.end(), bytes.begin(), bytes.end());
}

std::vector<std::byte> encode(const JournalHeader& header) {
  std::vector<std::byte> out;
  put_text(out, kMark);
  put_number(out, 0, 4);
  put_number(out, static_cast<std::uint64_t>(header.generation), 8);
  put_number(out, header.sequence, 8);
  put_text(out, site_in_header(header.site));
  out.resize(kFront);
  set_number(out, 4, crc32(std::span(out).subspan(kSummed)), 4);
  return out;
}

Result<JournalFront> decode(std::span<const std::byte> bytes) {
  using Kind = JournalFront::Kind;
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const std::string_view mark = text.substr(0, kMark.size());
  if (mark.find_first_not_of('\0') == mark.npos) return JournalFront{Kind::empty};
  if (mark == kMarkOf4) return JournalFront{Kind::headless};
  if (mark != kMark) {
    return fail(Code::corrupt, "not a journal of fithome's; move it away and start again");
  }
  if (bytes.size() < kFront || load_number(bytes, 4, 4) != crc32(bytes.subspan(kSummed))) {
    return JournalFront{Kind::damaged};
  }
  const std::string_view site = text.substr(kSite);
  return JournalFront{
      Kind::whole,
      {std::string(site.substr(0, site.find('\0'))),
       static_cast<std::int64_t>(load_number(bytes, 8, 8)), load_number(bytes, 16, 8)}};
}

Result<JournalFront> front_of(int file) {
  std::array<std::byte, kFront> bytes;
  const ssize_t got = ::pread(file, bytes.data(), bytes.size(), 0);
  if (got < 0) return failed(errno);
  return decode(std::span(bytes).first(static_cast<std::size_t>(got)));
}

}  // namespace

JournalPlace chain_start(const JournalHeader& header) {
  return {kFront, static_cast<std::uint32_t>(load_number(encode(header), 4, 4))};
}

JournalPlace chain_start_of_4(std::string_view site, std::int64_t generation) {
  std::vector<std::byte> count;
  put_number(count, static_cast<std::uint64_t>(generation), 8);
  return {kMarkOf4.size(), crc32(count, crc32(std::as_bytes(std::span(site))))};
}

Result<Journal> Journal::open(const std::filesystem::path& file) {
  UniqueFd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
  if (!fd) {
    const int os = errno;
    return os == EACCES || os == EROFS ? not_writable(file, os) : failed(os);
  }
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) return failed(errno);
  Journal journal(std::move(fd), static_cast<std::size_t>(status.st_size));
  FITHOME_TRY([[maybe_unused]] const JournalFront front, front_of(journal.file_.get()));
  FITHOME_TRY_VOID(journal.reserve(kFront));
  return journal;
}

void Journal::begin(const JournalHeader& header) {
  header_ = encode(header);
  place_ = chain_start(header);
}

void Journal::go_on(JournalPlace place) {
  header_.clear();
  place_ = place;
}

Result<void> Journal::reserve(std::size_t payload) {
  const std::size_t wanted = place_.at + kRecordHead + payload;
  if (wanted <= size_) return {};
  const std::size_t size = (wanted + kGrow - 1) / kGrow * kGrow;
  const std::vector<std::byte> zeros(size - size_);
  FITHOME_TRY_VOID(write_all(file_.get(), zeros, size_));
  if (::fsync(file_.get()) != 0) return failed(errno);
  size_ = size;
  return {};
}

Result<void> Journal::append(std::span<const std::byte> payload) {
  FITHOME_TRY_VOID(reserve(payload.size()));
  const std::size_t front = header_.size();
  record_ = header_;
  put_number(record_, payload.size(), 4);
  put_number(record_, 0, 4);
  record_.insert(record_.end(), payload.begin(), payload.end());
  const std::uint32_t sum = sum_of(std::span(record_).subspan(front), place_.sum);
  set_number(record_, front + 4, sum, 4);
  dirty_ = true;
  FITHOME_TRY_VOID(write_all(file_.get(), record_, place_.at - front));
  go_on({place_.at + record_.size() - front, sum});
  return {};
}

Result<void> Journal::sync() {
  if (!dirty_) return {};
  if (::fdatasync(file_.get()) != 0) return failed(errno);
  dirty_ = false;
  return {};
}

Result<JournalReader> JournalReader::open(const std::filesystem::path& file) {
  JournalReader reader(file);
  FITHOME_TRY_VOID(reader.find_file());
  return reader;
}

Result<void> JournalReader::find_file() {
  UniqueFd fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd && errno == ENOENT) return {};
  if (!fd) return os_failure(Code::invalid, "read " + path_.string(), errno);
  FITHOME_TRY([[maybe_unused]] const JournalFront front, front_of(fd.get()));
  file_ = std::move(fd);
  return {};
}

Result<JournalFront> JournalReader::front() {
  if (!file_) FITHOME_TRY_VOID(find_file());
  return file_ ? front_of(file_.get()) : JournalFront{};
}

void JournalReader::go_on(JournalPlace place) {
  place_ = place;
  buffer_.clear();
}

Result<std::span<const std::byte>> JournalReader::look(std::size_t size) {
  if (!file_) FITHOME_TRY_VOID(find_file());
  const bool there = place_.at >= begin_ && place_.at + size <= begin_ + buffer_.size();
  if (!there) {
    begin_ = place_.at;
    buffer_.resize(std::max(size, kLook));
    ssize_t got = 0;
    if (file_) {
      got = ::pread(file_.get(), buffer_.data(), buffer_.size(), static_cast<off_t>(begin_));
    }
    if (got < 0) return failed(errno);
    buffer_.resize(static_cast<std::size_t>(got));
  }
  const auto rest = std::span<const std::byte>(buffer_).subspan(place_.at - begin_);
  return rest.first(std::min(size, rest.size()));
}

Result<std::span<const std::byte>> JournalReader::next() {
  FITHOME_TRY(auto record, look(kRecordHead));
  const std::size_t size = record.size() == kRecordHead ? load_number(record, 0, 4) : 0;
  if (size != 0 && place_.at + kRecordHead + size <= file_size()) {
    FITHOME_TRY(record, look(kRecordHead + size));
    const auto sum = static_cast<std::uint32_t>(load_number(record, 4, 4));
    if (record.size() == kRecordHead + size && sum == sum_of(record, place_.sum)) {
      place_ = {place_.at + record.size(), sum};
      return record.subspan(kRecordHead);
    }
  }
  buffer_.clear();  // what comes later is not in it
  return std::span<const std::byte>();
}

std::size_t JournalReader::file_size() const {
  struct stat status{};
  return file_ && ::fstat(file_.get(), &status) == 0 ? static_cast<std::size_t>(status.st_size) : 0;
}

}  // namespace fithome::store
