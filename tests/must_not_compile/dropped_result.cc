// SPDX-License-Identifier: MIT
// A failure cannot be overlooked by writing nothing.
// expect: nodiscard|-Wunused-result|-Wunused-value
#include "base/result.h"

fithome::Result<void> store_it();

bool keep() {
#ifdef ALLOWED
  return store_it().has_value();
#else
  store_it();
  return true;
#endif
}
