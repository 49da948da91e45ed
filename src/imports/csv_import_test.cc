// SPDX-License-Identifier: MIT
#include <zlib.h>

#include "imports/csv.h"
#include "imports/test_support.h"

namespace fithome::imports {
namespace {

using store::at;

class CsvImport : public testing::Test {
 protected:
  std::vector<reading::Reading> rows(std::string_view text, CsvOptions options = {},
                                     std::string* error = nullptr) {
    options.file = write_file(folder_.path() / "t.csv", text);
    const auto source = csv_source(options);
    if (!source) {
      if (error == nullptr) ADD_FAILURE() << source.error().what;
      if (error != nullptr) *error = source.error().what;
      return {};
    }
    auto found = all_of(**source, error);
    left_out_ = (*source)->left_out();
    return found;
  }
  /// Without the folder.
  std::string refusal(std::string_view text, const CsvOptions& options = {}) {
    std::string error;
    rows(text, options, &error);
    const auto name = error.find("t.csv");
    return name == std::string::npos ? error : error.substr(name);
  }

  InZone zone_{"UTC0"};
  store::TemporaryDirectory folder_;
  std::string left_out_;
};

TEST_F(CsvImport, OfOurOwnExportIsWhatWasExported) {
  const auto found = rows(
      "time,Pa,Pr,pf,temp,i_a,flags\n"
      "2026-10-25T02:00:00.250+01:00,-1234.56,0.07,-0.981,38,22.871,simulated after_gap\n"
      "2026-10-25T02:00:01.250+01:00,,,,,0.001,\n");

  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].time, at("2026-10-25T01:00:00.250Z"));
  EXPECT_EQ(found[0].steps[id("p")], -123456);
  EXPECT_EQ(found[0].steps[id("q")], 7);
  EXPECT_EQ(found[0].steps[id("pf")], -981);
  EXPECT_EQ(found[0].steps[id("temp")], 38);
  EXPECT_EQ(found[0].steps[id("i_a")], 22871);
  EXPECT_EQ(found[0].flags, bit(reading::Flag::simulated) | bit(reading::Flag::after_gap));
  EXPECT_EQ(found[1].steps[id("p")], std::nullopt) << "absent, not 0";
  EXPECT_EQ(found[1].steps[id("i_a")], 1);
}

TEST_F(CsvImport, OfAStrangersTableIsWhatItsOwnerSays) {
  const auto found = rows(
      "\xEF\xBB\xBF\"Date\";Time;\"Power, kW\";Volts\r\n"
      "16/12/2006;17:24:00;4,216;234,84\r\n"
      "16/12/2006;17:25:00;?;\r\n"
      "16/12/2006;17:26:00;5,374;233,29\r\n",
      {.columns = "time=Date+Time,p=Power, kW*1000,u_a=Volts"});

  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].time, at("2006-12-16T17:24:00Z"));
  EXPECT_EQ(found[0].value(id("p")), 4216);
  EXPECT_EQ(found[0].steps[id("u_a")], 23484);
  EXPECT_EQ(left_out_, "1 rows without any value");
}

TEST_F(CsvImport, TakesTimesAsTheyAreWritten) {
  for (const char* noon : {"1795348800", "1795348800000", "2026-11-22T12:00:00Z",
                           "2026-11-22 13:00+0100", "2026-11-22 12:00"}) {
    const auto found = rows(std::string("time,p\n") + noon + ",1\n");
    ASSERT_EQ(found.size(), 1U) << noon;
    EXPECT_EQ(found[0].time, at("2026-11-22T12:00:00Z")) << noon;
  }
  const auto told = rows("time,p\n11/22/2026 12:00,1\n", {.time_format = "%m/%d/%Y %H:%M"});
  EXPECT_EQ(told.at(0).time, at("2026-11-22T12:00:00Z"));
}

TEST_F(CsvImport, TellsTheTwoHoursApartThatTheEndOfSummerTimeRepeats) {
  const InZone berlin("Europe/Berlin");
  const auto found = rows(
      "time,p\n2026-10-25 01:30,1\n2026-10-25 02:00,2\n2026-10-25 02:30,3\n2026-10-25 02:00,4\n"
      "2026-10-25 02:30,5\n2026-10-25 03:00,6\n");

  ASSERT_EQ(found.size(), 6U);
  for (std::size_t n = 0; n < found.size(); ++n) {
    EXPECT_EQ(found[n].time, at("2026-10-24T23:30:00Z") + std::chrono::minutes(30 * n)) << n;
  }
}

TEST_F(CsvImport, RefusesAnHourThatThereWasNot) {
  const InZone berlin("Europe/Berlin");
  EXPECT_EQ(
      refusal("time,p\n2026-03-29 01:59,1\n2026-03-29 02:30,2\n"),
      "t.csv:3: 2026-03-29 02:30 is a time that the begin of summer time left out here; say in "
      "which zone the table was written: --timezone ZONE");
  EXPECT_EQ(rows("time,p\n2026-03-29 01:59,1\n2026-03-29 03:00,2\n").at(1).time,
            at("2026-03-29T01:00:00Z"));
}

TEST_F(CsvImport, SaysWhichLineIsWrongAndHandsOutWhatStandsBefore) {
  std::string error;
  const auto found = rows("time,p\n1795348800,1\n1795348801,2\n1795348802,x\n", {}, &error);
  EXPECT_EQ(found.size(), 2U);
  EXPECT_TRUE(
      error.ends_with("t.csv:4: \"x\" in column p is no number; mend it, or leave it empty"))
      << error;

  EXPECT_EQ(refusal("time,p\n1795348801,1\n1795348800,2\n"),
            "t.csv:3: 2026-11-22T12:00:00.000Z goes back in time, behind 2026-11-22T12:00:01.000Z; "
            "sort the rows by time");
  EXPECT_EQ(
      refusal("time,p\nyesterday,1\n"),
      "t.csv:2: \"yesterday\" is no time; say how it is written, as in --time-format '%m/%d/%Y "
      "%H:%M:%S'");
  EXPECT_EQ(
      refusal("time,p,q\n1795348800,1\n"),
      "t.csv:2: the row ends after 2 of 3 columns; take the line away if the file was cut off "
      "there");
  EXPECT_EQ(
      refusal("time,p\n1795348800,1e9\n"),
      "t.csv:2: 1000000000 W is more than p can hold; is it another quantity, or another unit? "
      "A factor may follow, as in *1000 or /1000");
  EXPECT_EQ(refusal("time,p,flags\n1795348800,1,late haunted\n"),
            "t.csv:2: \"haunted\" is no flag that this fithome knows; leave that column out with "
            "--columns");
}

TEST_F(CsvImport, SaysWhichColumnsThereAre) {
  EXPECT_EQ(refusal("time,Pa_min,q\n"),
            "t.csv:1: column \"Pa_min\" is no channel; say which columns to take, as in --columns "
            "'time=COLUMN,p=COLUMN*1000'; the file has \"time\", \"Pa_min\", \"q\"");
  EXPECT_EQ(refusal("when,p\n", {.columns = "time=When,p=p"}),
            "t.csv:1: no column \"When\"; the file has \"when\", \"p\"");
  EXPECT_TRUE(refusal("when,p\n", {.columns = "time=when,power=p"})
                  .starts_with("t.csv:1: no channel \"power\"; there are p q s pf"));
  EXPECT_TRUE(refusal("p,q\n").starts_with("t.csv:1: no column for the time; name it"));
  EXPECT_EQ(refusal("\n\n"), "t.csv: the file is empty");
  EXPECT_TRUE(csv_source({.file = folder_.path() / "none"})
                  .error()
                  .what.ends_with("none: No such file or directory"));
  EXPECT_TRUE(csv_source({.file = folder_.path()}).error().what.ends_with("a folder, not a file"));
}

TEST_F(CsvImport, ReadsWhatGzipPressedAndSaysWhereItIsCutOff) {
  std::string text = "time,p\n";
  for (int n = 0; n < 20'000; ++n)
    text += std::to_string(1795348800 + n) + "," + std::to_string(n * 7919 % 5000) + "\n";
  const auto file = folder_.path() / "t.csv.gz";
  gzFile out = gzopen(file.c_str(), "wb");
  gzwrite(out, text.data(), static_cast<unsigned>(text.size()));
  gzclose(out);

  const auto whole = csv_source({.file = file});
  ASSERT_TRUE(whole);
  EXPECT_EQ(all_of(**whole).size(), 20'000U);
  EXPECT_GT((*whole)->done(), 0.99);

  std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2);
  const auto half = csv_source({.file = file});
  ASSERT_TRUE(half);
  std::string error;
  EXPECT_GT(all_of(**half, &error).size(), 5'000U);
  EXPECT_NE(error.find("damaged or cut off behind line"), std::string::npos) << error;
}

}  // namespace
}  // namespace fithome::imports
