// SPDX-License-Identifier: MIT
#include "app/direct_meter.h"

#include <fmt/format.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include "app/meter_ids.h"
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

Result<void> DirectMeter::keep_out_others(const Config& config) {
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
  const store::MeterId id = known.ids.front();
  const std::filesystem::path pad = pad_path(config.data, id);
  if (!std::filesystem::exists(pad, error)) return {};
  const auto ledger = reader.ledger(id);
  if (!ledger && ledger.error().code != Code::not_found) return Failure(ledger.error());
  FITHOME_TRY(pad_file_,
              PadFile::open(pad, info.site, ledger ? ledger->booked : chip::EnergyCounters{}));
  return {};
}

Result<std::unique_ptr<DirectMeter>> DirectMeter::open(
    const Config& config, const std::optional<SimulationOptions>& simulated) {
  std::unique_ptr<DirectMeter> made(new DirectMeter);
  chip::reset(made->own_pad_, {});
  chip::ChipConfig chip_config = config.meter().chip;
  if (simulated) {
    FITHOME_TRY(made->simulation_, Simulation::open(*simulated));
    made->bus_ = &made->simulation_->bus();
    made->clock_ = &made->simulation_->clock();
    chip_config = made->simulation_->fitted(chip_config);
  } else {
    FITHOME_TRY_VOID(made->keep_out_others(config));
    FITHOME_TRY(auto device,
                spi::SpidevBus::open({config.meter().device, config.meter().speed_hz}));
    made->device_ = std::make_unique<spi::SpidevBus>(std::move(device));
    made->bus_ = made->device_.get();
  }
  made->chip_.emplace(*made->bus_, *made->clock_, chip_config,
                      made->pad_file_ ? made->pad_file_->pad() : made->own_pad_);
  return made;
}

}  // namespace fithome::app
