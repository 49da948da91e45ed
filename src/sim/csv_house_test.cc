// SPDX-License-Identifier: MIT
#include "sim/csv_house.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "base/units.h"

namespace fithome::sim {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;

constexpr UtcInstant kNoon = sys_days(std::chrono::November / 22 / 2022) + 12h;

Result<std::unique_ptr<House>> read(const std::string& text, CsvHouseOptions options) {
  options.file = "house.csv";
  std::istringstream table(text);
  return read_csv_house(table, options);
}
Result<std::unique_ptr<House>> read(const std::string& text, const std::string& columns) {
  return read(text, CsvHouseOptions{.columns = columns});
}
std::string refusal(const std::string& text, const std::string& columns) {
  const auto house = read(text, columns);
  EXPECT_FALSE(house.has_value());
  if (house) return "";
  EXPECT_EQ(house.error().code, Code::invalid);
  EXPECT_EQ(house.error().what.find('\n'), std::string::npos);
  return house.error().what;
}
LineState line_at(const House& house, UtcInstant at, std::size_t line = 0) {
  return house.mean(at, at + 1ms).lines[line];
}

TEST(CsvHouse, HoldsARowUntilTheNext) {
  const auto house =
      read("when,watts\n2022-11-22 12:00:00,100\n2022-11-22 12:00:10,200\n2022-11-22 12:00:20,50\n",
           "time=when,p_a=watts");

  ASSERT_TRUE(house) << house.error().what;
  EXPECT_EQ(line_at(**house, kNoon).p, Watts{100});
  EXPECT_EQ(line_at(**house, kNoon + 9999ms).p, Watts{100});
  EXPECT_EQ(line_at(**house, kNoon + 10s).p, Watts{200});
  EXPECT_EQ(line_at(**house, kNoon + 25s).p, Watts{50});
  EXPECT_EQ(line_at(**house, kNoon - 1h).p, Watts{100}) << "before, the first";
  EXPECT_EQ(line_at(**house, kNoon + 1h).p, Watts{50}) << "after, the last";
  EXPECT_EQ((*house)->begin(), kNoon);
  EXPECT_EQ((*house)->end(), kNoon + 30s);
  EXPECT_EQ((*house)->describe(), "replay of house.csv, 3 rows");
}

TEST(CsvHouse, MeansOverRowsAreExact) {
  const auto house = read("t,p,u\n1669118400,100,230\n1669118410,200,240\n1669118411,-400,250\n",
                          "time=t,p_a=p,u_a=u");

  ASSERT_TRUE(house) << house.error().what;
  const auto mean = (*house)->mean(kNoon + 5s, kNoon + 15s).lines[0];
  EXPECT_NEAR(mean.p.value, (5 * 100 + 1 * 200 - 4 * 400) / 10.0, 1e-9);
  EXPECT_NEAR(mean.u.value, (5 * 230 + 1 * 240 + 4 * 250) / 10.0, 1e-9);
}

TEST(CsvHouse, FindsOutHowTheTableIsWritten) {
  for (const char* text : {
           "Time,Active (W)\n2022-11-22 12:00:00,-1.5\n",
           "Time;Active (W)\r\n22/11/2022 12:00:00;-1,5\r\n",
           "\xEF\xBB\xBFTime\tActive (W)\n22.11.2022 12:00\t-1.5",
           "\"Time\",\"Active (W)\"\n\"2022-11-22T12:00:00Z\",\"-1.5\"\n",
           "\n Time , Active (W) \n2022-11-22T13:00:00.000+01:00, -1.5\n\n",
           "x,Time,Active (W),y\n\"a \"\"b\"\", c\",1669118400,-1.5e0,?\n",
           "Time,Active (W)\n1669118400000,-1.50\n",
           "Time;Active (W)\n2022/11/22 12:00:00.000;-1.5\n",
       }) {
    const auto house = read(text, "time=Time,p_a=Active (W)");
    ASSERT_TRUE(house) << text << house.error().what;
    EXPECT_EQ((*house)->begin(), kNoon) << text;
    EXPECT_EQ(line_at(**house, kNoon).p, Watts{-1.5}) << text;
  }
}

TEST(CsvHouse, TakesATimeFormatAndASeparatorAsTold) {
  const auto house =
      read("t|p\n11/22/2022 07-00 -0500|5\n",
           CsvHouseOptions{
               .columns = "time=t,p_a=p", .separator = '|', .time_format = "%m/%d/%Y %H-%M %z"});

  ASSERT_TRUE(house) << house.error().what;
  EXPECT_EQ((*house)->begin(), kNoon);
}

TEST(CsvHouse, HoldsAValueThatIsMissing) {
  const auto house = read(
      "t,p,u\n1669118399,5,?\n1669118400,10,230\n1669118401,,231\n1669118402,?,\n1669118403,40,"
      "NaN\n",
      "time=t,p_a=p,u_a=u");

  ASSERT_TRUE(house) << house.error().what;
  EXPECT_EQ((*house)->begin(), kNoon) << "begins when all is known";
  EXPECT_EQ(line_at(**house, kNoon + 1s).p, Watts{10});
  EXPECT_EQ(line_at(**house, kNoon + 1s).u, Volts{231});
  EXPECT_EQ(line_at(**house, kNoon + 2s).p, Watts{10});
  EXPECT_EQ(line_at(**house, kNoon + 3s).p, Watts{40});
  EXPECT_EQ(line_at(**house, kNoon + 3s).u, Volts{231});
}

TEST(CsvHouse, ScalesColumnsAndFollowsReactivePowerFromWhatIsNamed) {
  const auto house =
      read("t,kW,mW,VA,I\n1669118400,3,3000000,5000,25\n",
           CsvHouseOptions{
               .columns = "time=t,p_a=kW*1000,s_a=VA,p_b=mW/1000,q_b=kW*-10,p_c=kW*1000,i_c=I",
               .nominal = Volts{200},
               .f = Hertz{60}});

  ASSERT_TRUE(house) << house.error().what;
  const auto state = (*house)->mean(kNoon, kNoon + 1s);
  EXPECT_EQ(state.lines[0].p, Watts{3000});
  EXPECT_EQ(state.lines[0].q, Vars{4000});
  EXPECT_EQ(state.lines[1].p, Watts{3000});
  EXPECT_EQ(state.lines[1].q, Vars{-30});
  EXPECT_EQ(state.lines[2].q, Vars{4000});
  EXPECT_EQ(state.lines[2].u, Volts{200});
  EXPECT_EQ(state.f, Hertz{60});
}

TEST(CsvHouse, LeavesALineWithoutColumnsUnwired) {
  const auto house = read("t,p\n1669118400,3\n", "time=t,p_c=p");

  ASSERT_TRUE(house) << house.error().what;
  EXPECT_EQ(line_at(**house, kNoon, 0).u, Volts{});
  EXPECT_EQ(line_at(**house, kNoon, 2).u, Volts{230});
}

TEST(CsvHouse, NamesOfColumnsMayHoldSignsAndCommas) {
  const auto house =
      read("Date+Time,\"P, total*2\"\n1669118400,7\n", "time=Date+Time,p_a=P, total*2");

  ASSERT_TRUE(house) << house.error().what;
  EXPECT_EQ(line_at(**house, kNoon).p, Watts{7});
}

TEST(CsvHouse, SaysWhichColumnsThereAre) {
  const std::string table = "Timestamp,Active (W)\n1669118400,7\n";

  EXPECT_EQ(refusal(table, "time=Timestamp,p_a=Active"),
            "house.csv: no column \"Active\"; the file has \"Timestamp\", \"Active (W)\"");
  EXPECT_TRUE(refusal(table, "time=When,p_a=Active (W)").contains("no column \"When\""));
  EXPECT_TRUE(refusal(table, "time=Timestamp").contains("name it: p_a=COLUMN"));
  EXPECT_TRUE(refusal(table, "p_a=Active (W)").contains("name it: time=COLUMN"));
  EXPECT_TRUE(refusal(table, "").contains("name it: time=COLUMN"));
  EXPECT_TRUE(refusal(table, "time=Timestamp,u_b=Active (W)").contains("name it: p_b=COLUMN"));
  EXPECT_TRUE(refusal(table, "time=Timestamp,power=Active (W)").contains("has no \"power\""));
  EXPECT_TRUE(refusal(table, "time=Timestamp,p_a=Active (W),p_a=Timestamp").contains("twice"));
  EXPECT_TRUE(refusal(table, "time=Timestamp,p_a=Active (W)*x").contains("no factor"));
}

TEST(CsvHouse, SaysWhichLineIsWrong) {
  const std::string columns = "time=t,p_a=p";

  EXPECT_EQ(refusal("t,p\n1669118400,7\n1669118401,seven\n", columns),
            "house.csv:3: \"seven\" is no number");
  EXPECT_TRUE(refusal("t,p\n1669118400,7\n\n1669118399,7\n", columns)
                  .starts_with("house.csv:4: 2022-11-22T11:59:59.000Z goes back in time"));
  EXPECT_TRUE(refusal("t,p\n1669118400,7\n1669118401\n", columns)
                  .starts_with("house.csv:3: the row ends after 1 of 2 columns"));
  EXPECT_TRUE(refusal("t,p\n1669118400,\"7\n", columns).contains(":2: a quote is not closed"));
  EXPECT_TRUE(refusal("t,p\n1669118400,1e300\n", columns).contains(":2: \"1e300\" is no number"));
  for (const char* time :
       {"yesterday", "2022-13-01", "2022-11-22 25:00", "20221122", "-1", "nan", "1969-12-31",
        "99999-01-01", "31/02/2022 10:00:00", "2022-11-22 12:00:00x"}) {
    EXPECT_TRUE(refusal(std::string("t,p\n") + time + ",7\n", columns).contains("is no time"))
        << time;
  }
  EXPECT_TRUE(refusal("", columns).contains("empty"));
  EXPECT_TRUE(refusal("t,p\n", columns).contains("no row"));
  EXPECT_TRUE(refusal("t,p\n1669118400,?\n", columns).contains("no row"));
}

TEST(CsvHouse, SaysWhenThereIsNoSuchFile) {
  const auto missing = csv_house({.file = "/nowhere/house.csv", .columns = "time=t,p_a=p"});
  const auto folder = csv_house(
      {.file = std::filesystem::temp_directory_path().string(), .columns = "time=t,p_a=p"});

  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().code, Code::not_found);
  ASSERT_FALSE(folder.has_value());
  EXPECT_EQ(folder.error().code, Code::invalid);
}

TEST(CsvHouse, PlaysAheadByALead) {
  auto house = read("t,p\n1669118400,7\n1669118401,9\n", "time=t,p_a=p");
  ASSERT_TRUE(house) << house.error().what;

  const auto early = ahead(*std::move(house), 640ms);

  EXPECT_EQ(early->begin(), kNoon - 640ms);
  EXPECT_EQ(early->end(), kNoon + 2s - 640ms);
  EXPECT_EQ(line_at(*early, kNoon + 359ms).p, Watts{7});
  EXPECT_EQ(line_at(*early, kNoon + 360ms).p, Watts{9});
}

/// The measurements that lie beside a developer's checkout; not part of the project.
class RealMeasurements : public ::testing::Test {
 protected:
  std::string find(const std::string& name) {
    const char* told = std::getenv("FITHOME_SHARED");
    const auto beside = std::filesystem::path(FITHOME_CHECKOUT).parent_path() / "shared";
    const auto file = (told ? std::filesystem::path(told) : beside) / "data" / name;
    return std::filesystem::exists(file) ? file.string() : "";
  }
  static void skip_or_fail() {
    if (std::getenv("CI")) FAIL() << "the measurements in ../shared are missing";
    GTEST_SKIP() << "SKIPPED: no measurements in ../shared; FITHOME_SHARED may name another folder";
  }
  static double watt_hours(const House& house) {
    const auto time = *house.end() - *house.begin();
    return energy(house.mean(*house.begin(), *house.end()).lines[0].p, time).value;
  }
};

TEST_F(RealMeasurements, OfAppliancesArePlayedAsTheyStand) {
  const auto file = find("appliances-1hz/main.csv");
  if (file.empty()) return skip_or_fail();

  const auto house =
      csv_house({.file = file, .columns = "time=Timestamp,p_a=Active (W),q_a=Reactive (W)"});

  ASSERT_TRUE(house) << house.error().what;
  EXPECT_EQ((*house)->describe(), "replay of main.csv, 621 rows");
  EXPECT_EQ((*house)->begin(), sys_days(std::chrono::November / 22 / 2022) + 11h + 19min + 3s);
  EXPECT_NEAR(line_at(**house, *(*house)->begin()).p.value, 8.35, 1e-5);
  EXPECT_NEAR(line_at(**house, *(*house)->begin()).q.value, 12.43, 1e-5);
  EXPECT_NEAR(line_at(**house, *(*house)->end() - 1ms).p.value, 1.85, 1e-5);
  // The sums of the files' columns, worked out apart.
  EXPECT_NEAR(watt_hours(**house), 715.7812, 0.001);
}

TEST_F(RealMeasurements, OfAHouseholdArePlayedAsTheyStand) {
  const auto file = find("household-1min/household_power_consumption.txt");
  if (file.empty()) return skip_or_fail();

  const auto house = csv_house({.file = file,
                                .columns = "time=Date+Time,p_a=Global_active_power*1000,"
                                           "q_a=Global_reactive_power*1000,u_a=Voltage"});

  ASSERT_TRUE(house) << house.error().what;
  EXPECT_EQ((*house)->describe(), "replay of household_power_consumption.txt, 4999 rows");
  EXPECT_EQ((*house)->begin(), sys_days(std::chrono::December / 16 / 2006) + 17h + 24min);
  EXPECT_EQ((*house)->end(), sys_days(std::chrono::December / 20 / 2006) + 4h + 43min);
  EXPECT_NEAR(line_at(**house, *(*house)->begin()).p.value, 4216, 1e-3);
  EXPECT_NEAR(line_at(**house, *(*house)->begin()).u.value, 234.84, 1e-5);
  EXPECT_NEAR(line_at(**house, *(*house)->end() - 1ms).q.value, 144, 1e-4);
  EXPECT_NEAR(watt_hours(**house), 143173.83, 0.1);
}

}  // namespace
}  // namespace fithome::sim
