// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <functional>

#include "bench/store_bench.h"
#include "store/store.h"

namespace fithome::bench {
namespace {

const std::vector<reading::ChannelId> kTwo{house_channel(active_power),
                                           house_channel(reactive_power)};

std::size_t scan_all(const store::Reader& reader, const store::Range& range) {
  auto scan = must(reader.scan(range));
  std::size_t readings = 0;
  while (true) {
    const auto chunk = must(scan.next());
    if (chunk.size() == 0) return readings;
    readings += chunk.size();
  }
}

/// The least of a few times, and a look whether the answer is all that was asked for.
double ask_peer(Peer& peer, std::int64_t rows, const std::function<std::size_t()>& ask) {
  const auto work = [&] {
    const auto got = static_cast<std::int64_t>(ask());
    if (got + 2 < rows) die(fmt::format("{}: {} rows, of {}", peer.name(), got, rows));
  };
  return least_ms(work, CLOCK_MONOTONIC);
}

class Questions {
 public:
  Questions(const Asked& asked, std::chrono::seconds step, Rows* rows, const Peers& peers)
      : reader_(must(store::Reader::open(asked.folder / "ours"))),
        end_(must(reader_.info()).last.value()),
        end_ms_(end_.time_since_epoch().count() + 1),
        days_(asked.days),
        step_(step),
        rows_(rows),
        peers_(peers) {}

  void ask_two() {
    const std::int64_t from = end_ms_ / 1000 - kDay;
    const store::Range day{.from = end_ - 24h, .channels = kTwo};
    print_line("last 24 h of 2 channels", least_ms([&] { scan_all(reader_, day); }),
               beside(fmt::format("SELECT time_ms, p, q FROM reading WHERE time_ms >= {}",
                                  end_ms_ - 1000 * kDay),
                      [&](Peer& peer) {
                        return ask_peer(peer, kDay, [&] { return peer.ask_two(from); });
                      }),
               "ms", "0.4 of DuckDB");
  }
  void ask_steps() {
    const std::int64_t all = days_ * kDay;
    print_line("all in at most 1,000 points (min, mean, max)",
               least_ms([&] { must(reader_.rollup(power_, step_)); }),
               steps_beside(all, step_.count()), "ms", "3 ms, a year");
    const store::Range week{.from = end_ - 7 * 24h, .channels = power_.channels};
    print_line("a week in 1,008 points", least_ms([&] { must(reader_.rollup(week, 10min)); }),
               steps_beside(7 * kDay, 600), "ms", "");
    print_line("all its days", least_ms([&] { must(reader_.days(power_)); }),
               beside(steps_of_rows(all, kDay), none), "ms", "");
  }
  void ask_counters() {
    Others others = beside("", none);
    if (rows_ != nullptr)
      others.front() = least_ms([&] { rows_->ask_counters(end_ms_, 1000 * kDay, days_ + 1); });
    std::vector<UtcTime> midnights;
    for (std::int64_t n = 0; n <= days_; ++n) midnights.push_back(end_ - n * 24h);
    print_line("kWh of each day, by the counter",
               least_ms([&] { must(reader_.ledgers_at(midnights)); }), others, "ms",
               "0.35 of rows, a year");
  }
  void ask_all() {
    Others others = beside("SELECT * FROM reading", [&](Peer& peer) {
      return ask_peer(peer, days_ * kDay, [&] { return peer.ask_all(); });
    });
    const double thousands = static_cast<double>(days_ * kDay) / 1e3;  // a ms: millions a second
    for (auto& other : others) {
      if (other) other = thousands / *other;
    }
    print_line("all out as columns, millions a second",
               thousands / least_ms([&] { scan_all(reader_, {}); }), others, "", "5");
  }

 private:
  static std::optional<double> none(Peer&) { return {}; }

  /// What the others take: the rows for a question in SQL, if there is one.
  template <class Ask>
  Others beside(const std::string& sql, Ask ask) {
    Others all(1);
    if (rows_ != nullptr && !sql.empty()) all.front() = least_ms([&] { rows_->ask(sql); });
    for (const auto& peer : peers_) all.push_back(ask(*peer));
    return all;
  }
  std::string steps_of_rows(std::int64_t last, std::int64_t step) const {
    return fmt::format(
        "SELECT time_ms / {}, min(p), avg(p), max(p) FROM reading WHERE time_ms >= {} GROUP BY 1",
        1000 * step, end_ms_ - 1000 * last);
  }
  Others steps_beside(std::int64_t last, std::int64_t step) {
    const std::int64_t from = end_ms_ / 1000 - last;
    return beside(steps_of_rows(last, step), [&](Peer& peer) {
      return ask_peer(peer, last / step, [&] { return peer.ask_steps(from, step); });
    });
  }

  const store::Range power_{.channels = {kTwo[0]}};
  store::Reader reader_;
  UtcTime end_;
  std::int64_t end_ms_, days_;
  std::chrono::seconds step_;
  Rows* rows_;
  const Peers& peers_;
};

}  // namespace

Asked asked(const std::vector<std::string>& words) {
  Asked asked;
  const auto number = [](const std::string& word) {
    const std::int64_t value = std::strtoll(word.c_str(), nullptr, 10);
    if (value <= 0) die(word + " is no number");
    return value;
  };
  std::vector<std::string> others;
  for (auto word = words.begin(); word != words.end(); ++word) {
    const auto next = [&] {
      return ++word != words.end() ? *word : (die("a word is missing"), "");
    };
    if (*word == "--sync")
      asked.sync = number(next());
    else if (*word == "--ask")
      asked.ask = true;
    else if (*word == "--count")
      asked.count = number(next());
    else if (*word == "--replay") {
      const std::string file = next();
      asked.house = must(replayed_readings(file, next()));
    } else
      others.push_back(*word);
  }
  if (!others.empty()) asked.days = number(others[0]);
  if (others.size() > 1) asked.folder = others[1];
  if (others.size() > 2) asked.only = others[2];
  if (asked.days < 8) die("at least eight days");
  return asked;
}

void print_head(const Peers& peers) {
  std::printf("| | ours | rows of SQLite | ratio |");
  for (const auto& peer : peers) std::printf(" %s | ratio |", peer->name().c_str());
  std::printf(" goal |\n|---|---|---|---|");
  for (std::size_t n = 0; n < peers.size(); ++n) std::printf("---|---|");
  std::printf("---|\n");
}

void print_line(const char* what, double ours, const Others& others, const char* unit,
                const char* goal) {
  std::printf("| %s | %.2f %s |", what, ours, unit);
  for (const auto& other : others) {
    const std::string text =
        other ? fmt::format(" {:.2f} {} | {:.2g} |", *other, unit, ours / *other) : " | |";
    std::printf("%s", text.c_str());
  }
  std::printf(" %s |\n", goal);
  std::fflush(stdout);
}

void print_answers(const Asked& asked, std::chrono::seconds step, Rows* rows, const Peers& peers) {
  Questions questions(asked, step, rows, peers);
  questions.ask_two();
  questions.ask_steps();
  questions.ask_counters();
  questions.ask_all();
}

}  // namespace fithome::bench
