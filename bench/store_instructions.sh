#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Instructions of a reading of 18 channels that is appended, its part of sealing and roll-ups included, by valgrind's
# callgrind; and those of the same as a row of SQLite. A sync, and a commit of the rows, each 60 readings.
#   bench/store_instructions.sh [build/release/bench/store]
set -euo pipefail
store=${1:-$(dirname "$0")/../build/release/bench/store}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
readings=14460  # four blocks and a minute, so that each is sealed

# Within one function of the program, user mode.
instructions() {
  valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect="*$1*" "$store" --count $readings --sync 60 8 "$folder" 2>&1 |
    sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

ours=$(instructions append_to_ours) rows=$(instructions append_to_rows)
echo "$((ours / readings)) instructions to append a reading (goal 5000), $((rows / readings)) to insert it as a row of SQLite"
