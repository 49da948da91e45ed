// SPDX-License-Identifier: MIT
//
// Makes a block of the readings it is told, for the test of docs/block-format.md.
//
// Use:     block_sample METER < readings > block; a line is `time_ms sequence flags` and the steps
//          of all channels, "-" where absent
#include <cstdio>
#include <iostream>
#include <sstream>
#include <string>

#include "store/block.h"
#include "store/chunk.h"

namespace {

using fithome::store::Chunk;
using fithome::store::Column;

void add_line(const std::string& line, Chunk& chunk) {
  std::istringstream in(line);
  std::int64_t time = 0;
  in >> time >> chunk.sequence.emplace_back() >> chunk.flags.emplace_back();
  chunk.time.emplace_back(std::chrono::milliseconds(time));
  std::string word;
  for (Column& column : chunk.columns) {
    in >> word;
    column.present.push_back(word == "-" ? 0 : 1);
    column.steps.push_back(word == "-" ? 0 : std::stoi(word));
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  Chunk chunk = fithome::store::empty_chunk(fithome::store::all_channels());
  for (std::string line; std::getline(std::cin, line);) add_line(line, chunk);
  const auto bytes = fithome::store::encode_block(std::stoi(argv[1]), chunk);
  return std::fwrite(bytes.data(), 1, bytes.size(), stdout) == bytes.size() ? 0 : 1;
}
