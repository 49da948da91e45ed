// SPDX-License-Identifier: MIT
//
// A daemon for tests and fuzzing: says what it is told to say. And a directory for its store.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <mutex>
#include <string>
#include <utility>

#include "api/live.h"

namespace fithome::api {

class FakeLive final : public Live {
 public:
  FakeLive() {
    status_.version = "1.2.3";
    status_.simulated = true;
    status_.house = "generated house, seed 1";
    status_.device = "simulated chip";
    status_.wiring = "split_phase";
    status_.site = "01234567-89ab-cdef-0123-456789abcdef";
    status_.meter = "mains";
    status_.lines = {true, false, true};
  }

  std::optional<reading::Reading> newest() const override {
    const std::lock_guard lock(mutex_);
    return newest_;
  }
  std::optional<reading::Ledger> ledger() const override {
    const std::lock_guard lock(mutex_);
    return ledger_;
  }
  std::vector<Latest> latest() const override {
    const std::lock_guard lock(mutex_);
    std::vector<Latest> all{Latest{newest_, ledger_}};
    all.insert(all.end(), further_.begin(), further_.end());
    return all;
  }
  std::optional<reading::Ledger> house_ledger() const override {
    const std::lock_guard lock(mutex_);
    return house_;
  }
  Status status() const override {
    const std::lock_guard lock(mutex_);
    return status_;
  }
  void on_reading(std::function<void()> wake) override {
    const std::lock_guard lock(wake_mutex_);
    wake_ = std::move(wake);
  }

  void publish(const reading::Reading& reading) {
    {
      const std::lock_guard lock(mutex_);
      newest_ = reading;
      status_.last_reading = reading.time;
      ++status_.readings;
    }
    const std::lock_guard lock(wake_mutex_);
    if (wake_) wake_();
  }
  void set_ledger(const reading::Ledger& ledger) {
    const std::lock_guard lock(mutex_);
    ledger_ = ledger;
  }
  /// Of the meters behind the first one.
  void set_further(std::vector<Latest> further) {
    const std::lock_guard lock(mutex_);
    further_ = std::move(further);
  }
  void set_house(const reading::Ledger& ledger) {
    const std::lock_guard lock(mutex_);
    house_ = ledger;
  }
  template <class Change>
  void change(Change change) {
    const std::lock_guard lock(mutex_);
    change(status_);
  }

 private:
  mutable std::mutex mutex_;  // guards all below, but for the wake
  Status status_;
  std::vector<Latest> further_;
  std::optional<reading::Ledger> house_;
  std::optional<reading::Reading> newest_;
  std::optional<reading::Ledger> ledger_;
  std::mutex wake_mutex_;  // guards wake_, and is held while it is called
  std::function<void()> wake_;
};

/// Gone with its owner.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = std::filesystem::temp_directory_path() / "fithome-api-XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// A reading with p, and a power of line a; nothing else was measured.
inline reading::Reading reading_at(UtcTime time, double watts) {
  reading::Reading reading{.time = time, .flags = bit(reading::Flag::simulated), .steps = {}};
  reading.set(*reading::find_channel("p"), watts);
  reading.set(*reading::find_channel("p_a"), watts / 2);
  return reading;
}

/// A ledger in which line a and the house have taken so much, and c has given a quarter of it.
inline reading::Ledger ledger_at(UtcTime time, std::int64_t counts) {
  reading::Ledger ledger;
  ledger.time = time;
  const reading::Energy energy{counts * reading::kNanoWattHoursPerCount};
  const reading::Energy quarter{energy.nwh / 4};
  ledger.lines[0].active.imported = energy;
  ledger.lines[2].active.exported = quarter;
  ledger.net.active.imported = energy - quarter;
  return ledger;
}

}  // namespace fithome::api
