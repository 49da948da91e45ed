#!/bin/sh
# SPDX-License-Identifier: MIT
# fuzz_smoke.sh BUILD-FOLDER SECONDS: runs each fuzzer, from its corpus, for SECONDS. What it finds stays
# in BUILD-FOLDER/found/NAME; a crash ends it, and its input is to become a file of tests/fuzz/corpus/NAME.
set -eu
for fuzzer in "$1"/tests/fuzz/*_fuzz; do
  name=$(basename "$fuzzer" _fuzz)
  found=$1/found/$name
  mkdir -p "$found"
  echo "==> $name"
  "$fuzzer" -max_total_time="$2" -max_len=65536 -print_final_stats=1 -artifact_prefix="$found/crash-" "$found" \
    "tests/fuzz/corpus/$name"
done
