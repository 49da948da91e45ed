// SPDX-License-Identifier: MIT
//
// What is refused when a store is opened, with which words, and that no harm is done.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "store/schema.h"
#include "store/sqlite.h"
#include "store/test_support.h"

namespace fithome::store {
namespace {

std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class OpenStore : public testing::Test {
 protected:
  void make_store() {
    Store store = open_store(directory_.path());
    ASSERT_TRUE(store.append({.readings = readings_of(1, 2000)}));
  }
  void write(std::string_view bytes) {
    std::ofstream(file_, std::ios::binary | std::ios::trunc) << bytes;
  }
  /// Both sides refuse it, name the file, and leave it as it is.
  void expect_refused(Code code, std::string_view says) {
    const std::string before = bytes_of(file_);
    const auto store = Store::open(directory_.path());
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code, code) << store.error().what;
    EXPECT_NE(store.error().what.find(file_.string()), std::string::npos) << store.error().what;
    EXPECT_NE(store.error().what.find(says), std::string::npos) << store.error().what;
    EXPECT_EQ(store.error().what.find('\n'), std::string::npos) << store.error().what;
    const auto reader = Reader::open(directory_.path());
    ASSERT_FALSE(reader);
    EXPECT_EQ(reader.error().code, code) << reader.error().what;
    EXPECT_EQ(bytes_of(file_), before);
  }

  TemporaryDirectory directory_;
  std::filesystem::path file_ = directory_.path() / "readings.db";
};

TEST_F(OpenStore, RefusesASecondDaemonAndNamesTheFirst) {
  const Store first = open_store(directory_.path());
  const auto second = Store::open(directory_.path());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::invalid);
  EXPECT_NE(second.error().what.find("pid " + std::to_string(::getpid())), std::string::npos)
      << second.error().what;
}

TEST_F(OpenStore, RefusesAStoreOfANewerFithomeAndLeavesItUntouched) {
  make_store();
  {
    const Database db = Database::open(file_, Access::write).value();
    ASSERT_TRUE(db.execute("PRAGMA user_version = 6; CREATE TABLE later(id INTEGER)"));
  }
  expect_refused(Code::unsupported, "newer fithome (format 6");
}

TEST_F(OpenStore, LeavesTheJournalOfANewerStoreAlone) {
  make_store();
  {
    const Database db = Database::open(file_, Access::write).value();
    ASSERT_TRUE(db.execute("PRAGMA user_version = 6"));
    db.checkpoint_on_close(false);
  }
  const std::string journal = bytes_of(file_.string() + "-wal");
  ASSERT_FALSE(journal.empty());
  expect_refused(Code::unsupported, "newer");
  EXPECT_EQ(bytes_of(file_.string() + "-wal"), journal);
}

TEST_F(OpenStore, RefusesGarbage) {
  write(std::string(10'000, 'x'));
  expect_refused(Code::corrupt, "move it away");
}

TEST_F(OpenStore, RefusesWhatAPowerCutLeftFullOfZeros) {
  write(std::string(8192, '\0'));
  expect_refused(Code::corrupt, "move it away");
}

TEST_F(OpenStore, RefusesAFileTornAnywhere) {
  make_store();
  const std::string whole = bytes_of(file_);
  for (const std::size_t size :
       {std::size_t{10}, std::size_t{100}, std::size_t{1000}, std::size_t{4096}, std::size_t{5000},
        whole.size() / 2, whole.size() - 4096}) {
    SCOPED_TRACE(size);
    write(std::string_view(whole).substr(0, size));
    expect_refused(Code::corrupt, "damaged");
  }
}

TEST_F(OpenStore, RefusesTheDatabaseOfAnotherProgram) {
  {
    const Database db = Database::open(file_, Access::write).value();
    ASSERT_TRUE(db.execute("CREATE TABLE photos(id INTEGER)"));
  }
  expect_refused(Code::corrupt, "none of fithome's");
}

TEST_F(OpenStore, RefusesAStoreWhoseTablesAreMissing) {
  make_store();
  {
    const Database db = Database::open(file_, Access::write).value();
    ASSERT_TRUE(db.execute("DROP TABLE ledger_mark"));
  }
  const auto store = Store::open(directory_.path());
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, Code::corrupt);
  EXPECT_NE(store.error().what.find("ledger_mark"), std::string::npos) << store.error().what;
}

TEST_F(OpenStore, MakesAStoreOfTheEmptyFileThatACrashLeft) {
  write("");
  EXPECT_EQ(Reader::open(directory_.path()).error().code, Code::not_found);
  make_store();
  EXPECT_EQ(read_all(open_reader(directory_.path())).size(), 2000U);
}

TEST_F(OpenStore, FindsNoneWhereNoneIs) {
  const auto reader = Reader::open(directory_.path() / "nowhere");
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code, Code::not_found);
  EXPECT_NE(reader.error().what.find("--data"), std::string::npos) << reader.error().what;
  EXPECT_FALSE(std::filesystem::exists(directory_.path() / "nowhere"));
}

TEST_F(OpenStore, IsReadWhereNoDaemonRuns) {
  make_store();
  EXPECT_FALSE(std::filesystem::exists(file_.string() + "-wal")) << "closed in order";
  const Reader reader = open_reader(directory_.path());
  EXPECT_EQ(read_all(reader).size(), 2000U);
  EXPECT_TRUE(Store::open(directory_.path())) << "a reader is in nobody's way";
}

TEST_F(OpenStore, ComesByARelativeName) {
  const auto home = std::filesystem::current_path();
  std::filesystem::current_path(directory_.path());
  {
    EXPECT_TRUE(Store::open("data"));
  }
  EXPECT_TRUE(Reader::open("data"));
  std::filesystem::current_path(home);
}

}  // namespace
}  // namespace fithome::store
