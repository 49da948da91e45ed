// SPDX-License-Identifier: MIT
#include "app/heartbeat.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace fithome::app {
namespace {

constexpr std::array<char, 8> kHeartbeatMagic{'F', 'I', 'T', 'H', 'B', 'E', 'A', 'T'};

struct Layout {
  std::array<char, 8> magic;
  std::array<char, 40> boot;
  std::int64_t last_ms;  // 0: no tick yet
  std::int64_t stopped;  // 1 or 0
};

Layout& layout(const MappedFile& file) {
  return *reinterpret_cast<Layout*>(file.bytes().data());  // page-aligned, trivially copyable
}

std::optional<LastLife> life_of(const Layout& at) {
  if (at.magic != kHeartbeatMagic) return {};
  LastLife life;
  life.boot.assign(at.boot.begin(), std::ranges::find(at.boot, '\0'));
  life.stopped = at.stopped == 1;
  if (at.last_ms > 0) life.last = UtcTime(std::chrono::milliseconds(at.last_ms));
  return life;
}

}  // namespace

Result<Heartbeat> Heartbeat::open(const std::filesystem::path& path, const std::string& boot) {
  FITHOME_TRY(auto file, MappedFile::open(path, sizeof(Layout)));
  Layout& at = layout(file);
  auto last = life_of(at);
  at = {};
  std::ranges::copy(std::string_view(boot).substr(0, at.boot.size() - 1), at.boot.begin());
  at.magic = kHeartbeatMagic;
  file.sync();
  return Heartbeat(std::move(file), std::move(last));
}

void Heartbeat::beat(UtcTime tick) { layout(file_).last_ms = tick.time_since_epoch().count(); }

void Heartbeat::stop() {
  layout(file_).stopped = 1;
  file_.sync();
}

Absence why_away(const std::optional<LastLife>& last, const std::string& boot) {
  if (!last || last->boot.empty() || boot.empty()) return {};
  const bool same = last->boot == boot;
  if (same && last->stopped) return {"stopped", "fithome was stopped", false, last->last};
  if (same) return {"killed", "fithome was killed, or crashed", false, last->last};
  if (last->stopped) {
    return {"machine_off", "the computer was shut down or restarted", true, last->last};
  }
  return {"machine_lost", "the computer crashed or lost its power", true, last->last};
}

Absence with_meter(Absence absence, bool lost_power) {
  if (absence.reason != "machine_lost") return absence;
  absence.reason = lost_power ? "power" : "machine_lost";
  absence.cause = lost_power ? "the computer and the meter lost their power: the mains were gone, "
                               "or a plug was pulled"
                             : "the computer crashed or lost its power; the meter kept its own";
  return absence;
}

}  // namespace fithome::app
