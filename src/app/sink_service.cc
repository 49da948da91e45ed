// SPDX-License-Identifier: MIT
#include "app/sink_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/thread.h"

namespace fithome::app {
namespace {

constexpr int kGivesWay = 10;  // to sampling and the page, while it catches up

store::Sequence taken_by(const std::string& name, const std::vector<store::Cursor>& cursors) {
  const auto known = std::ranges::find(cursors, name, &store::Cursor::name);
  return known == cursors.end() ? 0 : known->taken;
}

// Made when it is opened: by its own thread, for a name may be asked of a server that says nothing.
class MadeLate final : public sinks::Sink {
 public:
  MadeLate(SinkKind kind, const SinkSource& source) : kind_(std::move(kind)), source_(source) {}

  Result<void> open() override {
    FITHOME_TRY(sink_, kind_.make(source_));
    return sink_->open();
  }
  bool time_in_key() const override { return kind_.time_in_key; }
  sinks::Delivery deliver(std::span<const store::Numbered> batch) override {
    return sink_->deliver(batch);
  }
  Result<std::string> test() override {
    if (!sink_) FITHOME_TRY_VOID(open());
    return sink_->test();
  }

 private:
  const SinkKind kind_;
  const SinkSource& source_;
  std::unique_ptr<sinks::Sink> sink_;
};

}  // namespace

Result<void> SinkService::open(const store::Reader& reader) {
  const auto kinds = configured_sinks(config_);
  if (kinds.empty()) return {};
  FITHOME_TRY(const auto cursors, reader.cursors());
  FITHOME_TRY(const auto info, reader.info());
  source_.site = info.site;
  FITHOME_TRY(source_.meters, reader.meters());
  for (const SinkKind& kind : kinds) {
    const store::Sequence taken = taken_by(kind.name, cursors);
    report({.name = kind.name,
            .target = kind.target,
            .taken = taken,
            .backlog = info.readings - std::min(info.readings, taken)});
    Running& one = running_.emplace_back();
    one.name = kind.name;
    one.sink = std::make_unique<MadeLate>(kind, source_);
    one.pump =
        std::make_unique<sinks::Pump>(kind.name, kind.target, *one.sink, *this, clock_, taken);
  }
  return {};
}

void SinkService::start() {
  for (Running& one : running_) {
    one.thread = std::jthread([this, &one](std::stop_token stop) {
      name_this_thread("sink-" + one.name);
      nice_this_thread(kGivesWay);
      one.pump->run(data_, stop);
    });
  }
}

void SinkService::pause() {
  for (Running& one : running_) one.pump->pause();
}

void SinkService::resume() {
  for (Running& one : running_) one.pump->resume();
}

void SinkService::stop() {
  for (Running& one : running_) one.thread.request_stop();
  for (Running& one : running_) {
    if (one.thread.joinable()) one.thread.join();
  }
}

void SinkService::report(const sinks::SinkState& state) {
  hub_.count([&](api::Status& status) {
    const auto known = std::ranges::find(status.sinks, state.name, &sinks::SinkState::name);
    if (known != status.sinks.end()) {
      *known = state;
    } else {
      status.sinks.push_back(state);
    }
  });
}

void SinkService::begin_fault(const std::string& name, const std::string& what) {
  hub_.begin_fault("sink_" + name, what,
                   "nothing is lost: readings go there once it works; see fithome sinks");
}

void SinkService::end_fault(const std::string& name) { hub_.end_fault("sink_" + name); }

Result<sinks::Pump*> SinkService::asked(const Json& request) const {
  FITHOME_TRY(const std::string name, text_field(request, "sink"));
  FITHOME_TRY([[maybe_unused]] const auto kind, configured_sink(config_, name));
  return std::ranges::find(running_, name, &Running::name)->pump.get();
}

void SinkService::add_to(Operations& operations) {
  using Stop = const std::stop_token&;
  operations.add("sink.pause", [this](const Json& request, Reply&, Stop) -> Result<void> {
    FITHOME_TRY(sinks::Pump * pump, asked(request));
    pump->pause();
    return {};
  });
  operations.add("sink.resume", [this](const Json& request, Reply&, Stop) -> Result<void> {
    FITHOME_TRY(sinks::Pump * pump, asked(request));
    pump->resume();
    return {};
  });
  operations.add("sink.rewind", [this](const Json& request, Reply& reply, Stop) -> Result<void> {
    FITHOME_TRY(sinks::Pump * pump, asked(request));
    FITHOME_TRY(const std::string from, text_field(request, "from"));
    store::Sequence behind = 0;
    if (!from.empty()) {
      FITHOME_TRY(const UtcTime time, parse_time(from, to_stamp(clock_.utc())));
      FITHOME_TRY(const auto reader, store::Reader::open(data_));
      FITHOME_TRY(behind, reader.sequence_before(time));
    }
    pump->rewind(behind);
    return reply.data({{"behind", behind}});
  });
  operations.add("sink.test", [this](const Json& request, Reply& reply, Stop) -> Result<void> {
    FITHOME_TRY(const std::string name, text_field(request, "sink"));
    FITHOME_TRY(const SinkKind kind, configured_sink(config_, name));
    FITHOME_TRY(const auto sink, kind.make(source_));
    FITHOME_TRY(const std::string says, sink->test());
    return reply.data({{"says", says}});
  });
}

}  // namespace fithome::app
