#!/bin/sh
# SPDX-License-Identifier: MIT
# check_format.sh [--mend]: every C++ file is formatted as .clang-format says, or is made so.
set -eu
options='--dry-run --Werror'
if [ "${1-}" = --mend ]; then options=-i; fi
# shellcheck disable=SC2046,SC2086  # words, not names with blanks
clang-format-19 $options $(find . \( -name build -o -name node_modules -o -name .git \) -prune -o \( -name '*.h' -o -name '*.cc' \) -print)
