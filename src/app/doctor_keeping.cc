// SPDX-License-Identifier: MIT
//
// Checks of what keeps and shows readings: lights, disk, clock, store.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <system_error>

#include "app/doctor_checks.h"
#include "app/print_text.h"
#include "app/sampler.h"
#include "base/unique_fd.h"
#include "store/store.h"

namespace fithome::app {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Findings = std::vector<Finding>;

// A year of readings, one a second, is some 0.5 to 1.5 GB (docs/store-format.md).
constexpr std::uint64_t kLittle = 1'000'000'000;
constexpr std::uint64_t kTooLittle = 50'000'000;
constexpr double kSlowSync = 0.5;  // seconds; a reading a second has to be synced each second
constexpr std::size_t kTrialBytes = 1 << 20;

bool write_text(const fs::path& file, std::string_view text) {
  const UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  return fd && ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

// Five times on and off; false where the kernel does not let us.
bool blink(const fs::path& led, Clock& clock) {
  for (int n = 0; n < 10; ++n) {
    if (!write_text(led / "brightness", n % 2 == 0 ? "1\n" : "0\n")) return false;
    clock.wait_for(200ms, {});
  }
  return true;
}

Finding led(Scene& scene, std::string_view colour, const std::string& name) {
  const fs::path path = scene.config.leds.folder / name;
  std::error_code error;
  if (!fs::exists(path / "brightness", error)) {
    return bad(
        fmt::format("{}: no LED of that name", path.string()),
        fmt::format("dtoverlay=gpio-led,gpio=PIN,label={} in /boot/firmware/config.txt, then "
                    "sudo reboot; or leave {} out of [leds]",
                    name, colour));
  }
  std::string trigger;
  std::getline(std::ifstream(path / "trigger") >> std::ws, trigger);
  if (!trigger.empty() && trigger.find("[none]") == std::string::npos) {
    return doubtful(fmt::format("{} is lit by the kernel: {}", name, trigger.substr(0, 60)),
                    fmt::format("echo none | sudo tee {}", (path / "trigger").string()));
  }
  if (!scene.command.leds) {
    if (::access((path / "brightness").c_str(), W_OK) == 0) return good(name + " is there");
    return doubtful(fmt::format("{}: user {} may not light it", name, scene.machine.user),
                    "the user that fithome runs as must be able to: try it with sudo");
  }
  if (!blink(path, scene.clock)) {
    return bad(fmt::format("{}: cannot be lit: {}", name, std::generic_category().message(errno)),
               "try it with sudo");
  }
  const auto seen = scene.dialogue.ask(fmt::format("Did the {} light blink five times?", colour));
  if (!seen) return good(fmt::format("{} was told to blink five times", name));
  if (*seen) return good(fmt::format("{} blinks", name));
  return bad(fmt::format("{} was told to blink, and did not", name),
             "check its resistor, its polarity, and the GPIO pin in /boot/firmware/config.txt");
}

Findings leds(Scene& scene) {
  const auto& names = scene.config.leds;
  if (names.green.empty() && names.red.empty()) {
    if (scene.command.leds) {
      return {doubtful("none are configured", "name them in [leds]: docs/configuration.md")};
    }
    return {good("none are configured")};
  }
  Findings found;
  if (!names.green.empty()) found.push_back(led(scene, "green", names.green));
  if (!names.red.empty()) found.push_back(led(scene, "red", names.red));
  return found;
}

// The folder itself, or the nearest one above it that is there.
fs::path existing(fs::path folder) {
  std::error_code error;
  folder = fs::absolute(folder, error);
  while (!fs::exists(folder, error) && folder.has_relative_path()) folder = folder.parent_path();
  return folder;
}

Findings disk(Scene& scene) {
  const fs::path folder = existing(scene.config.data);
  struct statvfs room{};
  if (::statvfs(folder.c_str(), &room) != 0) {
    return {bad(fmt::format("{}: {}", folder.string(), std::generic_category().message(errno)),
                "name another directory: data in the configuration, or --data")};
  }
  const auto free = static_cast<std::uint64_t>(room.f_bavail) * room.f_frsize;
  const std::string what =
      fmt::format("{} are free at {}", bytes_text(static_cast<double>(free)), folder.string());
  if (free < kTooLittle) return {bad(what, "make room, or put data on another disk")};
  if (free < kLittle) {
    return {doubtful(what + "; a year of readings takes about 1 GB", "make room in time")};
  }
  return {good(what)};
}

struct Trial {
  double bytes_per_s = 0;
  double worst_sync_s = 0;
};

// One large piece, then five small ones as a reading is, each synced.
Result<Trial> try_disk(const fs::path& folder) {
  std::string name = (folder / ".doctor-XXXXXX").string();
  const UniqueFd file(::mkostemp(name.data(), O_CLOEXEC));
  if (!file) return os_failure(Code::invalid, folder.string(), errno);
  ::unlink(name.c_str());
  const auto timed = [&](std::size_t bytes) -> Result<double> {
    const std::string piece(bytes, 'f');
    const auto begin = std::chrono::steady_clock::now();
    if (::write(file.get(), piece.data(), piece.size()) != static_cast<ssize_t>(piece.size()) ||
        ::fdatasync(file.get()) != 0) {
      return os_failure(Code::transient, folder.string(), errno);
    }
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  FITHOME_TRY(const double large, timed(kTrialBytes));
  Trial trial{.bytes_per_s = static_cast<double>(kTrialBytes) / std::max(large, 1e-6)};
  for (int n = 0; n < 5; ++n) {
    FITHOME_TRY(const double small, timed(4096));
    trial.worst_sync_s = std::max(trial.worst_sync_s, small);
  }
  return trial;
}

Findings write_speed(Scene& scene) {
  std::error_code error;
  const fs::path& data = scene.config.data;
  if (!fs::is_directory(data, error)) {
    if (::faccessat(AT_FDCWD, existing(data).c_str(), W_OK, AT_EACCESS) == 0) {
      return {good(fmt::format("{} is not there yet; fithome run makes it", data.string()))};
    }
    return {doubtful(fmt::format("{} is not there, and user {} cannot make it", data.string(),
                                 scene.machine.user),
                     fmt::format("sudo install -d -o USER {} for the user that runs fithome; or "
                                 "name another directory with --data",
                                 data.string()))};
  }
  const auto trial = try_disk(data);
  if (!trial && (trial.error().os == EACCES || trial.error().os == EPERM)) {
    if (scene.daemon) return {};
    return {doubtful(fmt::format("user {} may not write to {}", scene.machine.user, data.string()),
                     "run fithome, and this, as the user it belongs to, or with sudo")};
  }
  if (!trial) {
    return {bad(trial.error().what,
                "look at the disk: sudo dmesg | tail; an SD card that can only "
                "be read is worn out")};
  }
  const std::string what = fmt::format("{}/s, the slowest sync took {:.0f} ms",
                                       bytes_text(trial->bytes_per_s), trial->worst_sync_s * 1e3);
  if (trial->worst_sync_s > kSlowSync) {
    return {doubtful(what,
                     "readings wait in memory meanwhile and none is lost, but such an SD card "
                     "is slow or worn: an A1 or A2 card, or a USB disk, is better")};
  }
  return {good(what)};
}

Findings clock(Scene& scene) {
  if (scene.simulated()) return {};
  const UtcTime now = to_stamp(scene.clock.utc());
  if (now < kNoClockBefore) {
    return {bad("the clock says " + to_iso(now), "sudo timedatectl set-ntp true, and a network")};
  }
  if (!scene.clock.synchronised()) {
    return {
        doubtful("no time server has set it; it says " + to_iso(now),
                 "sudo timedatectl set-ntp true, and a network; where that is so, wait a minute")};
  }
  return {good("set by a time server")};
}

Findings store(Scene& scene) {
  if (scene.command.simulation) return {};
  const auto reader = store::Reader::open(scene.config.data);
  if (!reader && reader.error().code == Code::not_found) {
    return {good(fmt::format("no readings at {} yet", scene.config.data.string()))};
  }
  if (!reader && scene.daemon && reader.error().os == EACCES) return {};
  if (!reader) return {from_error(Grade::bad, reader.error())};
  const auto info = reader->info();
  if (!info) return {from_error(Grade::bad, info.error())};
  if (!info->last) return {good(fmt::format("format {}, no readings yet", info->format))};
  const std::chrono::duration<double> age = to_stamp(scene.clock.utc()) - *info->last;
  const std::string what = fmt::format(
      "format {}, {} readings, {}, the newest {} old", info->format, info->readings,
      bytes_text(static_cast<double>(info->bytes)), duration_text(std::max(0.0, age.count())));
  const std::chrono::duration<double> expected = scene.config.interval * 3 + 10s;
  if (scene.daemon && !scene.simulated() && age > expected) {
    return {bad(what,
                "the daemon stores nothing: see fithome status, and the log: journalctl -u "
                "fithome")};
  }
  return {good(what)};
}

constexpr std::array kKeepingChecks{
    Check{"leds", leds},   Check{"disk", disk},   Check{"writing speed", write_speed},
    Check{"clock", clock}, Check{"store", store},
};

}  // namespace

std::span<const Check> keeping_checks() { return kKeepingChecks; }

}  // namespace fithome::app
