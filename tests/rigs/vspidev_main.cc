// SPDX-License-Identifier: MIT
//
// vspidev FILE [--house generated:SEED | csv:TABLE --columns SPEC]
//
// Makes FILE a spidev with a simulated chip and house behind it, until it is interrupted. Needs
// root. A table is played from its first row on, beginning now.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include "sim/house.h"
#include "virtual_spidev.h"

namespace {

using namespace fithome;

Result<std::unique_ptr<sim::House>> house_of(std::string_view house, const std::string& columns) {
  constexpr std::string_view kGenerated = "generated:";
  constexpr std::string_view kCsv = "csv:";
  if (house.starts_with(kGenerated)) {
    const std::string seed(house.substr(kGenerated.size()));
    return sim::generated_house(std::strtoull(seed.c_str(), nullptr, 10), Hertz{60}, Volts{120});
  }
  if (!house.starts_with(kCsv))
    return fail(Code::invalid, "a house is generated:SEED or csv:TABLE");
  FITHOME_TRY(auto replay,
              sim::csv_house({.file = std::string(house.substr(kCsv.size())), .columns = columns}));
  const auto lead = *replay->begin() - SystemClock().utc();
  return sim::ahead(std::move(replay), lead);
}

int refuse(const std::string& why) {
  std::fprintf(stderr, "vspidev: %s\n", why.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, std::string> options{{"--house", "generated:1"}, {"--columns", ""}};
  for (int n = 2; n + 1 < argc; n += 2) {
    if (!options.contains(argv[n])) return refuse(std::string("unknown option ") + argv[n]);
    options[argv[n]] = argv[n + 1];
  }
  if (argc < 2 || argc % 2 != 0) {
    return refuse("usage: vspidev FILE [--house generated:SEED | csv:TABLE --columns SPEC]");
  }

  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);  // before there are threads: only sigwait takes them

  auto house = house_of(options["--house"], options["--columns"]);
  if (!house) return refuse(house.error().what);
  SystemClock clock;
  sim::SimChip chip(clock, **house);
  auto device = rigs::VirtualSpidev::mount(argv[1], chip);
  if (!device) return refuse(device.error().what);
  std::printf("%s: %s\n", argv[1], (*house)->describe().c_str());
  std::fflush(stdout);

  int signal = 0;
  sigwait(&ends, &signal);
  return 0;
}
