// SPDX-License-Identifier: MIT
#include "app/service.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>

#include "app/test_noon.h"

namespace fithome::app {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kPeriod = 15s;

// As systemd listens: a datagram socket, by its path or with an abstract name.
class Manager {
 public:
  explicit Manager(std::string name) : name_(std::move(name)) {
    socket_ = UniqueFd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::ranges::copy(name_, address.sun_path);
    std::size_t length = offsetof(sockaddr_un, sun_path) + name_.size();
    if (name_.front() == '@') {
      address.sun_path[0] = '\0';
    } else {
      ++length;
    }
    bound_ = ::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address),
                    static_cast<socklen_t>(length)) == 0;
  }
  ~Manager() {
    if (name_.front() == '/') ::unlink(name_.c_str());
  }

  const std::string& name() const { return name_; }
  bool bound() const { return bound_; }
  // Empty where nothing came.
  std::string heard() const {
    char bytes[4096];
    const ssize_t got = ::recv(socket_.get(), bytes, sizeof bytes, 0);
    return got > 0 ? std::string(bytes, static_cast<std::size_t>(got)) : "";
  }

 private:
  std::string name_;
  UniqueFd socket_;
  bool bound_ = false;
};

std::string in_temp(const std::string& name) {
  return (std::filesystem::temp_directory_path() / (name + std::to_string(::getpid()))).string();
}

TEST(Notifier, SpeaksToASocketWithAPathAndToOneWithAnAbstractName) {
  for (const std::string& name :
       {in_temp("fithome-notify-"), "@fithome-notify-" + std::to_string(::getpid())}) {
    const Manager manager(name);
    ASSERT_TRUE(manager.bound()) << name;

    const auto notifier = Notifier::open(name);
    ASSERT_TRUE(notifier) << notifier.error().what;
    EXPECT_TRUE(notifier->connected());
    EXPECT_TRUE(notifier->send("READY=1\n"));

    EXPECT_EQ(manager.heard(), "READY=1\n") << name;
  }
}

TEST(Notifier, IsMuteWhereNobodyListensAndSaysWhyWhereItCannotBe) {
  const auto mute = Notifier::open("");
  ASSERT_TRUE(mute);
  EXPECT_FALSE(mute->connected());
  EXPECT_TRUE(mute->send("READY=1\n"));

  for (const std::string& bad : {std::string("vsock:2:1"), std::string("/"), std::string("@"),
                                 "/" + std::string(200, 'x')}) {
    EXPECT_FALSE(Notifier::open(bad)) << bad;
  }

  const auto gone = Notifier::open(in_temp("fithome-nobody-"));
  ASSERT_TRUE(gone);
  EXPECT_FALSE(gone->send("READY=1\n"));
}

TEST(Notifier, IsWantedTwiceInTheWatchdogsTime) {
  EXPECT_EQ(watchdog_period({.socket = "", .watchdog_usec = "30000000", .watchdog_pid = ""}, 7),
            15s);
  EXPECT_EQ(watchdog_period({.socket = "", .watchdog_usec = "30000000", .watchdog_pid = "7"}, 7),
            15s);
  EXPECT_FALSE(
      watchdog_period({.socket = "", .watchdog_usec = "30000000", .watchdog_pid = "8"}, 7));
  for (const char* none : {"", "0", "soon", "-5", "12s", "99999999999999999999999"}) {
    EXPECT_FALSE(watchdog_period({.socket = "", .watchdog_usec = none, .watchdog_pid = ""}, 7))
        << none;
  }
}

// A daemon's day, as the hub tells it, one look a second.
class Watched : public testing::Test {
 protected:
  std::string second() {
    now_ += 1s;
    return watch_.look(status_, now_);
  }
  void reading() {
    status_.last_reading = status_.last_reading.value_or(to_stamp(kNoon)) + 1s;
    ++status_.readings;
  }
  // Signs of life within so many seconds, each of which does `each`.
  template <class Each>
  int signs(int seconds, Each each) {
    int count = 0;
    for (int n = 0; n < seconds; ++n) {
      each();
      if (second().find("WATCHDOG=1\n") != std::string::npos) ++count;
    }
    return count;
  }

  Monotonic now_{100s};
  api::Status status_;
  ServiceWatch watch_{kPeriod};
};

TEST_F(Watched, IsReadyWithTheFirstStoredReadingAndSaysSoOnce) {
  EXPECT_EQ(second(), "");
  status_.last_reading = to_stamp(kNoon);  // measured, and not yet stored
  EXPECT_EQ(second(), "");
  status_.missed = 1;  // a chip that is being configured
  EXPECT_EQ(second(), "");

  reading();

  const std::string said = second();
  EXPECT_TRUE(said.starts_with("READY=1\n")) << said;
  EXPECT_NE(said.find("STATUS=measuring; 1 reading stored"), std::string::npos) << said;
  reading();
  EXPECT_EQ(second().find("READY"), std::string::npos);
}

TEST_F(Watched, IsReadyWithoutAChipAndSaysWhatToDo) {
  status_.missed = 1;
  status_.faults = {{.name = "chip_absent",
                     .what = "nothing answers",
                     .remedy = "check the wires\nand the adapter"},
                    {.name = "clock_unset", .what = "", .remedy = ""}};

  const std::string said = second();

  EXPECT_TRUE(said.starts_with("READY=1\n")) << said;
  EXPECT_NE(said.find("STATUS=chip_absent: nothing answers; check the wires and the adapter (and "
                      "1 more); 0 readings stored\n"),
            std::string::npos)
      << said;
}

TEST_F(Watched, IsReadyWithADiskThatRefuses) {
  status_.store_errors = 1;
  EXPECT_TRUE(second().starts_with("READY=1\n"));
}

TEST_F(Watched, GivesSignsOfLifeInHalfTheWatchdogsTime) {
  EXPECT_EQ(signs(61, [&] { reading(); }), 5);  // at once, and after 15, 30, 45 and 60 s
}

TEST_F(Watched, GivesNoneWhenTheSamplerHangs) {
  signs(1, [&] { reading(); });
  EXPECT_EQ(signs(300, [] {}), 0);
  EXPECT_EQ(signs(1, [&] { reading(); }), 1);  // it was only slow
}

TEST_F(Watched, GivesNoneWhenTheWriterHangs) {
  signs(1, [&] { reading(); });
  EXPECT_EQ(signs(300, [&] { *status_.last_reading += 1s; }), 0);
}

TEST_F(Watched, LivesOnWhileTheChipIsSilent) {
  signs(1, [&] { reading(); });
  EXPECT_EQ(signs(60, [&] { ++status_.missed; }), 4);
}

TEST_F(Watched, LivesOnWhileTheDiskIsFull) {
  int seconds = 0;
  signs(1, [&] { reading(); });
  EXPECT_GE(signs(120,
                  [&] {
                    *status_.last_reading += 1s;
                    if (++seconds % 30 == 0) ++status_.store_errors;  // the longest back-off
                  }),
            3);
}

TEST_F(Watched, TellsAChangeAtOnceAndCountsEachTenSeconds) {
  reading();
  second();
  int lines = 0;
  for (int n = 0; n < 30; ++n) {
    reading();
    if (second().find("STATUS=") != std::string::npos) ++lines;
  }
  EXPECT_EQ(lines, 3);

  status_.faults = {{.name = "store_failing", .what = "disk full", .remedy = "make room"}};
  EXPECT_NE(second().find("STATUS=store_failing: disk full; make room"), std::string::npos);
  status_.faults.clear();
  EXPECT_NE(second().find("STATUS=measuring"), std::string::npos);
}

TEST_F(Watched, GivesNoSignsWhereNoWatchdogWaits) {
  watch_ = ServiceWatch({});
  EXPECT_EQ(signs(60, [&] { reading(); }), 0);
}

}  // namespace
}  // namespace fithome::app
