// SPDX-License-Identifier: MIT
//
// Stands in for the fuzzer where there is none: hands each file of a corpus to the fuzz target
// once, and all its beginnings of 1, 2, 4, ... bytes, for whatever comes from outside may come cut
// off.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

std::vector<std::uint8_t> bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

int main(int argc, char** argv) {
  int files = 0;
  for (int n = 1; n < argc; ++n) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[n])) {
      if (!entry.is_regular_file()) continue;
      const auto bytes = bytes_of(entry.path());
      std::fprintf(stderr, "%s\n",
                   entry.path().c_str());  // the last one named is the one that crashed
      for (std::size_t size = 1; size < bytes.size(); size *= 2) {
        LLVMFuzzerTestOneInput(
            std::vector(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)).data(),
            size);
      }
      LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
      ++files;
    }
  }
  std::fprintf(stderr, "%d files replayed\n", files);
  return files > 0 ? 0 : 1;
}
