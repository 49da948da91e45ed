// SPDX-License-Identifier: MIT
#include "store/sqlite.h"

#include <gtest/gtest.h>

#include "store/test_support.h"

namespace fithome::store {
namespace {

class Sqlite : public testing::Test {
 protected:
  TemporaryDirectory directory_;
  std::filesystem::path file_ = directory_.path() / "what?is 100%#1.db";
};

TEST_F(Sqlite, KeepsTextNumbersAndNothingApart) {
  const Database db = Database::open(file_, Access::write).value();
  ASSERT_TRUE(db.execute("CREATE TABLE t(n INTEGER, x TEXT, a INTEGER) STRICT"));
  auto insert = db.prepare("INSERT INTO t VALUES(?, ?, ?)").value();
  ASSERT_TRUE(insert.bind(-5).bind("it's \"so\"").bind(std::optional<std::int64_t>()).run());

  auto query = db.prepare("SELECT n, x, a FROM t").value();
  Rows rows = query.rows();
  ASSERT_TRUE(rows.next().value());
  EXPECT_EQ(rows.integer(0), -5);
  EXPECT_EQ(rows.text(1), "it's \"so\"");
  EXPECT_TRUE(rows.null(2));
  EXPECT_FALSE(rows.next().value());
}

TEST_F(Sqlite, RunsAStatementAgainAfterAnError) {
  const Database db = Database::open(file_, Access::write).value();
  ASSERT_TRUE(db.execute("CREATE TABLE t(n INTEGER PRIMARY KEY) STRICT"));
  auto insert = db.prepare("INSERT INTO t VALUES(?)").value();
  ASSERT_TRUE(insert.bind(1).run());
  EXPECT_EQ(insert.bind(1).run().error().code, Code::corrupt) << "our own tables, broken";
  EXPECT_FALSE(insert.bind(2).bind(3).run()) << "one value too many is told, not dropped";
  EXPECT_TRUE(insert.bind(2).run());
  EXPECT_EQ(db.integer("SELECT count(*) FROM t").value(), 2);
}

TEST_F(Sqlite, SaysBusyIsWorthAnotherTry) {
  const Database one = Database::open(file_, Access::write).value();
  const Database other = Database::open(file_, Access::write).value();
  ASSERT_TRUE(one.execute("CREATE TABLE t(n INTEGER); BEGIN IMMEDIATE"));
  ASSERT_TRUE(other.execute("PRAGMA busy_timeout = 0"));
  EXPECT_EQ(other.execute("BEGIN IMMEDIATE").error().code, Code::transient);
}

TEST_F(Sqlite, OpensAFileThatNobodyWritesWhateverItsName) {
  {
    const Database db = Database::open(file_, Access::write).value();
    ASSERT_TRUE(db.execute("CREATE TABLE t(n INTEGER); INSERT INTO t VALUES(42)"));
  }
  const Database db = Database::open(file_, Access::immutable).value();
  EXPECT_EQ(db.integer("SELECT n FROM t").value(), 42);
  EXPECT_EQ(db.execute("INSERT INTO t VALUES(1)").error().code, Code::invalid);
}

}  // namespace
}  // namespace fithome::store
