// SPDX-License-Identifier: MIT
// Active and apparent power are added by no one.
// expect: no match for .operator\+.|invalid operands to binary expression
#include "base/units.h"

using namespace fithome;

#ifdef ALLOWED
constexpr Watts kSum = Watts{1} + Watts{2};
#else
constexpr Watts kSum = Watts{1} + VoltAmps{2};
#endif

static_assert(kSum == Watts{3});
