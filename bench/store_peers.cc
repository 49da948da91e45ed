// SPDX-License-Identifier: MIT
#include "bench/store_peers.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "bench/noisy_house.h"

namespace fithome::bench {
namespace {

namespace fs = std::filesystem;

std::int64_t second_of(const Reading& reading) {
  return std::chrono::duration_cast<std::chrono::seconds>(reading.time.time_since_epoch()).count();
}

bool installed(const char* program) {
  std::istringstream places(std::getenv("PATH") != nullptr ? std::getenv("PATH") : "");
  for (std::string place; std::getline(places, place, ':');) {
    if (::access((place + "/" + program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

/// A program that ends with us, with pipes to its input and from its output where asked for.
class Process {
 public:
  Process(std::vector<std::string> words, const fs::path& log, bool piped) {
    std::array<int, 2> in{-1, -1}, out{-1, -1};
    if (piped && (::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0))
      throw std::runtime_error("pipe");
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGTERM);
      const int to = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0640);
      ::dup2(to, 2);
      ::dup2(piped ? out[1] : to, 1);
      if (piped) ::dup2(in[0], 0);
      ::execvp(arguments[0], arguments.data());
      ::_exit(127);
    }
    if (!piped) return;
    ::close(in[0]);
    ::close(out[1]);
    to_ = ::fdopen(in[1], "w");
    from_ = ::fdopen(out[0], "r");
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() {
    if (to_ != nullptr) std::fclose(to_);
    if (from_ != nullptr) std::fclose(from_);
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }

  FILE* to() const { return to_; }
  FILE* from() const { return from_; }
  double cpu_seconds() const {
    std::ifstream in(fmt::format("/proc/{}/stat", pid_));
    std::string text;
    std::getline(in, text, ')');  // its name may have spaces
    for (int n = 0; n < 11; ++n) in >> text;
    double user = 0, system = 0;
    in >> user >> system;
    return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  }
  double most_memory_mb() const {
    std::ifstream in(fmt::format("/proc/{}/status", pid_));
    for (std::string line; std::getline(in, line);) {
      if (line.starts_with("VmHWM:")) return std::strtod(line.c_str() + 6, nullptr) / 1024;
    }
    return 0;
  }

 private:
  pid_t pid_ = -1;
  FILE *to_ = nullptr, *from_ = nullptr;
};

std::uint16_t free_port() {
  const UniqueFd socket(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("no port");
  return ntohs(address.sin_port);
}

/// HTTP as influxd speaks it, over one connection.
class Http {
 public:
  /// False where nobody answers.
  bool connect(std::uint16_t port) {
    file_ = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    const int on = 1;
    ::setsockopt(file_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return ::connect(file_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  /// `take_some` gets the answer piece by piece: that of a year does not fit into memory.
  void ask(const char* method, const std::string& target, const std::string& body,
           const std::function<void(std::string_view)>& take_some) {
    const std::string request = fmt::format(
        "{} {} HTTP/1.1\r\nHost: localhost\r\nAccept: application/csv\r\nContent-Length: "
        "{}\r\n\r\n{}",
        method, target, body.size(), body);
    for (std::size_t at = 0; at < request.size();) {
      const ssize_t done = ::write(file_.get(), request.data() + at, request.size() - at);
      if (done <= 0) throw std::runtime_error("influxdb: it hung up");
      at += static_cast<std::size_t>(done);
    }
    const std::string head = until("\r\n\r\n");
    if (!head.starts_with("HTTP/1.1 20")) throw std::runtime_error("influxdb: " + head);
    if (const auto at = head.find("Content-Length: "); at != head.npos)
      return take_some(take(std::strtoul(head.c_str() + at + 16, nullptr, 10)));
    while (head.find("chunked") != head.npos) {
      const std::size_t size = std::strtoul(until("\r\n").c_str(), nullptr, 16);
      take_some(take(size));
      take(2);
      if (size == 0) break;
    }
  }

 private:
  void more() {
    std::array<char, 65536> some;
    const ssize_t got = ::read(file_.get(), some.data(), some.size());
    if (got <= 0) throw std::runtime_error("influxdb: it hung up");
    buffer_.append(some.data(), static_cast<std::size_t>(got));
  }
  std::string until(std::string_view end) {
    std::size_t at;
    while ((at = buffer_.find(end, at_)) == buffer_.npos) more();
    std::string text = buffer_.substr(at_, at - at_);
    at_ = at + end.size();
    return text;
  }
  std::string take(std::size_t size) {
    while (buffer_.size() - at_ < size) more();
    std::string text = buffer_.substr(at_, size);
    buffer_.erase(0, at_ + size);
    at_ = 0;
    return text;
  }

  UniqueFd file_;
  std::string buffer_;
  std::size_t at_ = 0;
};

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  return out;
}

/// The last second of so many days.
std::int64_t last_second(std::int64_t days) {
  return std::chrono::floor<std::chrono::seconds>(kStart).time_since_epoch().count() +
         days * 86'400 - 1;
}

// One measurement, a float field a channel; it syncs each request.
class Influx : public Peer {
 public:
  Influx(const fs::path& folder, std::vector<reading::ChannelId> channels, std::int64_t at_once,
         std::int64_t days)
      : folder_(folder),
        channels_(std::move(channels)),
        at_once_(at_once),
        last_(last_second(days)),
        port_(free_port()) {
    std::ofstream(folder / "influxdb.conf") << fmt::format(
        "reporting-disabled = true\nbind-address = \"127.0.0.1:{0}\"\n"
        "[meta]\ndir = \"{2}/meta\"\n[data]\ndir = \"{2}/data\"\nwal-dir = \"{2}/wal\"\n"
        "query-log-enabled = false\ncache-snapshot-write-cold-duration = \"20s\"\n"
        "[http]\nbind-address = \"127.0.0.1:{1}\"\nlog-enabled = false\n"
        "[monitor]\nstore-enabled = false\n",
        free_port(), port_, fs::absolute(folder).string());
    process_ = std::make_unique<Process>(
        std::vector<std::string>{"influxd", "run", "-config", folder / "influxdb.conf"},
        folder / "log", false);
    for (int n = 0; !http_.connect(port_); ++n) {
      if (n == 300) throw std::runtime_error("influxd does not answer");
      std::this_thread::sleep_for(100ms);
    }
    http_.ask("POST", "/query?q=" + escaped("CREATE DATABASE e"), "", ignore);
  }
  std::string name() const override { return "InfluxDB"; }
  void keep(const Reading& reading) override {
    char sign = ' ';
    lines_ += "r";
    for (const auto id : channels_) {
      lines_ += fmt::format("{}{}={}", sign, reading::kChannels[id].name, *reading.value(id));
      sign = ',';
    }
    lines_ += fmt::format(" {}\n", reading.time.time_since_epoch().count());
    if (++number_ % at_once_ != 0) return;
    http_.ask("POST", "/write?db=e&precision=ms", lines_, ignore);
    lines_.clear();
  }
  void settle() override {
    for (int n = 0; n < 120 && wal_bytes() > 0; ++n) std::this_thread::sleep_for(1s);
  }
  double cpu_seconds() const override { return process_->cpu_seconds(); }
  double most_memory_mb() const override { return process_->most_memory_mb(); }
  std::size_t ask_two(std::int64_t from) override {
    return rows(fmt::format("SELECT p, q FROM r WHERE time >= {}s", from));
  }
  std::size_t ask_steps(std::int64_t from, std::int64_t step) override {
    return rows(
        fmt::format("SELECT min(p), mean(p), max(p) FROM r WHERE time >= {}s AND time <= {}s"
                    " GROUP BY time({}s) fill(none)",
                    from, last_, step));
  }
  std::size_t ask_all() override { return rows("SELECT * FROM r"); }

 private:
  std::uintmax_t wal_bytes() const {
    std::uintmax_t bytes = 0;
    for (const auto& file : fs::recursive_directory_iterator(folder_ / "wal")) {
      if (file.is_regular_file()) bytes += file.file_size();
    }
    return bytes;
  }
  std::size_t rows(const std::string& question) {
    std::size_t lines = 0;
    http_.ask("GET", "/query?db=e&epoch=ms&chunked=true&chunk_size=10000&q=" + escaped(question),
              "", [&](std::string_view some) {
                lines += static_cast<std::size_t>(std::ranges::count(some, '\n'));
              });
    return lines;
  }
  static void ignore(std::string_view /*answer*/) {}

  fs::path folder_;
  std::vector<reading::ChannelId> channels_;
  std::int64_t at_once_, last_;
  std::uint16_t port_;
  std::unique_ptr<Process> process_;
  Http http_;
  std::string lines_;
  std::int64_t number_ = 0;
};

// All in one file of a size made beforehand, which it never syncs: we do.
class RoundRobin : public Peer {
 public:
  RoundRobin(const fs::path& folder, std::vector<reading::ChannelId> channels, std::int64_t at_once,
             std::int64_t days, std::int64_t step)
      : file_(fs::absolute(folder) / "house.rrd"),
        channels_(std::move(channels)),
        at_once_(at_once),
        days_(days),
        process_({"rrdtool", "-"}, folder / "log", true),
        last_(last_second(days)) {
    if (!fs::exists(file_)) create(step);
    synced_ = UniqueFd(::open(file_.c_str(), O_RDWR | O_CLOEXEC));
  }
  std::string name() const override { return "RRDtool"; }
  void keep(const Reading& reading) override {
    std::string words = fmt::format("update {} {}", file_.string(), second_of(reading));
    for (const auto id : channels_) words += fmt::format(":{}", *reading.value(id));
    tell(words);
    if (++number_ % at_once_ == 0 && ::fdatasync(synced_.get()) != 0)
      throw std::runtime_error("rrdtool: sync");
  }
  void settle() override {}
  double cpu_seconds() const override { return process_.cpu_seconds(); }
  double most_memory_mb() const override { return process_.most_memory_mb(); }
  // It gives all its channels, or none.
  std::size_t ask_two(std::int64_t from) override { return fetch("LAST", from, 1); }
  std::size_t ask_steps(std::int64_t from, std::int64_t step) override {
    return std::max(
        {fetch("MIN", from, step), fetch("AVERAGE", from, step), fetch("MAX", from, step)});
  }
  std::size_t ask_all() override { return fetch("LAST", last_ - days_ * 86'400 + 1, 1); }

 private:
  void create(std::int64_t step) {
    std::string words = fmt::format(
        "create {} --start {} --step 1", file_.string(),
        std::chrono::floor<std::chrono::seconds>(kStart).time_since_epoch().count() - 2);
    for (const auto id : channels_) {
      words += fmt::format(" DS:{}:GAUGE:5:U:U", reading::kChannels[id].name);
    }
    words += fmt::format(" RRA:LAST:0.5:1:{}", days_ * 86'400);
    for (const std::int64_t coarse : {std::int64_t{600}, step}) {
      for (const char* kind : {"MIN", "AVERAGE", "MAX"}) {
        words += fmt::format(" RRA:{}:0.5:{}:{}", kind, coarse, days_ * 86'400 / coarse + 1);
      }
    }
    tell(words);
  }
  std::size_t fetch(const char* kind, std::int64_t from, std::int64_t step) {
    return tell(fmt::format("fetch {} {} --resolution {} --start {} --end {}", file_.string(), kind,
                            step, from, last_));
  }
  /// Lines of the answer.
  std::size_t tell(const std::string& words) {
    std::fprintf(process_.to(), "%s\n", words.c_str());
    std::fflush(process_.to());
    std::array<char, 4096> line;
    for (std::size_t lines = 0; std::fgets(line.data(), line.size(), process_.from()) != nullptr;
         ++lines) {
      const std::string_view text(line.data());
      if (text.starts_with("OK")) return lines;
      if (text.starts_with("ERROR")) throw std::runtime_error("rrdtool: " + std::string(text));
    }
    throw std::runtime_error("rrdtool: it ended");
  }

  fs::path file_;
  std::vector<reading::ChannelId> channels_;
  std::int64_t at_once_, days_;
  Process process_;
  UniqueFd synced_;
  std::int64_t last_;
  std::int64_t number_ = 0;
};

bool there(const char* program) {
  if (installed(program)) return true;
  std::fprintf(stderr, "!! %s is not installed: SKIPPED\n", program);
  return false;
}

}  // namespace

std::unique_ptr<Peer> influxdb(const fs::path& folder, std::vector<reading::ChannelId> channels,
                               std::int64_t at_once, std::int64_t days) {
  if (!there("influxd")) return nullptr;
  return std::make_unique<Influx>(folder, std::move(channels), at_once, days);
}

std::unique_ptr<Peer> rrdtool(const fs::path& folder, std::vector<reading::ChannelId> channels,
                              std::int64_t at_once, std::int64_t days, std::int64_t step) {
  if (!there("rrdtool")) return nullptr;
  return std::make_unique<RoundRobin>(folder, std::move(channels), at_once, days, step);
}

}  // namespace fithome::bench
