// SPDX-License-Identifier: MIT
#include "app/change_intent.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/unique_fd.h"

namespace fithome::app {
namespace {

std::filesystem::path file_in(const std::filesystem::path& data, store::MeterId meter) {
  return data / fmt::format("calibration-{}.pending", meter);
}

}  // namespace

Result<ChangeIntent> ChangeIntent::note(const std::filesystem::path& data, store::MeterId meter,
                                        const MeterSettings& before, const MeterSettings& after) {
  const auto file = file_in(data, meter);
  const std::string text =
      "{\"before\":" + to_json(before) + ",\"after\":" + to_json(after) + "}\n";
  const UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
  if (!fd) return os_failure(Code::transient, "write " + file.string(), errno);
  ChangeIntent intent(file);
  if (::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      ::fsync(fd.get()) != 0) {
    return os_failure(Code::transient, "write " + file.string(), errno);
  }
  return intent;
}

ChangeIntent::~ChangeIntent() {
  if (!file_.empty()) ::unlink(file_.c_str());
}

std::optional<MeterSettings> left_behind(const std::filesystem::path& data, store::MeterId meter,
                                         const MeterSettings& wanted) {
  std::ifstream in(file_in(data, meter));
  if (!in) return {};
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return {};
  for (const char* which : {"before", "after"}) {
    const auto found = json.find(which);
    if (found == json.end()) continue;
    auto settings = from_json(found->dump(), wanted);
    if (settings && to_json(*settings) != to_json(wanted)) return *std::move(settings);
  }
  return {};
}

}  // namespace fithome::app
