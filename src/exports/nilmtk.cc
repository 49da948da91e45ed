// SPDX-License-Identifier: MIT
//
// NILMTK's CSV layout: building1/elec/meterN.csv, one a line of the house, and metadata as YAML.
// python/fithome turns it into the HDF5 file that NILMTK opens by itself.
#include <fmt/format.h>

#include <fstream>

#include "exports/csv_text.h"
#include "exports/formats.h"
#include "exports/output.h"

namespace fithome::exports {
namespace {

using reading::Quantity;

constexpr std::string_view kSubject = "subject: electricity of a house";  // of our datasets

struct Measured {
  Quantity quantity;
  bool of_house;
  std::string_view physical, type;  // in NILMTK's words
};
constexpr std::array<Measured, 7> kMeasured{{
    {Quantity::active_power, false, "power", "active"},
    {Quantity::reactive_power, false, "power", "reactive"},
    {Quantity::apparent_power, false, "power", "apparent"},
    {Quantity::voltage, false, "voltage", ""},
    {Quantity::current, false, "current", ""},
    {Quantity::power_factor, false, "power factor", ""},
    {Quantity::frequency, true, "frequency", ""},
}};

std::vector<Wanted> channels_of(int line) {
  std::vector<Wanted> channels;
  for (const Measured& one : kMeasured) {
    const auto id = one.of_house ? reading::house_channel(one.quantity)
                                 : reading::line_channel(one.quantity, line);
    channels.push_back({id, std::string(reading::kChannels[id].name)});
  }
  return channels;
}

// Three lines: the two levels of the columns' names, and one for the name of the index.
std::string heading() {
  std::string quantities = "physical_quantity", types = "type", empty;
  for (const Measured& one : kMeasured) {
    quantities += fmt::format(",{}", one.physical);
    types += fmt::format(",{}", one.type);
    empty += ',';
  }
  return quantities + '\n' + types + '\n' + empty + '\n';
}

Result<void> make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!error) return {};
  return os_failure(Code::transient, fmt::format("make the folder {}", folder.string()),
                    error.value());
}

Result<void> write_file(const std::filesystem::path& path, std::string_view text) {
  FITHOME_TRY(FileOutput file, FileOutput::open(path));
  FITHOME_TRY_VOID(file.write(text));
  return file.close();
}

// "2026-11-22 22:40:00.000+00:00"
void append_time(std::string& out, UtcTime time) {
  std::string iso = to_iso(time);
  iso[10] = ' ';
  iso.pop_back();
  out += iso + "+00:00";
}

std::string yaml_text(std::string_view text) {
  std::string quoted = "\"";
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') quoted += '\\';
    quoted += letter;
  }
  return quoted + '"';
}

std::string device_yaml(double interval_s) {
  std::string yaml = fmt::format(
      "ATM90E32:\n  model: ATM90E32\n  manufacturer: CircuitSetup\n  sample_period: {}\n"
      "  max_sample_period: {}\n  wireless: false\n  measurements:\n",
      interval_s, interval_s * 10);
  for (const Measured& one : kMeasured) {
    yaml += fmt::format("  - physical_quantity: {}\n", one.physical);
    if (!one.type.empty()) yaml += fmt::format("    type: {}\n", one.type);
  }
  return yaml;
}

Result<void> write_metadata(const std::filesystem::path& folder, const Request& request) {
  const std::string dataset = fmt::format(
      "name: {0}\nlong_name: {0}\n{2}\ntimezone: {1}\n"
      "schema: https://github.com/nilmtk/nilm_metadata/tree/v0.2\n",
      yaml_text(request.site), yaml_text(request.timezone), kSubject);
  std::string building = "instance: 1\nelec_meters:\n";
  for (std::size_t n = 0; n < request.lines.size(); ++n) {
    building += fmt::format("  {}:\n    site_meter: true\n    device_model: ATM90E32\n", n + 1);
  }
  building += "appliances: []\n";
  FITHOME_TRY_VOID(write_file(folder / "dataset.yaml", dataset));
  FITHOME_TRY_VOID(write_file(folder / "meter_devices.yaml", device_yaml(request.interval_s)));
  return write_file(folder / "building1.yaml", building);
}

Result<Progress> write_line(const store::Reader& reader, const Request& request,
                            const std::filesystem::path& path, const Watch& watch) {
  FITHOME_TRY(Frames frames, Frames::open(reader, request));
  FITHOME_TRY(FileOutput file, FileOutput::open(path));
  FITHOME_TRY_VOID(file.write(heading()));
  RowTexts values(frames.columns());
  std::string text;
  FITHOME_TRY(const Progress progress, each_frame(frames, watch, [&](const Frame& frame) {
                text.clear();
                for (std::size_t row = 0; row < frame.rows(); ++row) {
                  append_time(text, frame.time[row]);
                  values.append(text, frame, row);
                  text += '\n';
                }
                return file.write(text);
              }));
  FITHOME_TRY_VOID(file.close());
  return progress;
}

}  // namespace

bool is_our_nilmtk(const std::filesystem::path& folder) {
  std::ifstream file(folder / "metadata" / "dataset.yaml");
  for (std::string line; std::getline(file, line);) {
    if (line == kSubject) return true;
  }
  return false;
}

Result<Progress> write_nilmtk(const store::Reader& reader, const Request& asked,
                              const std::filesystem::path& path, const Watch& watch) {
  if (asked.every) return fail(Code::invalid, "nilmtk takes each reading; leave --every away");
  Request request = asked;
  FITHOME_TRY_VOID(make_folder(path / "building1" / "elec"));
  FITHOME_TRY_VOID(make_folder(path / "metadata"));
  FITHOME_TRY_VOID(write_metadata(path / "metadata", request));
  Progress progress;
  for (std::size_t n = 0; n < request.lines.size(); ++n) {
    request.wanted = channels_of(request.lines[n]);
    const auto whole = [&](const Progress& part) {
      return watch(
          {(static_cast<double>(n) + part.done) / static_cast<double>(request.lines.size()),
           part.rows});
    };
    const auto file = path / "building1" / "elec" / fmt::format("meter{}.csv", n + 1);
    FITHOME_TRY(progress, write_line(reader, request, file, whole));
  }
  progress.done = 1;
  return progress;
}

}  // namespace fithome::exports
