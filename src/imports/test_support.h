// SPDX-License-Identifier: MIT
//
// What the tests of imports share: files of a moment, a time zone of their own, all of a source.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <time.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "imports/source.h"
#include "store/test_support.h"

namespace fithome::imports {

class InZone {
 public:
  explicit InZone(const char* zone) {
    ::setenv("TZ", zone, 1);
    ::tzset();
  }
  InZone(const InZone&) = delete;
  InZone& operator=(const InZone&) = delete;
  ~InZone() {
    ::setenv("TZ", "UTC0", 1);
    ::tzset();
  }
};

inline std::filesystem::path write_file(const std::filesystem::path& file, std::string_view bytes) {
  std::ofstream(file, std::ios::binary) << bytes;
  return file;
}

/// All that comes before the end or an error.
inline std::vector<reading::Reading> all_of(Source& source, std::string* error = nullptr) {
  std::vector<reading::Reading> all;
  while (true) {
    const auto some = source.next(7);
    if (!some) {
      if (error == nullptr) ADD_FAILURE() << some.error().what;
      if (error != nullptr) *error = some.error().what;
      return all;
    }
    if (some->empty()) return all;
    all.insert(all.end(), some->begin(), some->end());
  }
}

inline reading::ChannelId id(std::string_view name) { return *reading::find_channel(name); }

}  // namespace fithome::imports
