#!/bin/sh
# SPDX-License-Identifier: MIT
# check_tidy.sh BUILD-FOLDER [FILE...]: clang-tidy on what runs in a house, or on the files given.
# Where the folder is a unity build it reads several sources at once, in a third of the time.
# Tests are left out, and files with Boost.Beast, which take a minute each.
set -eu
build=$1
shift
# Precompiled headers are GCC's. Without them an include that is missing is seen here, too.
mkdir -p "$build/tidy"
sed -E 's/ -Winvalid-pch -include [^ ]*cmake_pch\.hxx//; s/ -fpch-preprocess//' "$build/compile_commands.json" \
  > "$build/tidy/compile_commands.json"
if [ $# = 0 ]; then
  beastless=src/api/server.cc  # of fithome_http the only one that goes without Beast
  set -- $(sed -n 's/^ *"file": "\(.*\)",*$/\1/p' "$build/compile_commands.json" |
    grep -E '/src/[a-z]+/(CMakeFiles/fithome[_a-z]*\.dir/Unity/[^/]*\.cxx|[a-z_]*\.cc)$' | grep -v '_test\.cc$' |
    grep -vE '/fithome_(http|wire)\.dir/' | xargs grep -L 'boost/beast' | grep -v '/server\.cc$')
fi
if [ $# = 0 ]; then
  echo "no sources in $build/compile_commands.json" >&2
  exit 1
fi
# tidy [OPTION...]: on the files named in the standard input.
tidy() {
  xargs -r -n 1 -P "$(nproc)" clang-tidy-19 -p "$build/tidy" --quiet --extra-arg=-Wno-unknown-warning-option "$@" \
    2>"$build/tidy/log" ||
    { grep -v 'warnings\? generated' "$build/tidy/log"; exit 1; }
}
printf '%s\n' "$@" | tidy
# It stands in no unit that is read, so what its own is compiled with is said here (src/api/CMakeLists.txt).
printf '%s\n' ${beastless-} | tidy --extra-arg=-DBOOST_ASIO_SEPARATE_COMPILATION --extra-arg=-DBOOST_ASIO_NO_DEPRECATED

# This check looks at the named file alone, never at what a unit is made of. A type's name (only a type begins with a
# capital) that stands in the code without what is before its `::` is used; clang is asked about the others.
seen_used() {
  code=$(sed -E '/^using /d; s,//.*,,; s/"[^"]*"//g' "$1")
  for name in $(sed -nE 's/^using [A-Za-z_:]+::([A-Za-z_]+);.*/\1/p' "$1"); do
    case $name in [a-z_]*) return 1 ;; esac
    echo "$code" | grep -qE "(^|[^A-Za-z0-9_.:>])$name([^A-Za-z0-9_]|\$)" || return 1
  done
}
using=$(grep -lE '^using [A-Za-z_:]+::[A-Za-z_]+;' $(find src -name '*.cc' ! -name '*_test.cc') | xargs grep -L 'boost/beast')
for file in $using; do seen_used "$file" || echo "$file"; done | tidy --checks='-*,misc-unused-using-decls'
echo "clang-tidy has nothing to say of $# units, and of the names that $(echo "$using" | wc -l) files use"
