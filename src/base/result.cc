// SPDX-License-Identifier: MIT
#include "base/result.h"

#include <cstdio>
#include <cstdlib>
#include <system_error>

namespace fithome {

std::string_view name(Code code) {
  switch (code) {
    case Code::transient:
      return "transient";
    case Code::not_found:
      return "not_found";
    case Code::invalid:
      return "invalid";
    case Code::corrupt:
      return "corrupt";
    case Code::unsupported:
      return "unsupported";
  }
  return "unknown";
}

Failure os_failure(Code code, std::string_view context, int os) {
  return fail(code, std::string(context) + ": " + std::generic_category().message(os), os);
}

void check_failed(const char* condition, std::string_view why, const char* file, int line) {
  std::fprintf(stderr, "<2>fithome: broken invariant at %s:%d: %s (%.*s)\n", file, line, condition,
               static_cast<int>(why.size()), why.data());
  std::abort();
}

}  // namespace fithome
