// SPDX-License-Identifier: MIT
//
// Kills the process at every step of its life, and looks for lost or doubled watt-hours.
//
// The chip stands in this process and outlives the reader, a child that is traced and killed at its
// first, second, third... system call until one comes through alive. Frames travel by socket; their
// answers are written straight into the reader's memory, as the kernel's SPI driver does.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "app/hand_over.h"
#include "app/hub.h"
#include "app/leds.h"
#include "app/pad_file.h"
#include "app/sampler.h"
#include "app/writer.h"
#include "base/log.h"
#include "base/unique_fd.h"
#include "chip/chip.h"
#include "sim/sim_bus.h"
#include "store/store.h"

namespace fithome {
namespace {

using namespace std::chrono_literals;

const UtcInstant kNoon = UtcInstant(std::chrono::sys_days(std::chrono::year(2026) / 6 / 1)) + 12h;

// Imports on one leg and exports on the other, so that all kinds of counters move.
class TwoLegs final : public sim::House {
 public:
  sim::HouseState mean(UtcInstant, UtcInstant) const override {
    sim::HouseState state;
    state.lines[0] = {Volts{120}, Watts{5200}, Vars{900}};
    state.lines[2] = {Volts{120}, Watts{-1700}, Vars{-250}};
    return state;
  }
  std::string describe() const override { return "two legs"; }
};

chip::ChipConfig config() {
  chip::ChipConfig of;
  for (chip::LineConfig& line : of.lines) {
    line.voltage_gain = sim::matching_voltage_gain({});
    line.current_gain = sim::matching_current_gain({}, 0, of.pga);
  }
  return of;
}

// From the reader to the house: frames to exchange, or time that has passed.
struct Order {
  enum { transfer, wait } what;
  int meter;
  std::uint64_t address;  // of the frames, in the reader's memory
  std::int64_t amount;    // frames, or nanoseconds
};

bool send(int socket, const Order& order) {
  char done = 0;
  return ::write(socket, &order, sizeof order) == sizeof order && ::read(socket, &done, 1) == 1;
}

class RemoteBus final : public spi::Bus {
 public:
  RemoteBus(int socket, int meter) : socket_(socket), meter_(meter) {}
  Result<void> transfer(std::span<spi::Frame> frames) override {
    const auto address = reinterpret_cast<std::uint64_t>(frames.data());
    const auto count = static_cast<std::int64_t>(frames.size());
    if (send(socket_, {Order::transfer, meter_, address, count})) return {};
    return fail(Code::transient, "the house is gone");
  }
  std::string describe() const override { return "chip in another process"; }

 private:
  int socket_;
  int meter_;
};

class RemoteClock final : public Clock {
 public:
  RemoteClock(int socket, UtcInstant start) : socket_(socket), here_(start) {}
  Monotonic monotonic() const override { return here_.monotonic(); }
  UtcInstant utc() const override { return here_.utc(); }
  bool free_running() const override { return true; }
  bool wait_until(Monotonic deadline, std::stop_token stop) override {
    const Nanoseconds wait = deadline - here_.monotonic();
    if (wait > 0ns) send(socket_, {Order::wait, 0, 0, wait.count()});
    return here_.wait_until(deadline, stop);
  }

 private:
  int socket_;
  ManualClock here_;
};

// A meter of the reader's, with what it has on disk.
struct Remote {
  RemoteBus bus;
  app::PadFile pad;
  reading::Ledger ledger;
  std::optional<chip::Chip> chip = {};
};

// As the daemon names them: energy.pad, energy-2.pad.
std::filesystem::path pad_of(const std::filesystem::path& data, int meter) {
  return data / (meter == 0 ? "energy.pad" : fmt::format("energy-{}.pad", meter + 1));
}

// A whole life of the daemon, its threads one after the other. Returns the exit status.
int live(const std::filesystem::path& data, int socket, UtcInstant start, int meters) {
  RemoteClock clock(socket, start);
  auto store = store::Store::open(data);
  if (!store) return 10;
  auto reader = store::Reader::open(data);
  if (!reader) return 11;
  std::vector<std::unique_ptr<Remote>> remotes;
  std::vector<app::Metered> metered;
  api::Status identity;
  app::SamplerConfig sampling;
  for (int n = 0; n < meters; ++n) {
    reading::Ledger ledger;
    if (const auto stored = reader->ledger(n + 1)) ledger = *stored;
    auto pad = app::PadFile::open(pad_of(data, n), store->site(), ledger.booked);
    if (!pad) return 12;
    Remote& remote = *remotes.emplace_back(
        new Remote{.bus = {socket, n}, .pad = *std::move(pad), .ledger = ledger});
    remote.chip.emplace(remote.bus, clock, config(), remote.pad.pad());
    metered.push_back({.chip = *remote.chip, .ledger = ledger, .id = n + 1});
    identity.meters.emplace_back().id = n + 1;
    if (meters > 1) sampling.sum.push_back({.meter = static_cast<std::size_t>(n)});
  }
  if (const auto house = reader->ledger(store::kHouse)) sampling.house = *house;
  app::HandOver queue(100);
  app::Hub hub(clock, identity);
  sampling.end = to_stamp(start) + 4500ms;
  app::Sampler sampler(clock, metered, queue, hub, sampling);
  sampler.run({});
  queue.close();
  app::Leds leds({});
  app::Writer writer(*store, queue, hub, leds, 10s);
  writer.run({});
  return hub.status().readings > 0 ? 0 : 13;
}

class House {
 public:
  explicit House(int meters) : clock_(kNoon) {
    for (int n = 0; n < meters; ++n) wired_.push_back(std::make_unique<Wired>(clock_, house_));
    std::string pattern = (std::filesystem::temp_directory_path() / "fithome-XXXXXX").string();
    data_ = ::mkdtemp(pattern.data());
  }
  ~House() { std::filesystem::remove_all(data_); }

  // Lets a reader live until its `steps`-th system call begins or ends. Returns its exit status,
  // or nothing if it was killed.
  std::optional<int> reader_lives(int steps) {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    const UniqueFd here(ends[0]);
    const pid_t child = ::fork();
    if (child == 0) {
      ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
      ::raise(SIGSTOP);
      ::_exit(live(data_, ends[1], clock_.utc(), meters()));
    }
    ::close(ends[1]);
    int status = 0;
    ::waitpid(child, &status, 0);
    for (int step = 0; WIFSTOPPED(status); ++step) {
      if (step == steps) {
        ::kill(child, SIGKILL);
        ::waitpid(child, &status, 0);
        return {};
      }
      serve(here.get(), child);
      if (::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr) != 0) break;
      ::waitpid(child, &status, 0);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  // Counts that the chip has made but that are neither booked nor still in its registers.
  std::int64_t missing(int meter, int counter) {
    Wired& wired = *wired_[static_cast<std::size_t>(meter)];
    spi::Frame nothing{.tx = {0x80, 0x78, 0, 0}};
    EXPECT_TRUE(wired.bus.transfer({&nothing, 1}));  // books all energy up to now
    const chip::Reg reg = chip::energy_register(counter);
    const auto reader = store::Reader::open(data_);
    const auto ledger = reader->ledger(meter + 1);
    const auto booked = ledger->booked[static_cast<std::size_t>(counter)];
    return static_cast<std::int64_t>(wired.chip.counts_produced(reg)) -
           static_cast<std::int64_t>(booked);
  }

  // What house and meters of the store disagree by.
  std::int64_t disagreement() const {
    const auto reader = store::Reader::open(data_);
    std::int64_t sum = 0;
    for (int meter = 1; meter <= meters(); ++meter) sum += net(*reader->ledger(meter));
    return net(*reader->ledger(store::kHouse)) - sum;
  }

  int meters() const { return static_cast<int>(wired_.size()); }

 private:
  struct Wired {
    Wired(ManualClock& clock, sim::House& house) : chip(clock, house), bus(chip) {}
    sim::SimChip chip;
    sim::SimBus bus;
  };

  static std::int64_t net(const reading::Ledger& ledger) {
    const reading::Flow& active = ledger.net.active;
    return active.imported.nwh - active.exported.nwh + ledger.net_remainder[0];
  }

  void serve(int socket, pid_t reader) {
    pollfd ready{.fd = socket, .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, 0) != 1) return;
    Order order{};
    if (::read(socket, &order, sizeof order) != sizeof order) return;
    if (order.what == Order::wait) clock_.advance(Nanoseconds(order.amount));
    if (order.what == Order::transfer) exchange(order, reader);
    const char done = 1;
    EXPECT_EQ(::write(socket, &done, 1), 1);
  }

  void exchange(const Order& order, pid_t reader) {
    std::vector<spi::Frame> frames(static_cast<std::size_t>(order.amount));
    iovec here{frames.data(), frames.size() * sizeof(spi::Frame)};
    iovec there{reinterpret_cast<void*>(order.address), here.iov_len};
    ASSERT_EQ(::process_vm_readv(reader, &here, 1, &there, 1, 0),
              static_cast<ssize_t>(here.iov_len));
    ASSERT_TRUE(wired_[static_cast<std::size_t>(order.meter)]->bus.transfer(frames));
    ASSERT_EQ(::process_vm_writev(reader, &here, 1, &there, 1, 0),
              static_cast<ssize_t>(here.iov_len));
  }

  std::filesystem::path data_;
  ManualClock clock_;
  TwoLegs house_;
  std::vector<std::unique_ptr<Wired>> wired_;
};

// Kills a reader of so many meters at every `stride`-th step of its life.
void kill_everywhere(int meters, int stride) {
  set_log_level(Severity::error);
  House house(meters);
  ASSERT_EQ(house.reader_lives(1'000'000), 0);
  const auto all_missing = [&] {
    std::vector<std::int64_t> missing;
    for (int meter = 0; meter < meters; ++meter) {
      for (int counter = 0; counter < chip::kEnergyCounters; ++counter) {
        if (counter % chip::kEnergyPerKind == 2) continue;  // line B is not read
        missing.push_back(house.missing(meter, counter));
      }
    }
    return missing;
  };
  // What the chips made before they were first read was no energy of ours.
  const auto base = all_missing();
  const auto expect_all_there = [&](int step) {
    ASSERT_EQ(house.reader_lives(1'000'000), 0);
    ASSERT_EQ(all_missing(), base) << "after a life of " << step << " steps";
    if (meters > 1) {
      ASSERT_EQ(house.disagreement(), 0) << "after a life of " << step << " steps";
    }
  };

  int step = 0;
  for (int lives = 1; !house.reader_lives(step); ++lives) {
    if (lives % 50 == 0) expect_all_there(step);
    step += stride;
  }

  expect_all_there(step);
  EXPECT_GT(step, 200) << "a life has fewer steps than it takes to read a chip: was it traced?";
  testing::Test::RecordProperty("steps", step);
}

TEST(EnergyLedger, LosesAndDoublesNoCountWhereverTheProcessIsKilled) { kill_everywhere(1, 1); }

// Each meter has a pad of its own; a kill may come between the two.
TEST(EnergyLedger, OfTwoMetersAndTheirHouseIsAsExact) { kill_everywhere(2, 7); }

}  // namespace
}  // namespace fithome
