// SPDX-License-Identifier: MIT
#include "app/meter_ids.h"

#include <fmt/format.h>

#include <algorithm>

namespace fithome::app {
namespace {

using store::MeterId;

class Register {
 public:
  Register(const std::vector<MeterConfig>& configured, const std::vector<store::Meter>& stored)
      : configured_(configured), stored_(stored), found_(configured.size()) {}

  Result<MeterIds> ids() {
    by_name();
    FITHOME_TRY_VOID(by_former_name());
    nameless();
    the_only_one();
    new_ones();
    MeterIds all;
    for (const auto& found : found_) all.ids.push_back(*found);
    all.changes = std::move(changes_);
    return all;
  }

 private:
  const store::Meter* stored(std::string_view name) const {
    const auto found = std::ranges::find_if(
        stored_, [&](const store::Meter& meter) { return meter.name == name; });
    return found == stored_.end() ? nullptr : &*found;
  }

  bool taken(MeterId id) const {
    return std::ranges::find(found_, std::optional(id)) != found_.end();
  }

  void take(std::size_t place, MeterId id, std::string what) {
    found_[place] = id;
    changes_.push_back({id, configured_[place].name, std::move(what)});
  }

  void by_name() {
    for (std::size_t n = 0; n < configured_.size(); ++n) {
      if (const store::Meter* meter = stored(configured_[n].name)) found_[n] = meter->id;
    }
  }

  // Once that is done the line may stay or go: the new name is known.
  Result<void> by_former_name() {
    for (std::size_t n = 0; n < configured_.size(); ++n) {
      const std::string& former = configured_[n].formerly;
      if (found_[n] || former.empty()) continue;
      const store::Meter* meter = stored(former);
      if (!meter) {
        return fail(Code::invalid,
                    fmt::format("meter {}: formerly = \"{}\", but the store knows no meter of that "
                                "name; remove the line for a meter that is new",
                                configured_[n].name, former));
      }
      take(n, meter->id, fmt::format("meter {} is now called {}", former, configured_[n].name));
    }
    return {};
  }

  // Of a fithome that knew one meter: the name it had by default, else the first.
  void nameless() {
    const auto meter = std::ranges::find_if(
        stored_, [](const store::Meter& each) { return !each.name.has_value(); });
    if (meter == stored_.end() || taken(meter->id)) return;
    std::size_t place = 0;
    for (std::size_t n = 0; n < configured_.size(); ++n) {
      if (configured_[n].name == MeterConfig{}.name) place = n;
    }
    if (found_[place]) return;
    found_[place] = meter->id;
    changes_.push_back({meter->id, configured_[place].name, ""});
  }

  void the_only_one() {
    if (configured_.size() != 1 || stored_.size() != 1 || found_[0]) return;
    take(0, stored_[0].id,
         fmt::format("meter {} is now called {}", stored_[0].name.value_or("1"),
                     configured_[0].name));
  }

  void new_ones() {
    MeterId next = store::kFirstMeter;
    for (const store::Meter& meter : stored_) next = std::max(next, meter.id + 1);
    for (std::size_t n = 0; n < configured_.size(); ++n) {
      if (found_[n]) continue;
      const bool very_first = stored_.empty();
      take(n, next++,
           very_first
               ? ""
               : fmt::format("meter {} is new; its history begins now", configured_[n].name));
    }
  }

  const std::vector<MeterConfig>& configured_;
  const std::vector<store::Meter>& stored_;
  std::vector<std::optional<MeterId>> found_;
  std::vector<MeterIds::Change> changes_;
};

}  // namespace

Result<MeterIds> meter_ids(const std::vector<MeterConfig>& configured,
                           const std::vector<store::Meter>& stored) {
  return Register(configured, stored).ids();
}

}  // namespace fithome::app
