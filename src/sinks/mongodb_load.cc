// SPDX-License-Identifier: MIT
#include <dlfcn.h>
#include <fmt/format.h>

#include <filesystem>

#include "sinks/mongodb.h"

namespace fithome::sinks {
namespace {

constexpr const char* kInstalled = "/usr/lib/fithome";

std::filesystem::path beside_program() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
}

}  // namespace

Result<MongodbModule*> load_mongodb(const std::string& version) {
  const std::filesystem::path beside = beside_program() / kMongodbModule;
  const std::filesystem::path installed = std::filesystem::path(kInstalled) / kMongodbModule;
  std::error_code ignored;
  const bool is_beside = std::filesystem::exists(beside, ignored);
  if (!is_beside && !std::filesystem::exists(installed, ignored)) {
    return fail(Code::not_found, fmt::format("mongodb: {} is not installed; install the package: "
                                             "sudo apt install fithome-mongodb",
                                             kMongodbModule));
  }
  void* handle = ::dlopen((is_beside ? beside : installed).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    return fail(Code::not_found, fmt::format("mongodb: {}; install the package again: sudo apt "
                                             "install --reinstall fithome-mongodb",
                                             ::dlerror()));
  }
  const auto entry = reinterpret_cast<MongodbEntry>(::dlsym(handle, kMongodbEntry));
  MongodbModule* module = entry != nullptr ? entry(version.c_str()) : nullptr;
  if (module != nullptr) return module;
  return fail(Code::unsupported,
              fmt::format("mongodb: {} is of another version than this fithome; upgrade both: sudo "
                          "apt install fithome fithome-mongodb",
                          kMongodbModule));
}

}  // namespace fithome::sinks
