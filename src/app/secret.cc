// SPDX-License-Identifier: MIT
#include "app/secret.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
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
  return fail(Code::invalid, fmt::format("the secret in {} cannot be read, or is empty; it must "
                                         "be readable by the user that fithome runs as",
                                         file.string()));
}

std::string variable_of(std::string name) {
  std::ranges::transform(name, name.begin(),
                         [](unsigned char letter) { return std::toupper(letter); });
  return "FITHOME_" + name;
}

}  // namespace

Result<std::string> find_password(const std::string& of, const std::filesystem::path& file) {
  return find_secret(of + "_password", file);
}

Result<std::string> find_secret(const std::string& name, const std::filesystem::path& file) {
  if (!file.empty()) return read_secret(file);
  if (const char* folder = std::getenv("CREDENTIALS_DIRECTORY")) {
    const std::filesystem::path credential = std::filesystem::path(folder) / name;
    std::error_code ignored;
    if (std::filesystem::exists(credential, ignored)) return read_secret(credential);
  }
  const char* variable = std::getenv(variable_of(name).c_str());
  return std::string(variable != nullptr ? variable : "");
}

}  // namespace fithome::app
