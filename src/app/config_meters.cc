// SPDX-License-Identifier: MIT
//
// What only shows when all values of the configuration are known: defaults that follow from other
// values, meters that are at odds with one another, the sum that is the house.
#include <fmt/format.h>

#include <algorithm>

#include "app/config_file.h"
#include "app/house_sum.h"

namespace fithome::app {
namespace {

// One thing at a time about the meters of a configuration.
class Judge {
 public:
  Judge(const ConfigText& text, const Places& places, Settings& settings, Problems& problems)
      : text_(text), places_(places), settings_(settings), problems_(problems) {}

  void meters() {
    for (std::size_t n = 0; n < all().size(); ++n) {
      name(n);
      device(n);
      lines(n);
    }
    former_names();
  }

  void house() {
    const auto sum = parse_house_sum(settings_.config.house, all());
    if (sum) return;
    const auto at = places_.find("house");
    Place place = at == places_.end() ? Place{} : at->second;
    place.column += static_cast<int>(sum.error().at) + 1;  // behind the quote
    report(place, "house: " + sum.error().what);
  }

 private:
  const std::vector<MeterConfig>& all() const { return settings_.config.meters; }

  bool said(std::string_view key, std::size_t meter) const {
    return settings_.origin.contains(origin_key(key, meter));
  }

  Place place_of(std::string_view key, std::size_t meter) const {
    for (const std::string& each : {origin_key(key, meter), origin_key("meter", meter)}) {
      if (const auto found = places_.find(each); found != places_.end()) return found->second;
    }
    return {};
  }

  void report(Place place, std::string what) {
    problems_.push_back(place.line == 0 ? Problem{std::move(what), "", 0, 0, ""}
                                        : text_.problem(place.line, place.column, std::move(what)));
  }

  void name(std::size_t meter) {
    if (all().size() == 1) return;
    const std::string& own = all()[meter].name;
    if (meter > 0 && !said("meter.name", meter)) {
      return report(place_of("meter", meter),
                    "meter: a further meter needs a name, such as name = \"solar\"");
    }
    if (!good_name(own)) {
      return report(place_of("meter.name", meter),
                    fmt::format("name: takes {} where there are several meters", kNameTakes));
    }
    if (own == "house") {
      return report(place_of("meter.name", meter),
                    "name: house is the sum of the meters; call this one otherwise, such as mains");
    }
    for (std::size_t before = 0; before < meter; ++before) {
      if (all()[before].name != own) continue;
      return report(
          place_of("meter.name", meter),
          fmt::format("name: another meter is called {}; each needs a name of its own", own));
    }
  }

  void device(std::size_t meter) {
    for (std::size_t before = 0; before < meter; ++before) {
      if (all()[before].device != all()[meter].device) continue;
      return report(place_of("meter.device", meter),
                    fmt::format("device: meter {} is on {} already; each chip has a chip-select, "
                                "and so a device, of its own, such as /dev/spidev0.1",
                                all()[before].name, all()[before].device));
    }
  }

  void lines(std::size_t meter) {
    const auto& names = all()[meter].line_names;
    for (std::size_t line = 0; line < names.size(); ++line) {
      const std::string key = fmt::format("meter.line.{}.name", chip::line_letter(line));
      if (names[line].empty()) continue;
      if (!good_name(names[line])) {
        report(place_of(key, meter), fmt::format("name: takes {}", kNameTakes));
      } else if (names[line].size() == 1 && names[line] >= "a" && names[line] <= "c") {
        report(place_of(key, meter), "name: a, b and c are the lines themselves; say what it is");
      } else if (std::find(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(line),
                           names[line]) != names.begin() + static_cast<std::ptrdiff_t>(line)) {
        report(place_of(key, meter),
               fmt::format("name: another line of this meter is called {}", names[line]));
      }
    }
  }

  // A history goes to one meter.
  void former_names() {
    for (std::size_t n = 0; n < all().size(); ++n) {
      const std::string& former = all()[n].formerly;
      if (former.empty()) continue;
      for (std::size_t other = 0; other < all().size(); ++other) {
        const bool named = all()[other].name == former;
        if (named || (other < n && all()[other].formerly == former)) {
          report(place_of("meter.formerly", n),
                 fmt::format("formerly: the history of {} is that of meter {} already; remove this "
                             "line",
                             former, all()[other].name));
          break;
        }
      }
    }
  }

  const ConfigText& text_;
  const Places& places_;
  Settings& settings_;
  Problems& problems_;
};

// One house has one grid: what is said of the first meter holds for those that say nothing.
void share_grid(Settings& settings) {
  const auto said = [&](std::string_view key, std::size_t meter) {
    return settings.origin.contains(origin_key(key, meter));
  };
  const chip::ChipConfig& first = settings.config.meter().chip;
  for (std::size_t n = 0; n < settings.config.meters.size(); ++n) {
    chip::ChipConfig& chip = settings.config.meters[n].chip;
    if (n > 0 && !said("meter.grid", n)) chip.grid = first.grid;
    if (said("meter.nominal_v", n)) continue;
    const bool as_first = n > 0 && chip.grid == first.grid;
    chip.nominal = as_first ? first.nominal : Volts{chip.grid == chip::Grid::hz50 ? 230.0 : 120.0};
  }
}

void warn_of_unused_lines(Settings& settings) {
  constexpr std::string_view kLineTable = ".line.";
  for (const auto& [key, origin] : settings.origin) {
    if (!key.starts_with("meter")) continue;
    const auto table = key.find(kLineTable);
    if (table == key.npos) continue;
    const std::size_t meter = key[5] == ' ' ? std::stoul(key.substr(6)) - 1 : 0;
    const char letter = key[table + kLineTable.size()];
    const auto lines = chip::lines_of(settings.config.meters[meter].chip.wiring);
    if (lines[static_cast<std::size_t>(letter - 'a')]) continue;
    settings.warnings.push_back(
        {fmt::format("{}: {}: line {} is not measured with this wiring", origin, key, letter), "",
         0, 0, ""});
  }
}

}  // namespace

void finish(const ConfigText& text, const Places& places, Settings& settings, Problems& problems) {
  share_grid(settings);
  Judge judge(text, places, settings, problems);
  judge.meters();
  if (problems.empty()) judge.house();
  if (problems.empty()) warn_of_unused_lines(settings);
}

}  // namespace fithome::app
