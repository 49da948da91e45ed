// SPDX-License-Identifier: MIT
// What a register held is no quantity until chip/decode.h has given it sign and unit.
// expect: no match for .operator\*.|invalid operands to binary expression
#include "chip/decode.h"

using namespace fithome;
using namespace fithome::chip;

#ifdef ALLOWED
static_assert(voltage(Word{12000}, Word{0}) == Volts{120});
#else
static_assert(Word{12000} * 0.01 == 120);
#endif
