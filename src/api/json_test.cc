// SPDX-License-Identifier: MIT
#include "api/json.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

namespace fithome::api {
namespace {

TEST(Json, PutsCommasBetweenAndNowhereElse) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().key("a").begin_array().integer(1).integer(-2).begin_object().end_object();
  out.end_array().key("b").null().key("c").begin_array().end_array().key("d").boolean(true);
  out.end_object();
  EXPECT_EQ(text, R"({"a":[1,-2,{}],"b":null,"c":[],"d":true})");
}

TEST(Json, WritesAsManyDecimalsAsMatter) {
  std::string text;
  JsonWriter out(text);
  out.begin_array().number(0.5, 3).number(1, 3).number(-0.1234, 2).number(100, 0).number(1e-9, 3);
  out.number(std::numeric_limits<double>::quiet_NaN(), 3).end_array();
  EXPECT_EQ(text, "[0.5,1,-0.12,100,0,null]");
}

TEST(Json, EscapesWhateverAFileNameMayHold) {
  std::string text;
  JsonWriter(text).string("a\"b\\c\nd\te\x01 °C");
  EXPECT_EQ(nlohmann::json::parse(text).get<std::string>(), "a\"b\\c\nd\te\x01 °C");
}

TEST(Json, MendsTextThatIsNoUtf8) {
  const std::string bad[] = {"\x80", "\xC3",    "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                             "\xFF", "\xE2\x82"};
  for (const std::string& bytes : bad) {
    std::string text;
    JsonWriter(text).string("x" + bytes + "y");
    const auto read = nlohmann::json::parse(text, nullptr, false);
    ASSERT_FALSE(read.is_discarded()) << text;
    EXPECT_EQ(read.get<std::string>().front(), 'x');
    EXPECT_EQ(read.get<std::string>().back(), 'y');
    EXPECT_NE(text.find("\xEF\xBF\xBD"), std::string::npos);
  }
}

}  // namespace
}  // namespace fithome::api
