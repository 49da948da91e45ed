// SPDX-License-Identifier: MIT
#include "app/secret.h"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace fithome::app {
namespace {

Result<std::string> read_secret(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  if (!text.empty()) return text;
  return fail(Code::invalid, fmt::format("the password in {} cannot be read, or is empty; it must "
                                         "be readable by the user that fithome runs as",
                                         file.string()));
}

}  // namespace

Result<std::string> mongodb_password(const MongodbConfig& config) {
  if (!config.password_file.empty()) return read_secret(config.password_file);
  if (const char* folder = std::getenv("CREDENTIALS_DIRECTORY")) {
    const std::filesystem::path file = std::filesystem::path(folder) / "mongodb_password";
    std::error_code ignored;
    if (std::filesystem::exists(file, ignored)) return read_secret(file);
  }
  const char* variable = std::getenv("FITHOME_MONGODB_PASSWORD");
  return std::string(variable != nullptr ? variable : "");
}

}  // namespace fithome::app
