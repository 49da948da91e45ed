// SPDX-License-Identifier: MIT
//
// What a journal gives back: what is intact and in order, whatever lies behind it.
#include "store/journal.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <random>

#include "store/test_support.h"

namespace fithome::store {
namespace {

using Bytes = std::vector<std::byte>;

Bytes record(int fill, std::size_t size = 90) { return Bytes(size, static_cast<std::byte>(fill)); }

class AJournal : public testing::Test {
 protected:
  Journal open() { return Journal::open(file_).value(); }
  /// The first byte of each record that is found, which tells it apart.
  std::vector<int> found(JournalPlace from) const {
    JournalReader reader = JournalReader::open(file_).value();
    reader.go_on(from);
    std::vector<int> all;
    while (true) {
      const auto payload = reader.next().value();
      if (payload.empty()) return all;
      for (const std::byte byte : payload) EXPECT_EQ(byte, payload.front());
      all.push_back(std::to_integer<int>(payload.front()));
    }
  }
  void write_at(std::size_t at, std::string_view bytes) {
    std::fstream file(file_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(at));
    file << bytes;
  }

  TemporaryDirectory directory_;
  std::filesystem::path file_ = directory_.path() / kJournalName;
  const JournalHeader header_{"a house", 1, 0};
  const JournalPlace first_ = chain_start(header_);
};

TEST_F(AJournal, GivesBackItsRecordsInOrder) {
  Journal journal = open();
  journal.begin(header_);
  for (const int n : {1, 2, 3}) ASSERT_TRUE(journal.append(record(n)));
  EXPECT_EQ(found(first_), (std::vector{1, 2, 3}));
}

TEST_F(AJournal, IsReadOnWhereItEndedTheLastTime) {
  Journal journal = open();
  journal.begin(header_);
  JournalReader reader = JournalReader::open(file_).value();
  reader.go_on(first_);
  EXPECT_TRUE(reader.next().value().empty());
  for (unsigned char n = 1; n < 100; ++n) {
    ASSERT_TRUE(journal.append(record(n, std::size_t{n} * 40)));
    EXPECT_EQ(reader.next().value().size(), std::size_t{n} * 40);
    EXPECT_TRUE(reader.next().value().empty());
  }
}

TEST_F(AJournal, HoldsMoreThanItBeganWith) {
  Journal journal = open();
  journal.begin(header_);
  const auto before = std::filesystem::file_size(file_);
  std::vector<int> given;
  for (int n = 1; n < 30; ++n) {
    ASSERT_TRUE(journal.append(record(n, 50'000)));
    given.push_back(n);
  }
  EXPECT_EQ(found(first_), given);
  EXPECT_GT(std::filesystem::file_size(file_), before);
}

TEST_F(AJournal, ForgetsNothingWhereItDoesNotGrow) {
  Journal journal = open();
  journal.begin(header_);
  const auto before = std::filesystem::file_size(file_);
  for (int n = 0; n < 2000; ++n) ASSERT_TRUE(journal.append(record(7)));
  EXPECT_EQ(std::filesystem::file_size(file_), before) << "a sync has no size to write";
}

TEST_F(AJournal, BegunAnewGivesNothingOfItsLifeBefore) {
  Journal journal = open();
  journal.begin(header_);
  for (const int n : {1, 2, 3}) ASSERT_TRUE(journal.append(record(n)));
  const JournalHeader after{"a house", 2, 3};
  const JournalPlace second = chain_start(after);
  EXPECT_TRUE(found(second).empty());
  journal.begin(after);
  ASSERT_TRUE(journal.append(record(4)));  // as long as the first: the second stands behind it
  EXPECT_EQ(found(second), (std::vector{4}));
  EXPECT_TRUE(found(first_).empty());
  EXPECT_TRUE(found(chain_start({"another house", 2, 3})).empty());
}

TEST_F(AJournal, SaysWhatItsRecordsFollow) {
  using Kind = JournalFront::Kind;
  JournalReader reader = JournalReader::open(file_).value();
  EXPECT_EQ(reader.front().value().kind, Kind::empty);
  Journal journal = open();
  EXPECT_EQ(reader.front().value().kind, Kind::empty) << "before its first record";
  const JournalHeader header{"4d04cb1a-1cc8-41b0-9c63-1b33739b6d9b", 87'000, 1'234'567'890'123};
  journal.begin(header);
  ASSERT_TRUE(journal.append(record(1)));
  EXPECT_EQ(reader.front().value().kind, Kind::whole);
  EXPECT_EQ(reader.front().value().header, header);
  ASSERT_TRUE(journal.append(record(2)));
  EXPECT_EQ(found(chain_start(header)), (std::vector{1, 2}));

  for (std::size_t at = 4; at < 64; ++at) {
    std::fstream file(file_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(at));
    const auto was = static_cast<char>(file.get());
    write_at(at, std::string(1, static_cast<char>(was ^ 1)));
    EXPECT_EQ(reader.front().value().kind, Kind::damaged) << at;
    write_at(at, std::string(1, was));
  }
  std::filesystem::resize_file(file_, 63);
  EXPECT_EQ(reader.front().value().kind, Kind::damaged);
}

TEST_F(AJournal, WritesItsHeaderOnceThereIsRoomForItsFirstRecord) {
  Journal journal = open();
  journal.begin(header_);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = 300'000;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  EXPECT_FALSE(journal.append(record(1, 400'000)));
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  ASSERT_TRUE(journal.append(record(2)));
  EXPECT_EQ(JournalReader::open(file_)->front().value().header, header_);
  EXPECT_EQ(found(first_), (std::vector{2}));
}

// A power cut left the third record, not the second; then life went on behind the first.
TEST_F(AJournal, GivesNothingThatAPowerCutLeftBehindAHole) {
  {
    Journal journal = open();
    journal.begin(header_);
    for (const int n : {1, 2, 3}) ASSERT_TRUE(journal.append(record(n)));
  }
  const std::size_t second = first_.at + 8 + 90;
  write_at(second, std::string(98, '\0'));
  JournalReader reader = JournalReader::open(file_).value();
  reader.go_on(first_);
  ASSERT_FALSE(reader.next().value().empty());
  ASSERT_TRUE(reader.next().value().empty());
  Journal journal = open();
  journal.go_on(reader.place());
  ASSERT_TRUE(journal.append(record(9)));
  EXPECT_EQ(found(first_), (std::vector{1, 9})) << "and not the third of before";
}

TEST_F(AJournal, EndsAtWhateverIsDamaged) {
  {
    Journal journal = open();
    journal.begin(header_);
    for (const int n : {1, 2, 3}) ASSERT_TRUE(journal.append(record(n)));
  }
  const std::size_t second = first_.at + 98;
  std::mt19937 dice(20261126);
  for (int round = 0; round < 200; ++round) {
    const std::size_t at = second + dice() % 98;
    std::fstream file(file_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(at));
    const auto was = static_cast<char>(file.get());
    write_at(at, std::string(1, static_cast<char>(was ^ (1 << dice() % 8))));
    EXPECT_EQ(found(first_), (std::vector{1})) << at;
    write_at(at, std::string(1, was));
  }
  EXPECT_EQ(found(first_), (std::vector{1, 2, 3}));
}

TEST_F(AJournal, EndsWhereItsFileIsCutOff) {
  {
    Journal journal = open();
    journal.begin(header_);
    for (const int n : {1, 2, 3}) ASSERT_TRUE(journal.append(record(n)));
  }
  const std::size_t end = first_.at + 3 * 98;
  for (std::size_t size = end; size-- > first_.at;) {
    std::filesystem::resize_file(file_, size);
    EXPECT_EQ(found(first_).size(), (size - first_.at) / 98) << size;
  }
}

TEST_F(AJournal, ThatIsNotThereIsEmptyAndIsFoundOnceItIs) {
  JournalReader reader = JournalReader::open(file_).value();
  reader.go_on(first_);
  EXPECT_TRUE(reader.next().value().empty());
  Journal journal = open();
  journal.begin(header_);
  ASSERT_TRUE(journal.append(record(1)));
  EXPECT_EQ(reader.next().value().size(), 90U);
}

TEST_F(AJournal, RefusesAnotherProgramsFile) {
  std::ofstream(file_) << "dear diary, today the power went out";
  const auto refused = Journal::open(file_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::corrupt);
  EXPECT_NE(refused.error().what.find("move it away"), std::string::npos) << refused.error().what;
}

}  // namespace
}  // namespace fithome::store
