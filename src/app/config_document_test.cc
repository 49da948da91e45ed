// SPDX-License-Identifier: MIT
//
// What is written about the configuration is true.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>

#include "app/config.h"
#include "app/config_keys.h"

namespace fithome::app {
namespace {

// The default of everything, and the file on top.
Settings settings_of(std::string_view text) {
  auto settings = parse_config(text, "document.toml", {});
  if (settings) return *std::move(settings);
  for (const Problem& problem : settings.error()) ADD_FAILURE() << to_text(problem);
  return {};
}

std::string text_of(const std::filesystem::path& in_checkout) {
  std::ifstream file(std::filesystem::path(FITHOME_CHECKOUT) / in_checkout);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(ConfigDocument, TellsOfEveryKeyAndVariableWithItsDefault) {
  const std::string document = text_of("docs/configuration.md");

  for (const Key& key : config_keys()) {
    EXPECT_NE(document.find(fmt::format("| `{}` |", key.name())), std::string::npos) << key.path;
    EXPECT_NE(document.find(key.variable), std::string::npos) << key.variable;
  }
}

TEST(ConfigDocument, HasExamplesThatAreGood) {
  std::string document = text_of("docs/configuration.md");
  int examples = 0;
  while (true) {
    const auto begin = document.find("```toml\n");
    if (begin == std::string::npos) break;
    document.erase(0, begin + 8);
    settings_of(document.substr(0, document.find("```")));
    ++examples;
  }
  EXPECT_EQ(examples, 3);
}

// "# interval = 1" in the file that is shipped.
TEST(ConfigDocument, ShippedFileIsGoodAndItsCommentsTellTheDefaults) {
  const std::string shipped = text_of("packaging/fithome.toml");
  const std::string all =
      std::regex_replace(shipped, std::regex("# ([a-z_]+ = [^\\n]+)\n"), "$1\n");
  ASSERT_NE(all, shipped);

  const Settings as_shipped = settings_of(shipped);
  const Settings uncommented = settings_of(all);

  EXPECT_TRUE(uncommented.origin.contains("interval"));
  for (const Key& key : config_keys()) {
    EXPECT_EQ(key.show(as_shipped.config), key.show(Config{})) << key.path;
    const bool example =
        key.path.starts_with("leds.") || key.path.starts_with("mqtt.") || key.name() == "reversed";
    if (example) continue;
    EXPECT_EQ(key.show(uncommented.config), key.show(Config{})) << key.path;
  }
}

}  // namespace
}  // namespace fithome::app
