#!/bin/bash
# SPDX-License-Identifier: MIT
# fuzz_smoke.sh BUILD-FOLDER SECONDS [NAME...]: runs each fuzzer, or those named, from its corpus, for SECONDS, and says
# how many inputs it ran and what CPU time it took. What it finds stays in BUILD-FOLDER/found/NAME; a crash ends it, and
# its input is to become a file of tests/fuzz/corpus/NAME.
set -euo pipefail
build=$1 seconds=$2
shift 2
# shellcheck disable=SC2046  # names are words
[ $# -gt 0 ] || set -- $(basename -s _fuzz "$build"/tests/fuzz/*_fuzz)
TIMEFORMAT='%U %S'

fuzz() {  # name, folder of what it finds
  "$build/tests/fuzz/${1}_fuzz" -max_total_time="$seconds" -max_len=65536 -print_final_stats=1 \
    -artifact_prefix="$2/crash-" "$2" "tests/fuzz/corpus/$1" >"$2.log" 2>&1
}

for name; do
  found=$build/found/$name
  mkdir -p "$found"
  status=0
  { time fuzz "$name" "$found"; } 2>"$found.time" || status=$?
  awk -v name="$name" '
    /^stat::number_of_executed_units/ {runs = $2}
    NF == 2 && FILENAME ~ /time$/ {cpu = $1 + $2}
    END {printf "%-15s %9d runs %7.0f s of CPU\n", name, runs, cpu}' "$found.log" "$found.time"
  [ $status -eq 0 ] || { tail -n 60 "$found.log"; exit $status; }
done
