// SPDX-License-Identifier: MIT
#include "api/query.h"

#include <gtest/gtest.h>

#include "api/event_lines.h"
#include "api/host_guard.h"

namespace fithome::api {
namespace {

TEST(Query, DecodesPercentAndPlus) {
  const auto query = Query::parse("from=2026-11-22+22%3A40&channels=p%2Cp_a&&empty=&bare");
  ASSERT_TRUE(query);
  EXPECT_EQ(query->get("from"), "2026-11-22 22:40");
  EXPECT_EQ(query->get("channels"), "p,p_a");
  EXPECT_EQ(query->get("empty"), "");
  EXPECT_EQ(query->get("bare"), "");
  EXPECT_EQ(query->get("to"), std::nullopt);
}

TEST(Query, RefusesBrokenPercentSequences) {
  for (const char* text : {"a=%", "a=%4", "a=%zz", "%G0=1"}) {
    EXPECT_EQ(Query::parse(text).error().code, Code::invalid) << text;
  }
  EXPECT_EQ(Query::parse("a=%41")->get("a"), "A");
}

TEST(Query, RefusesAParameterThatIsThereTwice) {
  EXPECT_EQ(Query::parse("from=1&from=2").error().what, "parameter \"from\" is there twice");
}

TEST(Query, NamesTheParametersThatThereAre) {
  const auto query = Query::parse("form=csv");
  EXPECT_EQ(query->only({"from", "format"}).error().what,
            "no parameter \"form\"; there are from, format");
  EXPECT_EQ(query->only({}).error().what, "no parameter \"form\"; this takes none");
  EXPECT_TRUE(query->only({"form"}));
}

TEST(Target, IsAPathAndAQuery) {
  const auto target = parse_target("/a%20b+c?x=1?2#f");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/a b+c");
  EXPECT_EQ(target->query, "x=1?2");
  EXPECT_EQ(parse_target("*").error().code, Code::invalid);
  EXPECT_EQ(parse_target("").error().code, Code::invalid);
  EXPECT_EQ(parse_target("http://evil.example/").error().code, Code::invalid);
}

TEST(HostGuard, KnowsNamesThatOnlyAHouseCanHave) {
  for (const char* host :
       {"", "localhost", "localhost:8080", "127.0.0.1", "127.0.0.1:8080", "192.168.1.20", "[::1]",
        "[::1]:8080", "[fe80::1]", "raspberrypi", "Fithome.LOCAL:80", "pi.lan", "pi.home.arpa",
        "meter.internal", "app.localhost", "pi.local."}) {
    EXPECT_TRUE(is_house_name(host)) << host;
  }
}

TEST(HostGuard, RefusesNamesOfTheWorld) {
  for (const char* host : {"evil.example", "evil.example:8080", "127.0.0.1.evil.example",
                           "local.com", ".local", "notlocal.example.lan.com", "[::1",
                           "[evil.example]", "a b", "localhost:80:80", "localhost@evil.example",
                           "1.2.3.4.5", ":80", "[::1]x", "[::1]:8x", "evil.example#.local"}) {
    EXPECT_FALSE(is_house_name(host)) << host;
  }
}

TEST(EventLines, AreFoundHoweverTheStreamIsCut) {
  const std::string stream =
      ": hello\n\nevent: reading\ndata: {\"p\": 1}\n\ndata: a\r\ndata:b\r\n\r\nevent: x\n\n";
  for (std::size_t size = 1; size <= stream.size(); ++size) {
    EventLines lines;
    std::string seen;
    for (std::size_t from = 0; from < stream.size(); from += size) {
      ASSERT_TRUE(lines.take(std::string_view(stream).substr(from, size),
                             [&](std::string_view event, std::string_view data) {
                               seen += std::string(event) + "=" + std::string(data) + ";";
                               return true;
                             }));
    }
    EXPECT_EQ(seen, "reading={\"p\": 1};message=a\nb;");
  }
}

TEST(EventLines, StopWhenToldTo) {
  EventLines lines;
  int seen = 0;
  EXPECT_FALSE(lines.take("data: 1\n\ndata: 2\n\n", [&](auto, auto) { return ++seen < 1; }));
  EXPECT_EQ(seen, 1);
}

}  // namespace
}  // namespace fithome::api
