#!/bin/sh
# SPDX-License-Identifier: MIT
# check_tidy.sh BUILD-FOLDER [FILE...]: clang-tidy on what runs in a house, or on the files given.
# Where the folder is a unity build it reads several sources at once, in a third of the time.
# Tests are left out.
set -eu
build=$1
shift
if [ $# = 0 ]; then
  set -- $(sed -n 's/^ *"file": "\(.*\)",*$/\1/p' "$build/compile_commands.json" |
    grep -E '/src/[a-z]+/(CMakeFiles/fithome[_a-z]*\.dir/Unity/[^/]*\.cxx|[a-z_]*\.cc)$' | grep -v '_test\.cc$')
fi
if [ $# = 0 ]; then
  echo "no sources in $build/compile_commands.json" >&2
  exit 1
fi
printf '%s\n' "$@" | xargs -n 1 -P "$(nproc)" clang-tidy-19 -p "$build" --quiet 2>"$build/tidy.log" ||
  { grep -v 'warnings\? generated' "$build/tidy.log"; exit 1; }

# What clang-tidy sees in sources read one by one only, and of typedefs not even there: `using NAMESPACE::Name;` of which
# nothing is used. A name that stands in the code without what is before its `::` is used: a type or a constant anywhere,
# any other name as only a type stands, for a variable may have it, too.
unused_using() {
  code=$(sed -E '/^using /d; s,//.*,,; s/"[^"]*"//g' "$1")
  for name in $(sed -nE 's/^using [A-Za-z_:]+::([A-Za-z0-9_]+);.*/\1/p' "$1"); do
    case $name in
      [A-Z]* | k[A-Z]*) after='[^A-Za-z0-9_]|$' ;;
      *) after='[({>&*]|::| [a-z_*]' ;;
    esac
    echo "$code" | grep -qE "(^|[^A-Za-z0-9_.:>])$name($after)" || echo "$1: 'using ...::$name' is not used"
  done
}
using=$(grep -rlE '^using [A-Za-z_:]+::[A-Za-z0-9_]+;' src --include='*.cc')
unused=$(for file in $using; do unused_using "$file"; done)
if [ -n "$unused" ]; then
  echo "$unused" >&2
  exit 1
fi
echo "clang-tidy has nothing to say of $# units, and all names that $(echo "$using" | wc -l) files say they use they do"
