// SPDX-License-Identifier: MIT
#include "app/direct_meter.h"

#include <fmt/format.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include "app/change_intent.h"
#include "app/meter_ids.h"
#include "app/meter_settings.h"
#include "app/workbench.h"
#include "spi/spidev_bus.h"
#include "store/store.h"

namespace fithome::app {
namespace {

Result<store::Lock> lock(const std::filesystem::path& data) {
  auto lock = store::Lock::take(data);
  if (lock || (lock.error().os != EACCES && lock.error().os != EROFS)) return lock;
  return fail(Code::invalid,
              fmt::format("{}: this user may not see whether a fithome is using the meter; use "
                          "sudo, or be the user that fithome runs as",
                          data.string()),
              lock.error().os);
}

}  // namespace

// A chip that was calibrated is never given the gains of the file instead.
Result<void> DirectMeter::find_settings(const Config& config, const MeterConfig& meter,
                                        const store::Reader& reader, store::MeterId id) {
  FITHOME_TRY(const auto all, reader.calibrations(id));
  const Effective of =
      effective(settings_of(meter), all.empty() ? nullptr : &all.back(), to_stamp(clock_->utc()));
  chip_config_ = of.settings.chip;
  rules_ = of.settings.rules;
  if (const auto left = left_behind(config.data, id, of.settings)) {
    may_hold_ = left->chip;
  } else if (of.earlier) {
    may_hold_ = of.earlier->chip;
  }
  return {};
}

Result<void> DirectMeter::keep_out_others(const Config& config, const MeterConfig& meter) {
  std::error_code error;
  if (!std::filesystem::exists(config.data, error) && !error) return {};
  FITHOME_TRY(lock_, lock(config.data));
  const auto opened = store::Reader::open(config.data);
  if (!opened && opened.error().code == Code::not_found) return {};
  if (!opened) return Failure(opened.error());
  const store::Reader& reader = *opened;
  FITHOME_TRY(const auto info, reader.info());
  FITHOME_TRY(const auto stored, reader.meters());
  FITHOME_TRY(const MeterIds known, meter_ids(config.meters, stored));
  FITHOME_TRY(const std::size_t place, place_in(config, meter.name));
  const store::MeterId id = known.ids[place];
  FITHOME_TRY_VOID(find_settings(config, meter, reader, id));
  const std::filesystem::path pad = pad_path(config.data, id);
  if (!std::filesystem::exists(pad, error)) return {};
  const auto ledger = reader.ledger(id);
  if (!ledger && ledger.error().code != Code::not_found) return Failure(ledger.error());
  FITHOME_TRY(pad_file_,
              PadFile::open(pad, info.site, ledger ? ledger->booked : chip::EnergyCounters{}));
  return {};
}

Result<std::unique_ptr<DirectMeter>> DirectMeter::open(
    const Config& config, const MeterConfig& meter,
    const std::optional<SimulationOptions>& simulated) {
  std::unique_ptr<DirectMeter> made(new DirectMeter);
  chip::reset(made->own_pad_, {});
  made->chip_config_ = meter.chip;
  made->rules_ = meter.rules;
  if (simulated) {
    FITHOME_TRY(made->simulation_, Simulation::open(*simulated));
    made->bus_ = &made->simulation_->bus();
    made->clock_ = &made->simulation_->clock();
    made->chip_config_ = made->simulation_->fitted(made->chip_config_);
  } else {
    FITHOME_TRY_VOID(made->keep_out_others(config, meter));
    FITHOME_TRY(auto device, spi::SpidevBus::open({meter.device, meter.speed_hz}));
    made->device_ = std::make_unique<spi::SpidevBus>(std::move(device));
    made->bus_ = made->device_.get();
  }
  made->chip_.emplace(*made->bus_, *made->clock_, made->chip_config_,
                      made->pad_file_ ? made->pad_file_->pad() : made->own_pad_);
  if (made->may_hold_) made->chip_->may_hold(*made->may_hold_);
  return made;
}

}  // namespace fithome::app
