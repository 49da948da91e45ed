// SPDX-License-Identifier: MIT
//
// What an hour of readings comes to as a block, and what it costs to write and read one.
//
//   block [--once] [CSV COLUMNS]
//     --once       each block is encoded and decoded once, for callgrind to count
//                  (bench/block_instructions.sh)
//     CSV COLUMNS  a file to replay besides, as in sim::CsvHouseOptions:
//                  main.csv 'time=Timestamp,p_a=Active (W),q_a=Reactive (W),s_a=Apparent (W)'
//
// Three houses: noisy_house.h, the generated one through the simulated chip and our driver, and the
// file through the same.
#include "store/block.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "bench/readings.h"
#include "store/chunk.h"

using namespace fithome;
using namespace fithome::bench;

namespace {

constexpr std::array kPowers{house_channel(active_power), house_channel(reactive_power)};

std::vector<Reading> noisy_hours(std::size_t count) {
  const Readings house = noisy_readings();
  std::vector<Reading> readings;
  for (std::size_t n = 0; n < count; ++n) readings.push_back(house(static_cast<std::int64_t>(n)));
  return readings;
}

store::Chunk chunk_of(std::span<const Reading> readings, store::Sequence first) {
  store::Chunk chunk = store::empty_chunk(store::all_channels());
  for (const Reading& reading : readings) {
    chunk.sequence.push_back(first++);
    chunk.time.push_back(reading.time);
    chunk.flags.push_back(reading.flags);
    for (store::Column& column : chunk.columns) {
      column.steps.push_back(reading.steps[column.channel].value_or(0));
      column.present.push_back(reading.steps[column.channel] ? 1 : 0);
    }
  }
  return chunk;
}

std::vector<store::Chunk> chunks_of(const std::vector<Reading>& readings) {
  std::vector<store::Chunk> chunks;
  for (std::size_t at = 0; at < readings.size(); at += store::kChunkReadings) {
    const std::size_t size = std::min(readings.size() - at, store::kChunkReadings);
    chunks.push_back(chunk_of(std::span(readings).subspan(at, size), at + 1));
  }
  return chunks;
}

// The least of several rounds, in nanoseconds a reading.
template <class Work>
double least_ns(std::size_t readings, int rounds, Work work) {
  double least = 1e18;
  for (int round = 0; round < rounds; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - begin;
    least = std::min(least, spent.count() / static_cast<double>(readings));
  }
  return least;
}

using Blocks = std::vector<std::vector<std::byte>>;

void decode_all(const Blocks& blocks, std::span<const reading::ChannelId> channels) {
  for (const auto& bytes : blocks) {
    if (!store::decode_block(bytes, channels)) std::abort();
  }
}

// Functions of their own, for callgrind to find.
[[gnu::noinline]] void encode_readings(const std::vector<store::Chunk>& chunks, Blocks& blocks) {
  blocks.clear();
  for (const auto& chunk : chunks) blocks.push_back(store::encode_block(1, chunk));
}
[[gnu::noinline]] void decode_measured(const Blocks& blocks,
                                       std::span<const reading::ChannelId> channels) {
  decode_all(blocks, channels);
}
[[gnu::noinline]] void decode_powers(const Blocks& blocks) { decode_all(blocks, kPowers); }

// Nothing must be lost.
void compare(const Blocks& blocks, const std::vector<store::Chunk>& chunks,
             std::span<const reading::ChannelId> all) {
  for (std::size_t n = 0; n < blocks.size(); ++n) {
    const auto back = store::decode_block(blocks[n], all);
    if (!back || back->readings.time != chunks[n].time) std::abort();
    for (std::size_t id = 0; id < all.size(); ++id) {
      if (back->readings.columns[id].steps != chunks[n].columns[id].steps) std::abort();
    }
  }
}

void measure(const char* name, const std::vector<Reading>& readings, int rounds) {
  const std::vector<store::Chunk> chunks = chunks_of(readings);
  Blocks blocks;
  const auto all = store::all_channels();
  std::vector<reading::ChannelId> measured;
  for (const auto id : all) {
    if (std::ranges::any_of(readings,
                            [&](const Reading& one) { return one.steps[id].has_value(); })) {
      measured.push_back(id);
    }
  }
  const double encoding =
      least_ns(readings.size(), rounds, [&] { encode_readings(chunks, blocks); });
  compare(blocks, chunks, all);
  std::size_t bytes = 0, prefix = 0;
  for (std::size_t n = 0; n < blocks.size(); ++n) {
    bytes += blocks[n].size();
    prefix += store::block_prefix(blocks[n], kPowers).value_or(0);
  }
  const double whole =
      least_ns(readings.size(), rounds, [&] { decode_measured(blocks, measured); });
  const double two = least_ns(readings.size(), rounds, [&] { decode_powers(blocks); });
  const auto count = static_cast<double>(readings.size());
  const double raw = static_cast<double>(4 * measured.size() + 8);
  std::printf("%s: %zu readings of %zu channels in %zu blocks\n", name, readings.size(),
              measured.size(), blocks.size());
  std::printf(
      "  %.2f bytes a reading (goal 9.8; %.1f times less than 4 a value), p and q in %.2f\n",
      static_cast<double>(bytes) / count, raw * count / static_cast<double>(bytes),
      static_cast<double>(prefix) / count);
  std::printf(
      "  encode %.0f ns a reading; decode %.0f ns, %.1f million a second (goal 5); p and q"
      " %.0f ns, %.1f million\n",
      encoding, whole, 1000 / whole, two, 1000 / two);
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  const bool once = !words.empty() && words.front() == "--once";
  if (once) words.erase(words.begin());
  const int rounds = once ? 1 : 7;
  const std::size_t count = once ? store::kChunkReadings : 24 * store::kChunkReadings;
  measure("generated house, noise 0.8 W", noisy_hours(count), rounds);
  if (once) return 0;
  const auto generated = sim::generated_house(1, Hertz{60}, Volts{120});
  measure("generated house, simulated chip", chip_readings(*generated, kStart, count, {}), rounds);
  if (words.size() < 2) return 0;
  const auto readings = chip_readings(words[0], words[1], count);
  if (!readings) return std::fprintf(stderr, "%s\n", readings.error().what.c_str()), 1;
  measure("file, simulated chip", *readings, rounds);
  return 0;
}
