// SPDX-License-Identifier: MIT
//
// Keeps readings in order, each with a sequence number, and all that belongs to them: the energy
// ledger, events, cursors. This header is all the other folders see of the store.
//
// Flow:    reading::Reading -> Store::append -> disk -> Reader -> api, cli, sinks, export
// Shape:   one directory a site: `readings.db` (SQLite, WAL), `journal`, `lock`
// Promise: append() returns when its batch is in the file: no kill takes it. sync() returns when
// all
//          that was appended is on the disk: no power cut takes it. A batch is never half there,
//          and none is there without those before it
// Errors:  invalid     - the directory cannot be written, or another daemon writes there (names it)
//          corrupt     - the file is damaged; says what to do
//          unsupported - written by a newer fithome; nothing was touched
//          transient   - disk full, database busy
// Threads: Store: one thread, the writer's. Reader: one thread each; as many as wanted, none of
//          them ever delays the writer.
// Source:  docs/store-format.md, docs/decisions/0004-store.md
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "reading/channels.h"
#include "reading/ledger.h"
#include "reading/reading.h"

namespace fithome::store {

/// Counts readings of all meters from 1, without gaps, in the order they were appended.
using Sequence = std::uint64_t;
/// Meters count from 1; most homes have one.
using MeterId = std::int32_t;
constexpr MeterId kFirstMeter = 1;
/// The sum of meters that is the house, where there are several: it has a ledger, but no readings.
constexpr MeterId kHouse = 0;

/// A meter of the store. It stays, with all its readings, when it leaves the configuration.
struct Meter {
  MeterId id = kFirstMeter;
  std::optional<std::string> name = {};  // nothing: by a fithome that knew one meter only
  friend bool operator==(const Meter&, const Meter&) = default;
};

/// How far apart in time the meters of one tick were measured.
struct Skew {
  UtcTime time{};
  std::chrono::microseconds apart{};
};

/// Something that lasted, or happened: a gap, a reset of the chip, a restart.
struct Event {
  MeterId meter = kFirstMeter;
  std::string kind = {};  // "gap", "chip_reset", "start", "sag": docs/api.md lists them
  UtcTime begin{};
  std::optional<UtcTime> end = {};  // nothing while it lasts; equal to begin for a moment
  std::string cause = {};           // one line a householder understands
  std::string reason = {};          // the cause in a word, for programs: "killed"; may be empty
  std::optional<reading::ChannelId> channel = {};  // what was measured: the line's u, i, or f
  std::optional<std::int32_t> worst = {};          // its worst value, in whole steps
  friend bool operator==(const Event&, const Event&) = default;
};

/// Settings of a meter that hold from one reading on. The newest is what is in effect.
struct Calibration {
  std::uint64_t id = 0;  // counts from 1; given by the store
  MeterId meter = kFirstMeter;
  Sequence first_sequence = 0;  // the first reading it holds for, or the next there will be
  UtcTime time{};
  std::string kind =
      {};  // "voltage", "current", "offset", "phase", "preset", "undo", "configuration"
  std::string line = {};       // "a"; empty: the whole meter
  std::string reference = {};  // "121.5 V"; empty: none
  std::string before = {};     // settings, as JSON
  std::string after = {};
  std::string configured = {};                 // the configuration's, when it was made
  std::optional<std::int32_t> error_ppm = {};  // that remains, of the reference
  std::string note = {};                       // its author's
  std::optional<std::uint64_t> undone_by = {};
  std::optional<std::uint64_t> undoes = {};  // of an "undo"; not kept in a column of its own
  friend bool operator==(const Calibration&, const Calibration&) = default;
};

struct Cursor {
  std::string name;    // of the consumer
  Sequence taken = 0;  // the last reading it has safely
};

/// How far the time of a stamp can be trusted.
enum class Trust {
  unset,      // the clock was not to be believed: the earliest time possible, counted on from there
  unvouched,  // by the clock, for which no time server spoke
  vouched,    // by a clock that a time server vouched for: final
};

/// The newest stretch of stamps that hang on one setting of the clock, in one boot of the machine.
/// A stamp is `offset` and the time since boot; until the era is vouched for, setting the clock
/// puts all of its stamps right. docs/clock.md
struct Era {
  std::string boot;                    // base/boot_id.h
  std::chrono::milliseconds offset{};  // of its stamps to the time since boot
  UtcTime first{};                     // no stamp of it is earlier
  std::optional<UtcTime> before = {};  // the last stamp before it
  Trust trust = Trust::vouched;
  friend bool operator==(const Era&, const Era&) = default;
};

/// The clock was set: what was stamped in [from.first, last] moves by `by`.
struct Restamp {
  Era from, to;
  UtcTime last{};
  std::chrono::milliseconds by{};
  reading::Flags clear = 0, set = 0;  // of each reading that moves
};

/// What is written at once, or not at all.
struct Batch {
  MeterId meter = kFirstMeter;
  std::span<const reading::Reading> readings = {};
  const reading::Ledger* ledger = nullptr;  // as of the last of the readings
  /// The same meter, kind, begin and channel again replaces: so an end is set.
  std::span<const Event> events = {};
  std::span<const Cursor> cursors = {};
  /// They hold from the first reading of this batch on; their id and first_sequence are given.
  std::span<const Calibration> calibrations = {};
  std::span<const Skew> skews = {};
  const Era* era = nullptr;  // begins with this batch, or is known better from it on
};

/// Up to kChunkReadings readings as columns, in order of time.
constexpr std::size_t kChunkReadings = 3600;
struct Column {
  reading::ChannelId channel;
  std::vector<std::int32_t> steps;    // whole steps of the channel table; 0 where absent
  std::vector<std::uint8_t> present;  // 1 or 0, one a reading
};
struct Chunk {
  std::vector<Sequence> sequence;
  std::vector<UtcTime> time;
  std::vector<reading::Flags> flags;
  std::vector<Column> columns;  // in the order asked for
  std::size_t size() const { return time.size(); }
};

/// A reading with all that tells it from others.
struct Numbered {
  Sequence sequence = 0;
  MeterId meter = kFirstMeter;
  reading::Reading reading;
  friend bool operator==(const Numbered&, const Numbered&) = default;
};

struct Range {
  MeterId meter = kFirstMeter;
  UtcTime from = UtcTime::min();
  UtcTime to = UtcTime::max();                    // not included
  std::vector<reading::ChannelId> channels = {};  // empty: all
};

/// One step of a roll-up: what the readings in [start, start + step) come to.
struct Rolled {
  UtcTime start{};
  std::uint32_t readings = 0;
  reading::Flags flags = 0;  // of any of them
  struct Value {
    std::uint32_t count = 0;  // 0: absent, and the rest means nothing
    double min = 0, mean = 0, max = 0;
  };
  std::vector<Value> values;  // in the order of the channels asked for, in the channel's unit
};

struct Info {
  std::string site;  // a UUID made with the store
  int format = 0;
  std::uint64_t readings = 0;
  std::optional<UtcTime> first, last;  // of readings or, where these were let go, of roll-ups
  std::uint64_t bytes = 0;             // on disk, journal included
};

/// Told how much is done, 0 to 1; false stops it.
using Went = std::function<bool(double done)>;

/// Readings that are there, but damaged.
struct BadBlock {
  MeterId meter = kFirstMeter;
  UtcTime first{}, last{};
  std::uint64_t readings = 0;
  std::string what = {};  // names meter and hours
};

/// What a look at every byte found.
struct Checked {
  std::uint64_t blocks = 0;
  std::uint64_t readings = 0;  // those that are not sealed yet included
  std::uint64_t unsealed = 0;
  std::vector<BadBlock> bad;
  std::vector<std::string> wrong;  // all else
  bool good() const { return bad.empty() && wrong.empty(); }
};

/// Roll-ups made anew from the readings.
struct Rebuilt {
  std::uint64_t blocks = 0;
  std::uint64_t mended = 0;      // blocks whose minutes were missing, or others
  std::vector<std::string> bad;  // blocks that cannot be read; their roll-ups stay as they are
};

struct BackedUp {
  std::uint64_t readings = 0;  // in the copy
  std::uint64_t copied = 0;    // blocks that were not there yet
  std::uint64_t kept = 0;      // blocks that were
  std::uint64_t bytes = 0;     // of the copy, on disk
};

/// The one writer of a directory.
class Store {
 public:
  /// Makes the directory and the store where there are none.
  static Result<Store> open(const std::filesystem::path& directory);
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  ~Store();

  /// Returns the sequence number of the last reading once all of the batch is safe from a kill.
  Result<Sequence> append(const Batch& batch);
  /// The same with several batches, of one meter or of several: all of them, or none.
  Result<Sequence> append_all(std::span<const Batch> batches);

  /// Gives a meter its name, and makes it if there is none yet; on disk when it returns.
  Result<void> name_meter(MeterId meter, std::string_view name);

  /// Makes all that was appended safe from a power cut. Costs the disk far more than an append.
  Result<void> sync();
  /// Why the last hour could not be sealed into blocks, where it could not: sync() tries again.
  /// Nothing is lost; the journal keeps what it has room for.
  const std::optional<Error>& seal_error() const;

  /// Deletes readings of which none in their block is as late as `before`, some weeks of them at a
  /// time, and returns how many; their minutes, hours and days stay. The room is used again.
  Result<std::uint64_t> let_go(UtcTime before);

  /// Moves readings, ledgers and events of all meters in time, all at once. The order of stamps is
  /// kept where Era says it can be. Done again it does nothing.
  Result<void> restamp(const Restamp& restamp);

  /// The site's UUID, made with the store.
  const std::string& site() const;

 private:
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Goes through a range, a chunk at a time, in order of time. Holds no lock between two calls. What
/// is damaged is left out: Reader::left_out() names it.
class Scan {
 public:
  Scan(Scan&&) noexcept;
  Scan& operator=(Scan&&) noexcept;
  ~Scan();
  /// The next chunk; an empty one at the end.
  Result<Chunk> next();

 private:
  friend class Reader;
  struct Impl;
  explicit Scan(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

class Reader {
 public:
  /// not_found where there is no store yet.
  static Result<Reader> open(const std::filesystem::path& directory);
  Reader(Reader&&) noexcept;
  Reader& operator=(Reader&&) noexcept;
  ~Reader();

  /// The reading with the greatest sequence number, of those that were not imported.
  Result<std::optional<reading::Reading>> newest(MeterId meter = kFirstMeter) const;
  /// The reader must outlive the scan.
  Result<Scan> scan(const Range& range) const;
  /// The readings of all meters numbered `after` + 1 and on, at most `most`, in order of their
  /// numbers; none where there are no more. Those that were let go, or are damaged, are left out.
  Result<std::vector<Numbered>> read_after(Sequence after, std::size_t most) const;
  /// The number of the last reading; 0 before the first.
  Result<Sequence> last_sequence() const;
  /// A number that is before those of all readings at or after `time`: up to a block too small.
  Result<Sequence> sequence_before(UtcTime time) const;
  /// Steps of `step` from the epoch on (a step of a day begins at UTC midnight); empty steps are
  /// left out. Whole minutes and hours come from the kept roll-ups: a year costs little.
  /// Errors: invalid - more than 100,000 steps
  Result<std::vector<Rolled>> rollup(const Range& range, std::chrono::milliseconds step) const;
  /// The days that touch the range, as midnight is in the machine's time zone; whole ones.
  Result<std::vector<Rolled>> days(const Range& range) const;
  /// The ledger as it stands; not_found before the first reading.
  Result<reading::Ledger> ledger(MeterId meter = kFirstMeter) const;
  /// As it stood at `time`, to the quarter of an hour: the last mark at or before it, or the first
  /// ledger there is.
  Result<reading::Ledger> ledger_at(UtcTime time, MeterId meter = kFirstMeter) const;
  /// At each of these times, in their order; many at once cost little each.
  Result<std::vector<reading::Ledger>> ledgers_at(std::span<const UtcTime> times,
                                                  MeterId meter = kFirstMeter) const;
  /// Those that touch [from, to), in order of their begin; at most `limit`, the latest ones. Only
  /// of `kinds`, if any are named.
  Result<std::vector<Event>> events(UtcTime from, UtcTime to, std::size_t limit = 1000,
                                    std::span<const std::string> kinds = {}) const;
  /// Those without an end, whenever they began.
  Result<std::vector<Event>> open_events() const;
  /// Of the newest readings; nothing before a daemon that knows of eras has written.
  Result<std::optional<Era>> era() const;
  Result<std::vector<Cursor>> cursors() const;
  /// All there ever were, the oldest first.
  Result<std::vector<Calibration>> calibrations(MeterId meter = kFirstMeter) const;
  /// In order of their numbers; kHouse is none.
  Result<std::vector<Meter>> meters() const;
  /// What the house is the sum of; nothing before there were several meters.
  Result<std::optional<std::string>> house() const;
  /// The greatest skew of the quarters of an hour that end in (from, to], if there were several
  /// meters.
  Result<std::optional<std::chrono::microseconds>> worst_skew(UtcTime from, UtcTime to) const;
  Result<Info> info() const;
  /// What this reader came upon that was damaged, each once: all else was answered.
  const std::vector<BadBlock>& left_out() const;
  /// Reads all there is. Errors: transient - stopped; and those of a file that cannot be read at
  /// all. What is merely wrong stands in the answer.
  Result<Checked> check(const Went& went) const;
  /// A store like this one in another directory, as of one moment, while the daemon goes on. A copy
  /// that is there already gains what it lacks; a power cut leaves it as it was.
  /// Errors: invalid - the directory holds another house's; transient - stopped, no room
  Result<BackedUp> back_up(const std::filesystem::path& to, const Went& went) const;

 private:
  friend class Scan;
  struct Impl;
  explicit Reader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Errors: invalid - a daemon writes there; it names it.
Result<void> check_free(const std::filesystem::path& directory);

/// Moves what makes a store into a new directory beside it, and nothing else that is there. A power
/// cut leaves each file in one of the two places.
/// Errors: invalid - the directory is there, or cannot be made
Result<void> move_aside(const std::filesystem::path& directory, const std::filesystem::path& to);

/// Makes all roll-ups anew from the readings, all or nothing. What there is of readings that were
/// let go stays.
/// Errors: transient - a daemon writes there, no room, stopped
Result<Rebuilt> rebuild(const std::filesystem::path& directory, const Went& went);

/// Gives the room of what was deleted back to the disk. Takes as much again while it does.
/// Errors: transient - a daemon writes there, no room
Result<void> compact(const std::filesystem::path& directory);

}  // namespace fithome::store
