// SPDX-License-Identifier: MIT
//
// Checks of the way to the meter: configuration, daemon, SPI, device, permissions.
#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <system_error>

#include "app/doctor_checks.h"

namespace fithome::app {
namespace {

namespace fs = std::filesystem;
using Findings = std::vector<Finding>;

Findings configuration(Scene& scene) {
  if (!scene.settings) {
    const Problem& first = scene.settings.error().front();
    std::string where = first.file;
    if (first.line > 0) where += fmt::format(":{}", first.line);
    return {bad(fmt::format("{}{}{}", where, where.empty() ? "" : ": ", first.what),
                "fithome config check shows all that is wrong; the rest here is checked with the "
                "defaults")};
  }
  if (!scene.settings->warnings.empty()) {
    return {doubtful(scene.settings->warnings.front().what, "fithome config check shows where")};
  }
  if (scene.settings->file.empty()) {
    return {good(fmt::format("none at {}, so the defaults hold", kSystemConfig))};
  }
  return {good(scene.settings->file)};
}

// A daemon that was started with another configuration than this one.
std::optional<Finding> other_meters(const Scene& scene) {
  std::vector<std::string> measured, configured;
  const api::Status& status = scene.daemon->status->status;
  for (const api::MeterStatus& meter : status.meters) measured.push_back(meter.name);
  if (measured.empty()) measured.push_back(status.meter);
  for (const MeterConfig& meter : scene.config.meters) configured.push_back(meter.name);
  if (measured == configured) return {};
  return doubtful(fmt::format("it measures {}, and the configuration names {}",
                              fmt::join(measured, ", "), fmt::join(configured, ", ")),
                  "say --config FILE if it was started with another one; else restart it: sudo "
                  "systemctl restart fithome");
}

Findings daemon(Scene& scene) {
  if (scene.command.simulation) return {};
  if (scene.daemon_unknown) return {from_error(Grade::bad, *scene.daemon_unknown)};
  if (!scene.daemon) return {good(fmt::format("none runs on {}", scene.config.data.string()))};
  const DaemonSeen& seen = *scene.daemon;
  Findings found{good(fmt::format("fithome {} runs (pid {})", seen.version, seen.pid))};
  if (!seen.status) return found;
  if (const auto other = other_meters(scene)) found.push_back(*other);
  for (const api::Fault& fault : seen.status->status.faults) {
    const std::string of = fault.meter.empty() ? "" : fault.meter + ": ";
    found.push_back(bad(fmt::format("{}{}: {}", of, fault.name, fault.what), fault.remedy));
  }
  return found;
}

Findings page(Scene& scene) {
  if (!scene.daemon) return {};
  if (scene.daemon->status) return {good(scene.daemon->url)};
  const auto why = scene.daemon->no_status;
  return {bad(fmt::format("{} does not answer{}", scene.daemon->url,
                          why ? ": " + why->what : std::string()),
              "restart it: sudo systemctl restart fithome")};
}

bool any_spidev(const fs::path& device) {
  std::error_code error;
  for (fs::directory_iterator it(device.parent_path(), error), end; !error && it != end;
       it.increment(error)) {
    if (it->path().filename().string().starts_with("spidev")) return true;
  }
  return false;
}

// Debian 12 has it in /boot/firmware, older ones in /boot.
std::optional<fs::path> boot_config(const Machine& machine) {
  for (const char* name : {"boot/firmware/config.txt", "boot/config.txt"}) {
    std::error_code error;
    if (fs::exists(machine.root / name, error)) return machine.root / name;
  }
  return {};
}

// "dtparam=spi=on", with others before or behind it, and no # in front.
bool turns_spi_on(const fs::path& config) {
  std::ifstream file(config);
  bool on = false;
  for (std::string line; std::getline(file, line);) {
    std::erase_if(line, [](unsigned char c) { return c == ' ' || c == '\t' || c == '\r'; });
    if (line.starts_with("dtoverlay=spi0-")) on = true;
    if (!line.starts_with("dtparam=")) continue;
    const std::string list = "," + line.substr(8) + ",";
    if (list.find(",spi=on,") != list.npos || list.find(",spi,") != list.npos) on = true;
    if (list.find(",spi=off,") != list.npos) on = false;
  }
  return on;
}

Findings spi(Scene& scene) {
  if (scene.simulated()) return {};
  const fs::path device = scene.meters.front().config.device;
  if (any_spidev(device)) return {good("turned on")};
  const auto config = boot_config(scene.machine);
  if (!config) {
    return {bad("this machine has no SPI device, and is no Raspberry Pi as far as can be seen",
                "to see FitHome without a meter: fithome run --demo. To measure, run it on a "
                "Raspberry Pi that the meter is wired to, with SPI turned on (sudo raspi-config)")};
  }
  if (turns_spi_on(*config)) {
    return {bad(fmt::format("turned on in {}, but there is no device", config->string()),
                "restart the Pi: sudo reboot")};
  }
  return {bad("turned off",
              fmt::format("turn it on: sudo raspi-config nonint do_spi 0 (or write dtparam=spi=on "
                          "into {}), then sudo reboot",
                          config->string()))};
}

Findings device(const Scene& scene, const Examined& of) {
  if (scene.simulated()) return {};
  const fs::path path = of.config.device;
  struct stat found{};
  if (::stat(path.c_str(), &found) == 0) {
    if (S_ISDIR(found.st_mode)) {
      return {bad(fmt::format("{} is a folder", path.string()),
                  "set device in [[meter]] of the configuration")};
    }
    return {good(path.string())};
  }
  std::vector<std::string> others;
  std::error_code error;
  for (fs::directory_iterator it(path.parent_path(), error), end; !error && it != end;
       it.increment(error)) {
    if (it->path().filename().string().starts_with("spidev")) others.push_back(it->path().string());
  }
  std::ranges::sort(others);
  if (others.empty()) return {bad(path.string() + " is not there", "see spi above")};
  return {bad(fmt::format("{} is not there, but {}", path.string(), fmt::join(others, ", ")),
              fmt::format("set device = \"{}\" in [[meter]] of the configuration", others[0]))};
}

std::string group_name(gid_t group) {
  std::array<char, 4096> room;
  struct group entry{};
  struct group* found = nullptr;
  if (::getgrgid_r(group, &entry, room.data(), room.size(), &found) == 0 && found) {
    return found->gr_name;
  }
  return fmt::format("{}", group);
}

// Whether /etc/group lists the user there, though this process may be older than that.
bool listed(const Machine& machine, const std::string& group) {
  std::ifstream file(machine.root / "etc/group");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(group + ":")) continue;
    const std::string members = "," + line.substr(line.rfind(':') + 1) + ",";
    if (members.find("," + machine.user + ",") != members.npos) return true;
  }
  return false;
}

Findings permissions(const Scene& scene, const Examined& of) {
  const fs::path path = of.config.device;
  struct stat found{};
  if (scene.simulated() || ::stat(path.c_str(), &found) != 0) return {};
  if (::faccessat(AT_FDCWD, path.c_str(), R_OK | W_OK, AT_EACCESS) == 0) {
    return {good(fmt::format("user {} may use it", scene.machine.user))};
  }
  if (scene.daemon) return {good("the daemon may use it; this user need not")};
  const std::string group = group_name(found.st_gid);
  const std::string what = fmt::format("user {} may not use {}", scene.machine.user, path.string());
  if (listed(scene.machine, group)) {
    return {bad(what + fmt::format(", though a member of group {}", group),
                "log out and in again, so that it counts")};
  }
  return {bad(what, fmt::format("sudo usermod -aG {} {}, then log out and in again", group,
                                scene.machine.user))};
}

Findings mode(const Scene& scene, const Examined& of) {
  if (scene.simulated() || !of.seen || of.seen->by_daemon) return {};
  // What was said above needs no saying again.
  if (::faccessat(AT_FDCWD, of.config.device.c_str(), R_OK | W_OK, AT_EACCESS) != 0) return {};
  if (of.seen->not_opened) return {from_error(Grade::bad, *of.seen->not_opened)};
  return {good(of.seen->device)};
}

constexpr std::array kMachineChecks{
    Check{"configuration", configuration},
    Check{"daemon", daemon},
    Check{"page", page},
    Check{"spi", spi},
};

constexpr std::array kDeviceChecks{
    MeterCheck{"device", device},
    MeterCheck{"permissions", permissions},
    MeterCheck{"mode", mode},
};

}  // namespace

std::span<const Check> machine_checks() { return kMachineChecks; }
std::span<const MeterCheck> device_checks() { return kDeviceChecks; }

Machine this_machine() {
  Machine machine;
  std::array<char, 4096> room;
  passwd entry{};
  passwd* found = nullptr;
  machine.user = ::getpwuid_r(::geteuid(), &entry, room.data(), room.size(), &found) == 0 && found
                     ? found->pw_name
                     : fmt::format("{}", ::geteuid());
  return machine;
}

}  // namespace fithome::app
