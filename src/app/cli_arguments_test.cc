// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "app/cli_options.h"

namespace fithome::app {
namespace {

using namespace std::chrono_literals;

const UtcTime kNow = *parse_time("2026-11-22T22:40:00Z", UtcTime{});

template <class T>
T parsed(const std::vector<std::string>& words) {
  auto line = parse_arguments(words, kNow);
  if (!line) {
    ADD_FAILURE() << line.error().what;
    return {};
  }
  const T* command = std::get_if<T>(&line->command);
  EXPECT_NE(command, nullptr);
  return command ? *command : T{};
}

std::string refused(const std::vector<std::string>& words) {
  const auto line = parse_arguments(words, kNow);
  return line ? "accepted" : line.error().what;
}

TEST(Arguments, RunReadsTheRealMeterUnlessToldOtherwise) {
  const auto command = parsed<RunCommand>({"run"});

  EXPECT_FALSE(command.options.simulation);
  EXPECT_TRUE(command.overrides.empty());
}

TEST(Arguments, HomeAssistantIsAskedOrBroughtWhatItMissed) {
  const auto command =
      parsed<HomeAssistantCommand>({"homeassistant", "repair", "--from", "2026-01", "--to",
                                    "2026-02", "--data", "/srv", "--entities"});

  EXPECT_EQ(command.what, HomeAssistantCommand::What::repair);
  EXPECT_EQ(command.from, "2026-01");
  EXPECT_EQ(command.to, "2026-02");
  EXPECT_EQ(command.data, "/srv");
  EXPECT_TRUE(command.entities);
  EXPECT_NE(refused({"homeassistant"}), "accepted");
  EXPECT_NE(refused({"homeassistant", "check", "--from", "whenever"}), "accepted");
}

TEST(Arguments, RunTakesAllThatTheIssueNames) {
  const auto command = parsed<RunCommand>({"run",
                                           "--data",
                                           "/srv",
                                           "--listen",
                                           "127.0.0.1:0",
                                           "--house",
                                           "csv:main.csv",
                                           "--house-columns",
                                           "time=Timestamp,p_a=Active (W)",
                                           "--house-separator",
                                           "tab",
                                           "--house-time-format",
                                           "%d/%m/%Y",
                                           "--start",
                                           "2026-01-01T00:00:00Z",
                                           "--speed",
                                           "max",
                                           "--for",
                                           "24h",
                                           "--grid",
                                           "50",
                                           "--wiring",
                                           "single_phase"});

  ASSERT_TRUE(command.options.simulation);
  const SimulationOptions& simulation = *command.options.simulation;
  EXPECT_EQ(simulation.house, "csv:main.csv");
  EXPECT_EQ(simulation.columns, "time=Timestamp,p_a=Active (W)");
  EXPECT_EQ(simulation.separator, '\t');
  EXPECT_EQ(simulation.time_format, "%d/%m/%Y");
  EXPECT_EQ(to_iso(*simulation.start), "2026-01-01T00:00:00.000Z");
  EXPECT_EQ(simulation.speed, 0);
  EXPECT_EQ(simulation.duration, 24h);
  std::string overrides;
  for (const Override& each : command.overrides) {
    overrides += each.origin + " " + each.key + "=" + each.value + "\n";
  }
  EXPECT_EQ(overrides,
            "--data data=/srv\n--listen listen=127.0.0.1:0\n--grid meter.grid=50\n"
            "--wiring meter.wiring=single_phase\n");
}

TEST(Arguments, ADemoIsAGeneratedHouseAtTheSpeedOfTheClock) {
  const auto command = parsed<RunCommand>({"run", "--demo"});

  ASSERT_TRUE(command.options.simulation);
  EXPECT_EQ(command.options.simulation->house, "generated:1");
  EXPECT_EQ(command.options.simulation->speed, 1);
  EXPECT_FALSE(command.options.simulation->start);
}

TEST(Arguments, ReadTakesTimesThatBeginWithAMinus) {
  const auto command = parsed<ReadCommand>({"read", "--from", "-1h", "--to=-10m", "--channels",
                                            "p,u_a", "--every", "1m", "--format", "csv"});

  EXPECT_EQ(command.from, "-1h");
  EXPECT_EQ(command.to, "-10m");
  EXPECT_EQ(command.channels, "p,u_a");
  EXPECT_EQ(command.every, 1min);
  EXPECT_EQ(command.format, RowFormat::csv);
}

TEST(Arguments, OtherCommandsTakeTheirs) {
  EXPECT_TRUE(parsed<NowCommand>({"now", "--json"}).json);
  EXPECT_EQ(parsed<NowCommand>({"now", "--url", "http://pi:8080"}).where.url, "http://pi:8080");
  EXPECT_EQ(parsed<StatusCommand>({"status", "--data", "/srv"}).where.data, "/srv");
  EXPECT_EQ(parsed<WatchCommand>({"watch", "--lines", "--for", "2s"}).duration, 2s);
  EXPECT_EQ(parsed<EnergyCommand>({"energy", "--since", "yesterday"}).since, "yesterday");
  EXPECT_EQ(parse_arguments({"config", "check", "a.toml"}, kNow)->config, "a.toml");
  parsed<ConfigShowCommand>({"config", "show"});
  parsed<VersionCommand>({"--version"});
  parsed<VersionCommand>({"version"});
}

TEST(Arguments, HelpTellsTheWholeNameAndExamples) {
  const std::string all = parsed<HelpCommand>({}).text;
  const std::string check = parsed<HelpCommand>({"config", "check", "--help"}).text;

  EXPECT_NE(all.find("fithome run --demo"), std::string::npos);
  EXPECT_NE(check.find("fithome config check"), std::string::npos) << check;
}

struct Misuse {
  std::vector<std::string> words;
  std::string_view message;
};

class Refused : public testing::TestWithParam<Misuse> {};

TEST_P(Refused, WithAHint) { EXPECT_EQ(refused(GetParam().words), GetParam().message); }

INSTANTIATE_TEST_SUITE_P(
    All, Refused,
    testing::Values(
        Misuse{{"statis"}, "statis: not known here; did you mean status?\nSee fithome --help"},
        Misuse{{"run", "--hous=csv:x"},
               "--hous=csv:x: not known here; did you mean --house?\nSee fithome run --help"},
        Misuse{{"run", "--house", "kettle"},
               "--house: \"kettle\" is no house; say generated:SEED (a whole number, such as "
               "generated:7) or csv:FILE\nSee fithome run --help"},
        Misuse{{"run", "--speed", "fast", "--demo"},
               "--speed: \"fast\" is no speed; say max, or how many times as fast as a clock: 60\n"
               "See fithome run --help"},
        Misuse{{"run", "--grid", "55"},
               "--grid: takes 50 or 60, not \"55\"; did you mean 50?\nSee fithome run --help"},
        Misuse{{"run", "--for", "1h"},
               "--start, --speed, --for, --scenario and --house-... are for simulated houses: add "
               "--demo, or "
               "--house SPEC"},
        Misuse{{"run", "--demo", "--house-columns", "time=t"},
               "--house-columns and its like are for --house csv:FILE"},
        Misuse{{"read", "--channels", "p,temq"},
               "--channels: no channel \"temq\"; did you mean temp?\nSee fithome read --help"},
        Misuse{{"read", "--every", "100ms"},
               "--every: must be 1s or longer\nSee fithome read --help"},
        Misuse{{"read", "--format", "xml"},
               "--format: \"xml\" is no format; say table, csv or json\nSee fithome read --help"},
        Misuse{{"now", "--data", "x", "--url", "y"},
               "--data excludes --url\nSee fithome now --help"}));

TEST(Arguments, CalibrateTakesReferenceLineAndNote) {
  const auto command =
      parsed<CalibrateCommand>({"calibrate", "current", "--line", "c", "--watts", "1480", "--yes",
                                "--note", "heater", "--meter", "solar"});

  EXPECT_EQ(command.what, CalibrateCommand::What::current);
  EXPECT_EQ(command.line, "c");
  EXPECT_EQ(command.watts, 1480);
  EXPECT_EQ(command.note, "heater");
  EXPECT_EQ(command.meter, "solar");
  EXPECT_TRUE(command.yes);
}

TEST(Arguments, AScriptMaySayYesToEveryChange) {
  EXPECT_EQ(parsed<CalibrateCommand>({"calibrate", "undo", "--yes"}).what,
            CalibrateCommand::What::undo);
  EXPECT_EQ(parsed<CalibrateCommand>({"calibrate", "preset", "sct-013-000", "--yes"}).what,
            CalibrateCommand::What::preset);
}

TEST(Arguments, DoctorAndChipTakeTheNameOfAMeter) {
  EXPECT_EQ(parsed<DoctorCommand>({"doctor", "--meter", "solar"}).meter, "solar");
  EXPECT_EQ(parsed<DoctorCommand>({"doctor"}).meter, "");
  for (const char* what : {"read", "watch"}) {
    EXPECT_EQ(parsed<ChipCommand>({"chip", what, "UgainA", "--meter", "solar"}).meter, "solar");
  }
  EXPECT_EQ(parsed<ChipCommand>({"chip", "dump", "--meter", "solar"}).meter, "solar");
  EXPECT_EQ(parsed<ChipCommand>({"chip", "write", "UgainA", "1", "--meter", "solar"}).meter,
            "solar");
}

TEST(Arguments, CalibrateSaysWhatIsMissing) {
  EXPECT_NE(refused({"calibrate", "current", "--watts", "1480"}).find("--line"), std::string::npos);
  EXPECT_NE(refused({"calibrate", "voltage", "--yes"}).find("--reference"), std::string::npos);
  EXPECT_NE(refused({"calibrate", "current", "--line", "a", "--step", "--yes", "--watts", "9"})
                .find("--step"),
            std::string::npos);
  EXPECT_NE(refused({"calibrate", "voltage", "--reference", "120", "--windows", "3"}), "accepted");
}

TEST(Arguments, LedgerSetTakesTheUtilitysNumbers) {
  const auto command = parsed<LedgerCommand>({"ledger", "set", "--import", "4711.5", "--yes"});

  EXPECT_EQ(command.import_kwh, 4711.5);
  EXPECT_FALSE(command.export_kwh);
  EXPECT_NE(refused({"ledger", "set"}), "accepted");
  EXPECT_NE(refused({"ledger", "set", "--import", "-5"}), "accepted");
}

TEST(Arguments, ImportKnowsWhatEachFormatNeeds) {
  using From = ImportCommand::From;
  const auto csv = parsed<ImportCommand>({"import", "csv", "t.csv.gz", "--columns", "time=t,p=w",
                                          "--separator", "tab", "--timezone", "Europe/Berlin"});
  EXPECT_EQ(csv.from, From::csv);
  EXPECT_EQ(csv.csv.file, "t.csv.gz");
  EXPECT_EQ(csv.csv.columns, "time=t,p=w");
  EXPECT_EQ(csv.csv.separator, '\t');
  EXPECT_EQ(csv.timezone, "Europe/Berlin");

  const auto phpfina = parsed<ImportCommand>({"import", "phpfina", "feeds", "--feeds", "p=1"});
  EXPECT_EQ(phpfina.from, From::phpfina);
  EXPECT_EQ(phpfina.phpfina.feeds, "p=1");

  const auto server =
      parsed<ImportCommand>({"import", "influx", "--url", "http://pi:8086", "--database", "d",
                             "--measurement", "m", "--fields", "p=power"});
  EXPECT_EQ(server.from, From::influx);
  EXPECT_EQ(server.influx.url, "http://pi:8086");
  EXPECT_EQ(server.database, "d");
  const auto mongodb = parsed<ImportCommand>({"import", "fithome-mongodb", "mongodb://pi"});
  EXPECT_EQ(mongodb.from, From::mongodb);
  EXPECT_EQ(mongodb.collection, "aggregate");

  EXPECT_NE(refused({"import", "phpfina", "feeds"}).find("--feeds"), std::string::npos);
  EXPECT_NE(refused({"import", "csv", "t.csv", "--timezone", "Moon"}).find("no time zone"),
            std::string::npos);
  EXPECT_NE(refused({"import", "influx", "--measurement", "m", "--fields", "p=x"})
                .find("say FILE, or --url"),
            std::string::npos);
  EXPECT_NE(refused({"import", "influx", "--url", "http://pi:8086", "--measurement", "m",
                     "--fields", "p=x"})
                .find("--database"),
            std::string::npos);
  EXPECT_NE(refused({"import", "influx", "f.lp", "--user", "anna", "--measurement", "m", "--fields",
                     "p=x"}),
            "accepted");
}

}  // namespace
}  // namespace fithome::app
