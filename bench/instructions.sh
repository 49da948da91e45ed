#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Instructions a reading, start-up left out: the difference of two runs under valgrind's callgrind.
#   bench/instructions.sh [build/release/bench/sample]
set -euo pipefail
sample=${1:-$(dirname "$0")/../build/release/bench/sample}

instructions() {
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$sample" "$1" "${TMPDIR:-/tmp}" 10 3 2>&1 | sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

few=100 many=600
echo "$(( ($(instructions $many) - $(instructions $few)) / (many - few) )) instructions a reading (user mode; storing and serving included)"
