// SPDX-License-Identifier: MIT
#include "exports/request.h"

#include <gtest/gtest.h>

namespace fithome::exports {
namespace {

constexpr std::array kAllFormats{Format::pandas, Format::csv,     Format::csv_gz,
                                 Format::npz,    Format::parquet, Format::nilmtk};

TEST(ExportFormat, IsKnownByNameAndByTheEndingOfItsFile) {
  for (const Format format : kAllFormats) {
    EXPECT_EQ(format_of(name(format)).value(), format);
    const std::string own = "house" + std::string(format == Format::pandas ? ".pkl.zip" : ".") +
                            std::string(format == Format::pandas ? "" : name(format));
    EXPECT_EQ(format_of_file(own), format) << own;
  }
  EXPECT_EQ(format_of_file("aggregate.pkl.zip"), Format::pandas);
  EXPECT_EQ(format_of_file("house.xlsx"), std::nullopt);
}

TEST(ExportFormat, ThatIsNoneIsToldWithThoseThereAre) {
  EXPECT_EQ(format_of("xlsx").error().what,
            "\"xlsx\" is no format; there are pandas, csv, csv.gz, npz, parquet, nilmtk");
}

TEST(ExportSteps, AreATimeOrOfTheCalendar) {
  using Calendar = Every::Calendar;
  EXPECT_EQ(parse_every("15m").value(), (Every{std::chrono::minutes(15)}));
  EXPECT_EQ(parse_every("1d").value(), parse_every("day").value());
  EXPECT_EQ(parse_every("7d").value(), (Every{std::chrono::days(7)})) << "counted, of no week";
  EXPECT_EQ(parse_every("week").value(), (Every{.calendar = Calendar::week}));
  EXPECT_EQ(parse_every("month").value(), (Every{.calendar = Calendar::month}));
  EXPECT_EQ(parse_every("year").value(), (Every{.calendar = Calendar::year}));
  EXPECT_EQ(
      parse_every("quarter").error().what,
      "\"quarter\" is no duration; say 500ms, 10s, 5m, 24h, 7d or 1h30m; or day, week, month, "
      "year");
  EXPECT_EQ(parse_every("10ms").error().what, "must be 1s or longer");
}

TEST(ExportColumns, HaveTheNamesThatWereAskedFor) {
  const auto wanted = parse_wanted("Pa,u_a,q", {}).value();
  ASSERT_EQ(wanted.size(), 3U);
  EXPECT_EQ(wanted[0], (Wanted{*reading::find_channel("p"), "Pa"}));
  EXPECT_EQ(wanted[1], (Wanted{*reading::find_channel("u_a"), "u_a"}));
  EXPECT_EQ(wanted[2], (Wanted{*reading::find_channel("q"), "q"}));
}

TEST(ExportColumns, AllAreThoseInUseWithPaAndPr) {
  const auto p = *reading::find_channel("p"), q = *reading::find_channel("q");
  const auto u_a = *reading::find_channel("u_a");
  EXPECT_EQ(parse_wanted("all", {p, q, u_a}).value(),
            (std::vector<Wanted>{{p, "Pa"}, {q, "Pr"}, {u_a, "u_a"}}));
}

TEST(ExportColumns, ThatAreNoneOrTwiceAreRefused) {
  for (const char* text : {"", "Pa,", ",Pa", "pa", "Pa,,Pr", "all,Pa"}) {
    const auto wanted = parse_wanted(text, {});
    ASSERT_FALSE(wanted) << text;
    EXPECT_EQ(wanted.error().code, Code::invalid);
    EXPECT_NE(wanted.error().what.find("there are all, Pa, Pr, p, q"), std::string::npos);
  }
  EXPECT_EQ(parse_wanted("Pa,Pa", {}).error().what, "channel \"Pa\" is there twice");
}

}  // namespace
}  // namespace fithome::exports
