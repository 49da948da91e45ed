#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Holds what a real Home Assistant makes of our totals against the ledger, whatever happens to whom; brings it the hours it
# missed, and reads them back by another client than ours. A quarter of an hour.
#
#   tools/homeassistant_test.sh [TEST]    FITHOME_BINARY, unless told the release build
#
# Needs root and a rig that starts a Home Assistant: rigs/homeassistant/ha_rig.sh in FITHOME_SHARED, else in ../shared beside
# the checkout; where it cannot run it says why and ends with status 77 (with CI=true: 1). It is no part of ./test, for it
# needs a gigabyte and, the first time, minutes.
set -euo pipefail
root=$(dirname "$(dirname "$(realpath "$0")")")
cd "$root"
case ${1-} in
  -h | --help) sed -n '4,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"; exit ;;
esac

skip() {
  echo "SKIPPED: nothing was tried with a real Home Assistant: $*" >&2
  if [ "${CI-}" = true ]; then exit 1; fi
  exit 77
}
FITHOME_HA_RIG=${FITHOME_SHARED:-$root/../shared}/rigs/homeassistant/ha_rig.sh
if [ ! -x "$FITHOME_HA_RIG" ]; then skip "there is no $FITHOME_HA_RIG"; fi
if [ "$(id -u)" != 0 ]; then skip "needs root"; fi
export FITHOME_HA_RIG
exec python3 tests/system/homeassistant_test.py -v "$@"
