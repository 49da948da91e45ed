// SPDX-License-Identifier: MIT
//
// The sinks of a running daemon: a pump and a thread each.
//
// Flow:    store -> Pump -> Sink; cursors and what was refused -> HandOver -> Writer; state -> Hub
// Shape:   control socket: sink.pause {"sink"}, sink.resume {"sink"}; sink.rewind {"sink","from"}
//          -> {"behind"}; sink.test {"sink"} -> {"says"}. A pause ends with the daemon
// Promise: a sink that cannot even be opened is a fault, measuring goes on, and it is tried again
// Threads: start() and stop() main's; the operations' own; one `sink-NAME` each, of low priority
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "app/control.h"
#include "app/hand_over.h"
#include "app/hub.h"
#include "app/sink_kinds.h"
#include "sinks/pump.h"

namespace fithome::app {

class SinkService final : public sinks::PumpHost {
 public:
  /// `to` and `hub` must outlive it.
  SinkService(Config config, std::filesystem::path data, HandOver& to, Hub& hub)
      : config_(std::move(config)), data_(std::move(data)), to_(to), hub_(hub) {}

  /// Those that are configured, each where its cursor stands; opened once they run.
  Result<void> open(const store::Reader& reader);
  void add_to(Operations& operations);
  void start();
  /// All of them, until they go on or the daemon ends.
  void pause();
  void resume();
  /// Returns once the last cursor is handed over: a few seconds where a server says nothing.
  void stop();

  void keep(const store::Cursor& cursor) override { to_.give(cursor); }
  void keep(const store::Event& event) override { to_.give(event); }
  void report(const sinks::SinkState& state) override;
  void begin_fault(const std::string& name, const std::string& what) override;
  void end_fault(const std::string& name) override;

 private:
  struct Running {
    std::string name;
    std::unique_ptr<sinks::Sink> sink;
    std::unique_ptr<sinks::Pump> pump;
    std::jthread thread = {};
  };
  Result<sinks::Pump*> asked(const Json& request) const;

  const Config config_;
  const std::filesystem::path data_;
  HandOver& to_;
  Hub& hub_;
  SystemClock clock_;  // back-off is in real time, whatever clock the house runs on
  SinkSource source_;
  std::vector<Running> running_;
};

}  // namespace fithome::app
