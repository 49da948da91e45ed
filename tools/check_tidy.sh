#!/bin/sh
# SPDX-License-Identifier: MIT
# check_tidy.sh BUILD-FOLDER [FILE...]: clang-tidy on what runs in a house, or on the files given.
# Where the folder is a unity build it reads several sources at once, in a third of the time.
# Tests are left out, and files with Boost.Beast, which take a minute each.
set -eu
build=$1
shift
if [ $# = 0 ]; then
  set -- $(sed -n 's/^ *"file": "\(.*\)",*$/\1/p' "$build/compile_commands.json" |
    grep -E '/src/[a-z]+/(CMakeFiles/fithome[_a-z]*\.dir/Unity/[^/]*\.cxx|[a-z_]*\.cc)$' | grep -v '_test\.cc$' |
    xargs grep -L 'boost/beast')
fi
if [ $# = 0 ]; then
  echo "no sources in $build/compile_commands.json" >&2
  exit 1
fi
# tidy [OPTION...]: on the files named in the standard input.
tidy() {
  xargs -n 1 -P "$(nproc)" clang-tidy-19 -p "$build" --quiet --extra-arg=-Wno-unknown-warning-option "$@" \
    2>"$build/tidy.log" ||
    { grep -v 'warnings\? generated' "$build/tidy.log"; exit 1; }
}
printf '%s\n' "$@" | tidy
# This one looks at the named file alone, never at what a unit is made of.
using=$(grep -lE '^using [A-Za-z_:]+::[A-Za-z_]+;' $(find src -name '*.cc' ! -name '*_test.cc') | xargs grep -L 'boost/beast')
printf '%s\n' "$using" | tidy --checks='-*,misc-unused-using-decls'
echo "clang-tidy has nothing to say of $# units, and of the names that $(echo "$using" | wc -l) files use"
