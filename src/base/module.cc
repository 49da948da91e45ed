// SPDX-License-Identifier: MIT
#include "base/module.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <filesystem>

namespace fithome {
namespace {

constexpr const char* kInstalled = "/usr/lib/fithome";

std::filesystem::path beside_program() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
}

}  // namespace

Result<void*> load_module(const Module& module) {
  const std::filesystem::path beside = beside_program() / module.file;
  const std::filesystem::path installed = std::filesystem::path(kInstalled) / module.file;
  std::error_code ignored;
  const bool is_beside = std::filesystem::exists(beside, ignored);
  if (!is_beside && !std::filesystem::exists(installed, ignored)) {
    return fail(Code::not_found,
                fmt::format("{} is not installed; install the package: sudo apt install {}",
                            module.file, module.package));
  }
  void* handle = ::dlopen((is_beside ? beside : installed).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    return fail(Code::not_found,
                fmt::format("{}; install the package again: sudo apt install --reinstall {}",
                            ::dlerror(), module.package));
  }
  void* entry = ::dlsym(handle, module.entry.c_str());
  if (entry == nullptr) return other_version(module);
  return entry;
}

Failure other_version(const Module& module) {
  return fail(Code::unsupported,
              fmt::format("{} is of another version than this fithome; upgrade both: sudo apt "
                          "install fithome{}",
                          module.file, module.package == "fithome" ? "" : " " + module.package));
}

}  // namespace fithome
