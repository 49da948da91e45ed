// SPDX-License-Identifier: MIT
#include "exports/frames.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace fithome::exports {
namespace {

using std::chrono::milliseconds;

std::vector<double> values_of(const store::Column& column) {
  const double scale = reading::power_of_ten(reading::kChannels[column.channel].decimals);
  std::vector<double> values(column.steps.size());
  for (std::size_t row = 0; row < values.size(); ++row) {
    values[row] = column.present[row] != 0 ? column.steps[row] / scale
                                           : std::numeric_limits<double>::quiet_NaN();
  }
  return values;
}

}  // namespace

std::vector<Column> columns_of(const Request& request) {
  if (request.every) return StepMaker::columns(request.wanted);
  std::vector<Column> columns;
  for (const Wanted& one : request.wanted) {
    columns.push_back({one.name, reading::kChannels[one.channel].decimals, one.channel});
  }
  return columns;
}

Result<Request> within_store(const store::Reader& reader, Request request) {
  FITHOME_TRY(const store::Info info, reader.info());
  if (!info.first || !info.last) return fail(Code::not_found, "the store holds no reading yet");
  const UtcTime from = std::max(request.from, *info.first);
  const UtcTime to = std::min(request.to, *info.last + milliseconds(1));
  if (from >= to) {
    return fail(
        Code::not_found,
        fmt::format("no reading from {} to {}; there are some from {} to {}", to_iso(request.from),
                    to_iso(request.to), to_iso(*info.first), to_iso(*info.last)));
  }
  request.from = from;
  request.to = to;
  return request;
}

Result<Frames> Frames::open(const store::Reader& reader, const Request& request) {
  store::Range range{.meter = request.meter, .from = request.from, .to = request.to};
  for (const Wanted& one : request.wanted) range.channels.push_back(one.channel);
  FITHOME_TRY(store::Scan scan, reader.scan(range));
  return Frames(std::move(scan), request);
}

Frames::Frames(store::Scan scan, const Request& request)
    : scan_(std::move(scan)),
      columns_(columns_of(request)),
      from_(request.from),
      to_(request.to),
      at_(request.from) {
  if (request.every) steps_.emplace(*request.every, request.wanted);
}

double Frames::done() const {
  return ended_ ? 1
                : static_cast<double>((at_ - from_).count()) /
                      static_cast<double>((to_ - from_).count());
}

Result<const Frame*> Frames::next() {
  frame_ = {};
  frame_.values.resize(columns_.size());
  while (!ended_ && frame_.rows() == 0) {
    FITHOME_TRY(store::Chunk chunk, scan_.next());
    ended_ = chunk.size() == 0;
    if (!ended_) at_ = chunk.time.back();
    if (steps_) {
      steps_->add(chunk, frame_);
      if (ended_) steps_->finish(frame_);
    } else {
      frame_.time = std::move(chunk.time);
      frame_.flags = std::move(chunk.flags);
      for (std::size_t n = 0; n < columns_.size(); ++n) {
        frame_.values[n] = values_of(chunk.columns[n]);
      }
    }
  }
  return &frame_;
}

}  // namespace fithome::exports
