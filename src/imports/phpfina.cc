// SPDX-License-Identifier: MIT
#include "imports/phpfina.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <optional>
#include <utility>
#include <vector>

#include "imports/channel_names.h"

namespace fithome::imports {
namespace {

using std::chrono::seconds;

constexpr std::size_t kMetaSize = 16;
constexpr std::size_t kPointSize = 4;
constexpr std::size_t kPointsAtOnce = 16 << 10;
constexpr UtcTime kLatestPoint = std::chrono::sys_days(std::chrono::January / 1 / 2100);

std::uint32_t number_at(std::span<const std::byte> bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t n = 4; n-- > 0;)
    value = value << 8 | std::to_integer<std::uint32_t>(bytes[at + n]);
  return value;
}

Result<std::vector<std::byte>> read_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    const int os = errno;
    return os_failure(os == ENOENT ? Code::not_found : Code::invalid, file.string(), os);
  }
  std::array<char, kMetaSize + 1> bytes{};
  in.read(bytes.data(), bytes.size());
  const auto all = std::as_bytes(std::span(bytes)).first(static_cast<std::size_t>(in.gcount()));
  return std::vector(all.begin(), all.end());
}

/// One feed's points, in order, without those that are absent.
class PhpfinaFeed {
 public:
  static Result<PhpfinaFeed> open(const std::filesystem::path& folder, std::string name,
                                  const Feeding& feeding);

  /// Of the point that is next; nothing at the end.
  std::optional<UtcTime> time() const {
    if (!at_point_) return {};
    return time_of(index_);
  }
  /// Puts the point into a reading, and goes on to the next.
  Result<void> take(reading::Reading& reading);

  UtcTime begin() const { return meta_.begin; }
  UtcTime end() const { return time_of(points_); }
  bool torn() const { return torn_; }
  const std::string& file() const { return file_; }

 private:
  PhpfinaFeed(std::ifstream in, std::string file, const Feeding& feeding, FeedMeta meta)
      : in_(std::move(in)), file_(std::move(file)), feeding_(feeding), meta_(meta) {}
  UtcTime time_of(std::uint64_t index) const {
    return meta_.begin + meta_.interval * static_cast<std::int64_t>(index);
  }
  Result<void> go_on(std::uint64_t from);

  std::ifstream in_;
  std::string file_;
  Feeding feeding_;
  FeedMeta meta_;
  std::uint64_t points_ = 0;
  bool torn_ = false;
  std::vector<std::byte> buffer_;
  std::uint64_t first_ = 0;  // point of the buffer
  std::uint64_t index_ = 0;
  bool at_point_ = false;
  float value_ = 0;
};

Result<PhpfinaFeed> PhpfinaFeed::open(const std::filesystem::path& folder, std::string name,
                                      const Feeding& feeding) {
  const auto meta_file = folder / (name + ".meta");
  FITHOME_TRY(const auto bytes, read_file(meta_file));
  auto meta = parse_meta(bytes);
  if (!meta) return within(meta_file.string(), std::move(meta).error());
  const auto file = folder / (name + ".dat");
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  std::ifstream in(file, std::ios::binary);
  if (error || !in) {
    return fail(Code::not_found,
                fmt::format("{}: cannot be read; copy {}.meta and {}.dat together, "
                            "from emoncms' folder phpfina",
                            file.string(), name, name));
  }
  PhpfinaFeed feed(std::move(in), file.string(), feeding, *meta);
  feed.points_ = size / kPointSize;
  feed.torn_ = size % kPointSize != 0;
  const auto most = (kLatestPoint - meta->begin) / meta->interval;
  if (feed.points_ > static_cast<std::uint64_t>(most) ||
      (feed.points_ > 0 && meta->begin == UtcTime{})) {
    return fail(
        Code::corrupt,
        fmt::format("{}: {} points from {} on, {} s apart: they do not belong together; "
                    "copy both files again",
                    meta_file.string(), feed.points_, to_iso(meta->begin), meta->interval.count()));
  }
  FITHOME_TRY_VOID(feed.go_on(0));
  return feed;
}

Result<void> PhpfinaFeed::go_on(std::uint64_t from) {
  at_point_ = false;
  for (index_ = from; index_ < points_; ++index_) {
    if ((index_ - first_) * kPointSize >= buffer_.size()) {
      first_ = index_;
      buffer_.resize(std::min<std::uint64_t>(kPointsAtOnce, points_ - index_) * kPointSize);
      in_.read(reinterpret_cast<char*>(buffer_.data()),
               static_cast<std::streamsize>(buffer_.size()));
      if (!in_) {
        return fail(Code::invalid,
                    fmt::format("{}: cannot be read behind point {}", file_, index_));
      }
    }
    const auto at = static_cast<std::size_t>(index_ - first_) * kPointSize;
    value_ = std::bit_cast<float>(number_at(buffer_, at));
    at_point_ = !std::isnan(value_);
    if (at_point_) return {};
  }
  return {};
}

Result<void> PhpfinaFeed::take(reading::Reading& reading) {
  if (auto set = set_value(reading, feeding_, static_cast<double>(value_)); !set) {
    return fail(Code::corrupt, fmt::format("{}: point {}, of {}: {}", file_, index_,
                                           to_iso(time_of(index_)), set.error().what));
  }
  return go_on(index_ + 1);
}

class PhpfinaFeeds final : public OneByOne {
 public:
  explicit PhpfinaFeeds(std::vector<PhpfinaFeed> feeds) : feeds_(std::move(feeds)) {
    begin_ = std::ranges::min_element(feeds_, {}, &PhpfinaFeed::begin)->begin();
    end_ = std::ranges::max_element(feeds_, {}, &PhpfinaFeed::end)->end();
    at_ = begin_;
  }

  double done() const override {
    if (end_ <= begin_) return 1;
    return std::chrono::duration<double>(at_ - begin_) /
           std::chrono::duration<double>(end_ - begin_);
  }
  std::string left_out() const override {
    std::string torn;
    for (const PhpfinaFeed& feed : feeds_) {
      if (!feed.torn()) continue;
      if (!torn.empty()) torn += ", ";
      torn += feed.file();
    }
    return torn.empty() ? torn : fmt::format("half a point at the end of {}", torn);
  }

 private:
  Result<std::optional<reading::Reading>> next_one() override {
    std::optional<UtcTime> first;
    for (const PhpfinaFeed& feed : feeds_) {
      if (const auto time = feed.time(); time && (!first || *time < *first)) first = time;
    }
    if (!first) return std::optional<reading::Reading>{};
    at_ = *first;
    reading::Reading reading{.time = *first, .flags = 0, .steps = {}};
    for (PhpfinaFeed& feed : feeds_) {
      if (feed.time() == first) FITHOME_TRY_VOID(feed.take(reading));
    }
    return reading;
  }

  std::vector<PhpfinaFeed> feeds_;
  UtcTime begin_{}, end_{}, at_{};
};

Result<std::vector<std::string>> feeds_in(const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<std::string> names;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    if (at->path().extension() == ".meta") names.push_back(at->path().stem().string());
  }
  if (error) {
    return fail(Code::not_found, fmt::format("{}: {}", folder.string(), error.message()));
  }
  if (names.empty()) {
    return fail(Code::not_found,
                fmt::format("{}: no feed is in it (N.meta and N.dat); name the folder phpfina of "
                            "emoncms, often /var/opt/emoncms/phpfina",
                            folder.string()));
  }
  // 2 before 10.
  std::ranges::sort(names, {},
                    [](const std::string& name) { return std::pair(name.size(), name); });
  return names;
}

}  // namespace

Result<FeedMeta> parse_meta(std::span<const std::byte> bytes) {
  if (bytes.size() != kMetaSize) {
    return fail(Code::corrupt,
                fmt::format("{}{} bytes in place of 16; copy it again, or leave the feed out",
                            bytes.size() > kMetaSize ? "more than " : "",
                            std::min(bytes.size(), kMetaSize)));
  }
  const std::uint32_t interval = number_at(bytes, 8);
  const UtcTime begin{seconds(number_at(bytes, 12))};
  if (interval == 0) {
    return fail(Code::corrupt, "an interval of 0 s; copy it again, or leave the feed out");
  }
  if (begin >= kLatestPoint) {
    return fail(Code::corrupt, fmt::format("it begins at {}, which is not yet; copy it again, or "
                                           "leave the feed out",
                                           to_iso(begin)));
  }
  return FeedMeta{seconds(interval), begin};
}

Result<std::unique_ptr<Source>> phpfina_source(const PhpfinaOptions& options) {
  FITHOME_TRY(const auto names, feeds_in(options.folder));
  const csv::Heading heading{{names.begin(), names.end()}, "feed", "folder"};
  FITHOME_TRY(const csv::Columns columns, csv::find_columns(options.feeds, heading, known_channel));
  if (columns.fed.empty()) {
    return fail(Code::invalid, fmt::format("say which feed is which channel, as in --feeds "
                                           "p=1,u_a=2; {}",
                                           csv::what_there_is(heading)));
  }
  std::vector<PhpfinaFeed> feeds;
  for (const csv::Fed& fed : columns.fed) {
    FITHOME_TRY(PhpfinaFeed feed, PhpfinaFeed::open(options.folder, names[fed.column.field],
                                                    {*channel_of(fed.name), fed.column}));
    feeds.push_back(std::move(feed));
  }
  return std::unique_ptr<Source>(std::make_unique<PhpfinaFeeds>(std::move(feeds)));
}

}  // namespace fithome::imports
