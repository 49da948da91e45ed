// SPDX-License-Identifier: MIT
//
// Without a daemon: this process holds the store's lock, the pad and the device for as long as it
// lasts.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "app/apply_settings.h"
#include "app/calibration_service.h"
#include "app/change_intent.h"
#include "app/house_sum.h"
#include "app/meter_ids.h"
#include "app/pad_file.h"
#include "app/workbench.h"
#include "calibrate/statistics.h"
#include "spi/spidev_bus.h"

namespace fithome::app {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kBetween = 1s;
constexpr int kMostFailures = 10;

class OwnWorkbench final : public Workbench {
 public:
  OwnWorkbench(std::filesystem::path data, store::Store store, store::MeterId id, Effective meter,
               std::optional<reading::Ledger> ledger, std::stop_token stop)
      : data_(std::move(data)),
        id_(id),
        store_(std::move(store)),
        meter_(std::move(meter)),
        ledger_(ledger),
        stop_(std::move(stop)) {}

  Result<void> record_configuration() {
    if (!meter_.record) return {};
    store::Batch batch{.meter = id_, .calibrations = {&*meter_.record, 1}};
    if (meter_.event) batch.events = {&*meter_.event, 1};
    FITHOME_TRY(const auto sequence, store_.append(batch));
    (void)sequence;
    return store_.sync();
  }

  Result<void> open_chip(const MeterConfig& meter) {
    FITHOME_TRY(auto bus, spi::SpidevBus::open({.path = meter.device, .speed_hz = meter.speed_hz}));
    bus_.emplace(std::move(bus));
    FITHOME_TRY(auto pad, PadFile::open(pad_path(data_, id_), store_.site(),
                                        ledger_ ? ledger_->booked : chip::EnergyCounters{}));
    pad_.emplace(std::move(pad));
    chip_.emplace(*bus_, clock_, meter_.settings.chip, pad_->pad());
    if (const auto left = left_behind(data_, id_, meter_.settings)) {
      chip_->may_hold(left->chip);
    } else if (meter_.earlier) {
      chip_->may_hold(meter_.earlier->chip);
    }
    FITHOME_TRY(const auto found, chip_->start(stop_));
    (void)found;
    return {};
  }

  const MeterSettings& settings() const override { return meter_.settings; }
  std::string describe() const override { return bus_ ? bus_->describe() : data_.string(); }

  Result<std::vector<chip::Sample>> windows(
      std::size_t count, const std::function<void(const chip::Sample&)>& seen) override {
    calibrate::Windows windows;
    int failures = 0;
    while (windows.size() < count) {
      if (!clock_.wait_for(kBetween, stop_)) return fail(Code::transient, "stopped");
      FITHOME_TRY(const auto sample, sample_or_fail(failures));
      if (!sample || !windows.add(*sample, clock_.monotonic().time_since_epoch())) continue;
      seen(*sample);
    }
    return std::vector(windows.samples().begin(), windows.samples().end());
  }

  Result<std::uint64_t> apply(const MeterSettings& after, const ChangeNote& note) override {
    reading::Ledger ledger = ledger_.value_or(reading::Ledger{});
    reading::LineRules rules = meter_.settings.rules;
    {
      FITHOME_TRY(ChangeIntent intent, ChangeIntent::note(data_, id_, meter_.settings, after));
      auto done = apply_settings(*chip_, ledger, rules, after);
      if (!done && !chip_->ready()) intent.keep();
      FITHOME_TRY_VOID(std::move(done));
      // Kept until the store has it: whoever comes before that wants the old settings.
      if (auto kept = keep(after, note, ledger); !kept) {
        intent.keep();
        return Failure(kept.error());
      }
    }
    meter_.settings = after;
    if (ledger_) ledger_ = ledger;
    FITHOME_TRY(const auto all, history());
    return all.back().id;
  }

  Result<std::vector<store::Calibration>> history() override {
    FITHOME_TRY(const auto reader, store::Reader::open(data_));
    return reader.calibrations(id_);
  }

  Result<LedgerSet> set_ledger(const LedgerChange& change) override {
    const bool of_sum = house_ && change.line.empty() && change.meter.empty();
    std::optional<reading::Ledger>& of = of_sum ? house_ : ledger_;
    if (!of) return fail(Code::not_found, "no energy has been counted yet, so none can be set");
    reading::LineEnergy* energy = place_of(*of, change.line);
    if (energy == nullptr) return fail(Code::invalid, "no such line; say a, b or c");
    const reading::LineEnergy before = *energy;
    set_total(*energy, {change.import_nwh.value_or(before.active.imported.nwh)},
              {change.export_nwh.value_or(before.active.exported.nwh)});
    store::Event event =
        ledger_event(change.line, before, *energy, change.note, to_stamp(clock_.utc()));
    event.meter = id_;
    FITHOME_TRY(const auto sequence, store_.append({.meter = of_sum ? store::kHouse : id_,
                                                    .ledger = &*of,
                                                    .events = {&event, 1}}));
    (void)sequence;
    FITHOME_TRY_VOID(store_.sync());
    return LedgerSet{before.active, energy->active};
  }

  /// The house is a sum of so many meters, and this is the one at `place`.
  void in_house(const reading::Ledger& house, reading::HouseSum sum, std::size_t meters,
                std::size_t place) {
    house_ = house;
    sum_ = std::move(sum);
    meters_ = meters;
    place_ = place;
  }

 private:
  Result<std::optional<chip::Sample>> sample_or_fail(int& failures) {
    auto sample = chip_->ready() ? chip_->sample() : fail(Code::transient, "the chip was lost");
    if (sample) {
      failures = 0;
      if (sample->incoherent) return std::optional<chip::Sample>();
      return std::optional(*std::move(sample));
    }
    if (++failures >= kMostFailures) return Failure(sample.error());
    if (!chip_->ready()) {
      FITHOME_TRY(const auto found, chip_->start(stop_));
      (void)found;
    }
    return std::optional<chip::Sample>();
  }

  Result<void> keep(const MeterSettings& after, const ChangeNote& note,
                    const reading::Ledger& ledger) {
    store::Calibration record;
    record.meter = id_;
    record.time = to_stamp(clock_.utc());
    record.kind = note.kind;
    record.line = note.line;
    record.reference = note.reference;
    record.error_ppm = note.error_ppm;
    record.note = note.note;
    record.undoes = note.undoes;
    record.before = to_json(meter_.settings);
    record.after = to_json(after);
    record.configured = to_json(meter_.configured);
    const store::Event event = calibration_event(record, meter_.settings, after);
    std::vector<store::Batch> batches{{.meter = id_,
                                       .ledger = ledger_ ? &ledger : nullptr,
                                       .events = {&event, 1},
                                       .calibrations = {&record, 1}}};
    const auto house = house_with(ledger);
    if (house) batches.push_back({.meter = store::kHouse, .ledger = &*house});
    FITHOME_TRY(const auto sequence, store_.append_all(batches));
    (void)sequence;
    if (house) house_ = house;
    return store_.sync();
  }

  // On disk house and meters always agree.
  std::optional<reading::Ledger> house_with(const reading::Ledger& now) const {
    if (!house_ || !ledger_) return {};
    std::vector<reading::HouseStep> steps(meters_);
    steps[place_] = {&*ledger_, &now};
    reading::Ledger house = *house_;
    reading::book_house(house, sum_, steps, std::max(house.time, now.time));
    return house;
  }

  std::filesystem::path data_;
  store::MeterId id_;
  store::Store store_;
  Effective meter_;
  std::optional<reading::Ledger> ledger_;  // nothing: no reading was ever stored
  std::optional<reading::Ledger> house_;   // where it is a sum of meters
  reading::HouseSum sum_;
  std::size_t meters_ = 1;
  std::size_t place_ = 0;
  std::stop_token stop_;
  SystemClock clock_;
  std::optional<spi::SpidevBus> bus_;
  std::optional<PadFile> pad_;
  std::optional<chip::Chip> chip_;
};

// A meter that the store does not know yet gets its number here, as from a daemon.
Result<store::MeterId> number_from_now_on(const Which& which, store::Store& store,
                                          const store::Reader& reader) {
  FITHOME_TRY(const auto stored, reader.meters());
  FITHOME_TRY(const std::size_t place, place_in(which.config, which.meter));
  FITHOME_TRY(const MeterIds known, meter_ids(which.config.meters, stored));
  for (const auto& change : known.changes) {
    FITHOME_TRY_VOID(store.name_meter(change.id, change.name));
  }
  return known.ids[place];
}

}  // namespace

Result<std::unique_ptr<Workbench>> open_own_workbench(const Which& which, bool with_chip,
                                                      std::stop_token stop) {
  const std::filesystem::path& data = which.data;
  FITHOME_TRY(const std::size_t place, place_in(which.config, which.meter));
  const MeterConfig& meter = which.config.meters[place];
  FITHOME_TRY(auto store, store::Store::open(data));
  FITHOME_TRY(const auto reader, store::Reader::open(data));
  FITHOME_TRY(const store::MeterId id, number_from_now_on(which, store, reader));
  FITHOME_TRY(const auto newest, reader.newest(id));
  if (newest && (newest->flags & bit(reading::Flag::simulated)) != 0 && with_chip) {
    return fail(Code::invalid, data.string() +
                                   " holds readings of a simulated house; calibrate a "
                                   "real meter with its own --data");
  }
  FITHOME_TRY(auto all, reader.calibrations(id));
  std::optional<reading::Ledger> ledger;
  if (newest) {
    FITHOME_TRY(ledger, reader.ledger(id));
  }
  Effective of = effective(settings_of(meter), all.empty() ? nullptr : &all.back(),
                           to_stamp(SystemClock().utc()));
  if (of.record) of.record->meter = id;
  if (of.event) of.event->meter = id;
  auto made =
      std::make_unique<OwnWorkbench>(data, std::move(store), id, std::move(of), ledger, stop);
  const auto sum = parse_house_sum(which.config.house, which.config.meters);
  const auto house = reader.ledger(store::kHouse);
  const bool summed = which.config.meters.size() > 1 || !which.config.house.empty();
  if (summed && sum && house) made->in_house(*house, *sum, which.config.meters.size(), place);
  if (!with_chip) return made;
  FITHOME_TRY_VOID(made->record_configuration());
  FITHOME_TRY_VOID(made->open_chip(meter));
  return made;
}

}  // namespace fithome::app
