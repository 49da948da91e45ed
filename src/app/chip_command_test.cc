// SPDX-License-Identifier: MIT
//
// Registers by hand, on a simulated chip.
#include "app/chip_command.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "app/control_server.h"
#include "store/test_support.h"

namespace fithome::app {
namespace {

using What = ChipCommand::What;

class ChipByHand : public testing::Test {
 protected:
  static ChipCommand simulated(What what) {
    ChipCommand command;
    command.what = what;
    command.simulation.emplace().house = "generated:3";
    command.simulation->speed = 0;
    return command;
  }
  Result<void> run(const ChipCommand& command) {
    Config config;
    config.data = folder_.path();
    const Dialogue dialogue{.write = [this](std::string_view text) { out_ += text; },
                            .tell = [this](std::string_view text) { told_ += text; },
                            .ask =
                                [this](std::string_view question) {
                                  asked_ += question;
                                  return answer_;
                                },
                            .style = Style(false)};
    return run_chip(command, config, dialogue);
  }
  std::string refused(const ChipCommand& command) {
    const auto done = run(command);
    return done ? "not refused: " + out_ : done.error().what;
  }
  ChipCommand write_to(std::string target, std::string value) {
    ChipCommand command = simulated(What::write);
    command.target = std::move(target);
    command.value = std::move(value);
    return command;
  }

  store::TemporaryDirectory folder_;
  std::optional<bool> answer_;
  std::string out_;
  std::string told_;
  std::string asked_;
};

TEST_F(ChipByHand, ReadsByNameAndByAddressWithUnits) {
  ChipCommand command = simulated(What::read);
  command.registers = {"urmsa", "0x01"};
  command.json = true;
  ASSERT_TRUE(run(command));
  const auto rows = nlohmann::json::parse(out_);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].at("name"), "UrmsA");
  EXPECT_EQ(rows[1].at("address"), 1);

  out_.clear();
  command.json = false;
  ASSERT_TRUE(run(command));
  EXPECT_NE(out_.find(" V"), std::string::npos) << out_;
}

TEST_F(ChipByHand, DumpsWhatCanBeReadWithoutHarmAndNoEnergy) {
  ASSERT_TRUE(run(simulated(What::dump)));
  EXPECT_NE(out_.find("UgainA"), std::string::npos);
  EXPECT_EQ(out_.find("APenergyT"), std::string::npos);
}

TEST_F(ChipByHand, ReadsEnergyOnlyWhereItsLossWasAccepted) {
  ChipCommand command = simulated(What::read);
  command.registers = {"APenergyT"};
  EXPECT_NE(refused(command).find("--destructive"), std::string::npos);
  EXPECT_EQ(out_, "");

  command.destructive = true;
  ASSERT_TRUE(run(command));
  EXPECT_NE(told_.find("missing from the totals"), std::string::npos);
  EXPECT_NE(out_.find("APenergyT"), std::string::npos);
}

TEST_F(ChipByHand, WritesWhatWasAgreedToAndReadsItBack) {
  answer_ = true;
  ASSERT_TRUE(run(write_to("UgainA", "0x90F2")));
  EXPECT_NE(asked_.find("0x90F2"), std::string::npos);
  EXPECT_NE(out_.find("read back"), std::string::npos) << out_;
}

TEST_F(ChipByHand, WritesNothingThatWasDeclinedOrThatNobodyCouldAgreeTo) {
  answer_ = false;
  ASSERT_TRUE(run(write_to("UgainA", "0x90F2")));
  EXPECT_EQ(out_, "Nothing was written.\n");

  answer_.reset();
  EXPECT_NE(refused(write_to("UgainA", "0x90F2")).find("--yes"), std::string::npos);
}

TEST_F(ChipByHand, RefusesRegistersThatWouldHarmOrCannotBeWritten) {
  for (const char* name : {"0x10", "SoftReset", "CfgRegAccEn", "UrmsA", "APenergyT"}) {
    ChipCommand command = write_to(name, "1");
    command.yes = true;
    EXPECT_NE(refused(command).find("is not written"), std::string::npos) << name;
  }
  for (const char* value : {"", "65536", "-1", "0x1FFFF", "1.5", "seven"}) {
    ChipCommand command = write_to("UgainA", value);
    command.yes = true;
    EXPECT_NE(refused(command).find("is no value"), std::string::npos) << value;
  }
}

TEST_F(ChipByHand, NeitherWritesNorReadsEnergyBesideADaemon) {
  const auto daemon = ControlServer::open(folder_.path(), Operations());
  ASSERT_TRUE(daemon);
  ChipCommand command = write_to("UgainA", "0x90F2");
  command.simulation.reset();
  command.yes = true;
  EXPECT_NE(refused(command).find("stop"), std::string::npos);

  command.what = What::read;
  command.registers = {"APenergyT"};
  command.destructive = true;
  EXPECT_NE(refused(command).find("a running fithome does not allow it"), std::string::npos);
}

// ---- Several meters.

TEST_F(ChipByHand, AsksTheDaemonForTheMeterThatIsNamed) {
  std::vector<std::string> asked;
  Operations operations;
  operations.add("chip.read", [&](const Json& request, Reply& reply, const std::stop_token&) {
    asked.push_back(request.value("meter", "none named"));
    return reply.data({{"registers", {{{"word", 0x90F2}}}}});
  });
  const auto daemon = ControlServer::open(folder_.path(), std::move(operations));
  ASSERT_TRUE(daemon);
  ChipCommand command;
  command.registers = {"UgainA"};
  ASSERT_TRUE(run(command));
  command.meter = "solar";
  ASSERT_TRUE(run(command));
  EXPECT_EQ(asked, (std::vector<std::string>{"none named", "solar"}));
}

TEST_F(ChipByHand, AMeterThatIsNotConfiguredIsAnsweredWithTheNamesThatAre) {
  ChipCommand command = simulated(What::dump);
  command.meter = "attic";
  EXPECT_NE(refused(command).find("\"attic\"; it has mains"), std::string::npos);
  command.meter = "mains";
  EXPECT_TRUE(run(command));
}

}  // namespace
}  // namespace fithome::app
