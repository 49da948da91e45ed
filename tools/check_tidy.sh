#!/bin/sh
# SPDX-License-Identifier: MIT
# check_tidy.sh BUILD-FOLDER [FILE...]: clang-tidy on what runs in a house, or on the files given.
# Tests are left out, and files with Boost.Beast, which take a minute each.
set -eu
build=$1
shift
if [ $# = 0 ]; then
  set -- $(find src -name '*.cc' ! -name '*_test.cc' -exec grep -L 'boost/beast' {} +)
fi
printf '%s\n' "$@" | xargs -n 1 -P "$(nproc)" clang-tidy-19 -p "$build" --quiet --extra-arg=-Wno-unknown-warning-option 2>"$build/tidy.log" ||
  { grep -v 'warnings\? generated' "$build/tidy.log"; exit 1; }
echo "clang-tidy has nothing to say of $# files"
