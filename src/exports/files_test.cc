// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <span>

#include "exports/csv_text.h"
#include "exports/export.h"
#include "exports/part_file.h"
#include "store/crc32.h"
#include "store/test_support.h"

namespace fithome::exports {
namespace {

using store::TemporaryDirectory;

std::string content(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void fill(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    names.push_back(entry.path().filename());
  }
  return names;
}

std::string text(double value, int decimals) {
  std::string out;
  append_value(out, value, decimals);
  return out;
}

TEST(ExportText, OfValuesIsWhatWasStored) {
  EXPECT_EQ(text(1234.5, 2), "1234.50");
  EXPECT_EQ(text(-0.05, 2), "-0.05");
  EXPECT_EQ(text(-0.001, 2), "0.00");
  EXPECT_EQ(text(35, 0), "35");
  EXPECT_EQ(text(2.5, 0), "3");
  EXPECT_EQ(text(-2.5, 0), "-3");
  EXPECT_EQ(text(0.49999999999999994, 0), "0");
  EXPECT_EQ(text(std::numeric_limits<double>::quiet_NaN(), 2), "");
  for (const std::int32_t steps : {INT32_MIN, -1, 0, 1, 99, 100, INT32_MAX}) {
    const std::string written = text(steps / 100.0, 2);
    EXPECT_EQ(std::stod(written), steps / 100.0) << written;
  }
}

class ExportTimes : public testing::Test {
 protected:
  static std::string local(const char* zone, std::initializer_list<const char*> times) {
    ::setenv("TZ", zone, 1);
    ::tzset();
    TimeText writer;
    std::string out;
    for (const char* time : times) {
      writer.append(out, store::at(time));
      out += ' ';
    }
    return out;
  }
  void TearDown() override {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
  }
};

TEST_F(ExportTimes, HaveMillisecondsAndAreUtcUnlessLocalTimeIsAnother) {
  EXPECT_EQ(local("UTC", {"2026-11-22T22:40:00.250Z", "2026-11-22T22:40:59.999Z"}),
            "2026-11-22T22:40:00.250Z 2026-11-22T22:40:59.999Z ");
  EXPECT_EQ(local("America/St_Johns", {"2026-11-22T22:40:00Z"}), "2026-11-22T19:10:00.000-03:30 ");
}

TEST_F(ExportTimes, TellTheHourThatIsThereTwiceApart) {
  EXPECT_EQ(local("Europe/Berlin", {"2026-10-25T00:59:59Z", "2026-10-25T01:00:00Z"}),
            "2026-10-25T02:59:59.000+02:00 2026-10-25T02:00:00.000+01:00 ");
}

TEST(ExportFile, IsInItsPlaceOnlyWhenItIsWhole) {
  const TemporaryDirectory folder;
  const auto place = folder.path() / "day.csv";
  fill(place, "old");
  {
    const PartFile part = PartFile::make(place).value();
    fill(part.path(), "half");
    EXPECT_EQ(content(place), "old");
  }
  EXPECT_EQ(names_in(folder.path()), std::vector<std::string>{"day.csv"});
  PartFile part = PartFile::make(place).value();
  fill(part.path(), "new");
  ASSERT_TRUE(part.commit());
  EXPECT_EQ(content(place), "new");
  EXPECT_EQ(names_in(folder.path()), std::vector<std::string>{"day.csv"});
}

TEST(ExportFile, DoesNotTakeTheNameOfADirectory) {
  const TemporaryDirectory folder;
  const auto made = PartFile::make(folder.path());
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Code::invalid);
  EXPECT_NE(made.error().what.find("is a directory; name a file"), std::string::npos);
}

TEST(ExportFile, SaysWhichDirectoryIsNotThere) {
  const TemporaryDirectory folder;
  const auto made = PartFile::make(folder.path() / "no" / "day.csv");
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().what.find((folder.path() / "no").string()), std::string::npos);
}

TEST(ExportFile, TakesThePlaceOfADirectoryOnlyWhereItIsADatasetOfOurs) {
  const TemporaryDirectory folder;
  const auto place = folder.path() / "house.nilmtk";
  std::filesystem::create_directories(place / "metadata");
  fill(place / "metadata/dataset.yaml", "name: REDD\nsubject: six houses\n");
  const auto made = PartFile::make(place, true);
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().what.find("no dataset of fithome's"), std::string::npos);
  EXPECT_EQ(names_in(folder.path()), std::vector<std::string>{"house.nilmtk"});
}

// A store of three hours; its bytes are read by other programs in tests/e2e/export_test.py.
class ExportedHours : public testing::Test {
 protected:
  static constexpr store::Sequence kReadings = 3 * 3600;
  void SetUp() override {
    ASSERT_TRUE(store_.append({.readings = store::readings_of(1, kReadings)}));
  }

  Result<Exported> run(Format format, const Watch& watch = [](const Progress&) { return true; }) {
    Request request;
    request.format = format;
    request.flags = true;
    request.wanted = parse_wanted("Pa,Pr,u_a", {}).value();
    return run_export(store::open_reader(directory_.path()), request, place(format), watch);
  }
  std::filesystem::path place(Format format) const { return out_.path() / usual_file(format); }

  TemporaryDirectory directory_, out_;
  store::Store store_ = store::open_store(directory_.path());
};

constexpr std::array kFiles{Format::pandas, Format::csv, Format::csv_gz, Format::npz,
                            Format::parquet};

TEST_F(ExportedHours, AreAllThereInEveryFormat) {
  for (const Format format : kFiles) {
    const auto exported = run(format);
    ASSERT_TRUE(exported) << name(format) << exported.error().what;
    EXPECT_EQ(exported->rows, kReadings) << name(format);
    EXPECT_EQ(exported->bytes, std::filesystem::file_size(place(format))) << name(format);
  }
  ASSERT_EQ(run(Format::nilmtk).value().rows, kReadings);
  EXPECT_TRUE(std::filesystem::exists(place(Format::nilmtk) / "building1/elec/meter1.csv"));
}

TEST_F(ExportedHours, ForNilmtkTakeThePlaceOfThoseOfTheNightBefore) {
  const auto place = this->place(Format::nilmtk);
  const auto meter = place / "building1/elec/meter1.csv";
  ASSERT_TRUE(run(Format::nilmtk));
  const std::string first = content(meter);
  fill(place / "building1/elec/meter9.csv", "of a line that is no longer in use");

  ASSERT_FALSE(run(Format::nilmtk, [](const Progress&) { return false; }));
  EXPECT_EQ(content(meter), first) << "stopped, it leaves the old ones whole";
  EXPECT_TRUE(std::filesystem::exists(place / "building1/elec/meter9.csv"));

  const auto again = run(Format::nilmtk);
  ASSERT_TRUE(again) << again.error().what;
  EXPECT_EQ(content(meter), first);
  EXPECT_FALSE(std::filesystem::exists(place / "building1/elec/meter9.csv"));
  EXPECT_EQ(names_in(out_.path()), std::vector<std::string>{place.filename()});
}

TEST_F(ExportedHours, ForNilmtkSayWhichFolderCannotBeMade) {
  const auto file = out_.path() / "taken";
  fill(file, "");
  Request request;
  request.format = Format::nilmtk;
  const auto written = write_nilmtk(store::open_reader(directory_.path()), request, file,
                                    [](const Progress&) { return true; });
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Code::transient);
  EXPECT_EQ(written.error().what,
            fmt::format("make the folder {}: Not a directory", (file / "building1/elec").string()));
}

TEST_F(ExportedHours, AreTheSameBytesEachTime) {
  for (const Format format : kFiles) {
    ASSERT_TRUE(run(format));
    const std::string first = content(place(format));
    ASSERT_TRUE(run(format));
    EXPECT_EQ(content(place(format)), first) << name(format);
  }
}

// What commit 05a3415, the first that exported, wrote of the same readings. The other formats are
// pressed, and their bytes follow the library that does it.
TEST_F(ExportedHours, AreTheBytesThatWereExportedFirst) {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  ASSERT_TRUE(run(Format::csv));
  const std::string csv = content(place(Format::csv));
  EXPECT_EQ(csv.size(), 568339U);
  EXPECT_EQ(store::crc32(std::as_bytes(std::span(csv))), 0x69C0F679U);
}

TEST_F(ExportedHours, ThatWereStoppedLeaveTheOldFile) {
  for (const Format format : kFiles) {
    fill(place(format), "old");
    const auto stopped = run(format, [](const Progress& progress) { return progress.rows < 3600; });
    ASSERT_FALSE(stopped) << name(format);
    EXPECT_EQ(stopped.error().what, "stopped; nothing was changed");
    EXPECT_EQ(content(place(format)), "old") << name(format);
  }
  EXPECT_EQ(names_in(out_.path()).size(), kFiles.size());
}

TEST_F(ExportedHours, TellHowFarTheyAre) {
  for (const Format format : kFiles) {
    double before = 0;
    ASSERT_TRUE(run(format, [&](const Progress& progress) {
      EXPECT_GE(progress.done, before) << name(format);
      before = progress.done;
      return true;
    }));
    EXPECT_GT(before, 0.5) << name(format);
    EXPECT_LE(before, 1) << name(format);
  }
}

TEST_F(ExportedHours, BeginCsvWithTheNamesOfItsColumns) {
  ASSERT_TRUE(run(Format::csv));
  const std::string text = content(place(Format::csv));
  EXPECT_TRUE(text.starts_with("time,Pa,Pr,u_a,flags\n2026-11-22T08:00:00.000Z,"))
      << text.substr(0, 80);
}

}  // namespace
}  // namespace fithome::exports
