#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Instructions a reading of the block codec, by valgrind's callgrind: one block of the generated house
# with noise, encoded and decoded.
#   bench/block_instructions.sh [build/release/bench/block]
set -euo pipefail
block=${1:-$(dirname "$0")/../build/release/bench/block}

# Those within one function of the program, of the block's 3,600 readings. Setting memory to zero counts an
# instruction a byte here (rep stosb), which no processor takes that long for.
instructions() {
  valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect="*$1*" "$block" --once 2>&1 |
    sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

echo "$(($(instructions encode_readings) / 3600)) instructions to encode a reading of 18 channels (goal 5000)"
echo "$(($(instructions decode_measured) / 3600)) to decode it, $(($(instructions decode_powers) / 3600)) to decode p and q of it"
