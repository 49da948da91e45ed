// SPDX-License-Identifier: MIT
//
// A store that an earlier fithome wrote is brought along, and nothing in it is lost.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "store/schema.h"
#include "store/sqlite.h"
#include "store/test_support.h"

namespace fithome::store {
namespace {

class OlderStore : public testing::Test {
 protected:
  OlderStore() {
    std::ifstream in(FITHOME_CHECKOUT "/tests/data/store_format_1.sql");
    const std::string sql{std::istreambuf_iterator<char>(in), {}};
    const Database db = Database::open(file_, Access::write).value();
    EXPECT_FALSE(sql.empty());
    EXPECT_TRUE(db.execute(sql));
  }
  std::int64_t format() const {
    return Database::open(file_, Access::read).value().integer("PRAGMA user_version").value();
  }

  TemporaryDirectory directory_;
  std::filesystem::path file_ = directory_.path() / "readings.db";
};

TEST_F(OlderStore, IsBroughtAlongWithAllItHeld) {
  {
    Store store = open_store(directory_.path());
    EXPECT_EQ(store.site(), "4d04cb1a-1cc8-41b0-9c63-1b33739b6d9b");
    EXPECT_EQ(*store.append({.readings = readings_of(13, 13)}), 13U) << "numbers go on";
  }

  EXPECT_EQ(format(), kFormat);
  const Reader reader = open_reader(directory_.path());
  const auto kept = read_all(reader);
  ASSERT_EQ(kept.size(), 13U);
  EXPECT_EQ(kept[1].reading.steps[0], 100);
  EXPECT_EQ(kept[12], (Kept{13, reading_of(13)}));
  EXPECT_EQ(reader.ledger().value().lines[0].active.imported.nwh, 1'000'000'001);
  EXPECT_EQ(reader.cursors().value().at(0).taken, 3U);
  EXPECT_EQ(reader.ledger().value().net.corrected, reading::Flow{});
  EXPECT_TRUE(reader.calibrations().value().empty());
}

TEST_F(OlderStore, TakesWhatCameWithFormat2) {
  {
    Store store = open_store(directory_.path());
    reading::Ledger ledger = open_reader(directory_.path()).ledger().value();
    set_total(ledger.net, {5'000}, {7});
    const Calibration made{.kind = "voltage", .before = "{}", .after = "{}", .configured = "{}"};
    ASSERT_TRUE(store.append({.ledger = &ledger, .calibrations = {&made, 1}}));
  }
  const Reader reader = open_reader(directory_.path());
  EXPECT_EQ(reader.ledger().value().net.active.imported.nwh, 5'000);
  EXPECT_NE(reader.ledger().value().net.corrected, reading::Flow{});
  EXPECT_EQ(reader.calibrations().value().at(0).first_sequence, 13U);
}

TEST_F(OlderStore, IsNotReadHalfByAProgramThatExpectsMore) {
  const auto reader = Reader::open(directory_.path());
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code, Code::unsupported);
  EXPECT_NE(reader.error().what.find("start the daemon once"), std::string::npos)
      << reader.error().what;
  EXPECT_EQ(format(), 1);
}

}  // namespace
}  // namespace fithome::store
