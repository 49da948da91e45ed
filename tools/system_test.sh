#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Installs the packages of build/deb in a Debian of their own, with systemd as its first process, and tries the service:
# the meter is a simulated one, restarts, watchdog, journal, timer, upgrade, purge.
#
#   tools/system_test.sh           the packages of `make deb`; about 3 minutes the first time, 2 later
#   tools/system_test.sh CASE...   only these, as unittest names them: ServiceLife.test_...
#   FITHOME_SUITE=trixie FITHOME_DEBS=DIR tools/system_test.sh   packages that were built on another release, in that one
#
# Needs root, /dev/fuse and a network for the first time; where it cannot run it says why and ends with status 77
# (with CI=true: 1). It is no part of ./test, for it takes minutes and root.
set -euo pipefail
root=$(dirname "$(dirname "$(realpath "$0")")")
cd "$root"
# shellcheck source=tools/lib.sh
. tools/lib.sh
help_if_asked "$@"

skip() {
  echo "SKIPPED: the packages were NOT tried under systemd: $*" >&2
  if [ "${CI-}" = true ]; then exit 1; fi
  exit 77
}
if [ "$(id -u)" != 0 ]; then skip "needs root"; fi
if [ ! -e /dev/fuse ]; then skip "there is no /dev/fuse for the simulated meter"; fi
if ! command -v apt-get >/dev/null; then skip "this is no Debian"; fi
debs=$(realpath "${FITHOME_DEBS-build/deb}")
compgen -G "$debs/fithome_*.deb" >/dev/null || die "there is no $debs/fithome_*.deb; make deb builds it"

install_packages 3 system
for tool in mmdebstrap systemd-nspawn nsenter; do
  command -v "$tool" >/dev/null || skip "there is no $tool"
done
mkdir -p build/system

# The release for which the packages were built, this machine's unless told, with what they depend on and nothing of ours.
suite=${FITHOME_SUITE-$(. /etc/os-release && echo "$VERSION_CODENAME")}
needs=$(for deb in "$debs"/*.deb; do dpkg-deb --field "$deb" Depends; done |
  sed 's/([^)]*)//g; s/|[^,]*//g; s/ //g' | tr , '\n' | grep -vx fithome | sort -u | paste -sd ,)
include=systemd,systemd-sysv,dbus,udev,passwd,procps,$needs
base=build/system/$suite-$(echo "$include" | md5sum | cut -c1-8).tar
if [ -n "$(find "$base" -mtime -7 2>/dev/null)" ]; then
  step 3 "the Debian to install in: $base"
else
  step 3 "making the Debian to install in (1 to 2 minutes; kept a week in build/system)"
  mapfile -t sources < <(grep -lE "^[^#]*[[:space:]]$suite([[:space:]]|\$)" /etc/apt/sources.list /etc/apt/sources.list.d/*.list \
    /etc/apt/sources.list.d/*.sources 2>/dev/null)
  # As this machine reaches its archive: proxies and the like. There may be no such file, or none with a word of it.
  mapfile -t settings < <(find /etc/apt -path '/etc/apt/apt.conf*' -type f | sort)
  sed -nE '/^[[:space:]]*Acquire::[A-Za-z:-]+[[:space:]]/p' /dev/null "${settings[@]}" >build/system/apt.conf
  mmdebstrap --quiet --variant=apt --include="$include" --aptopt=build/system/apt.conf "$suite" build/system/new.tar \
    "${sources[@]}" || die "mmdebstrap failed; the lines above say why"
  mv build/system/new.tar "$base"
fi

step 3 "booting it, and trying the service"
export FITHOME_DEBS="$debs" FITHOME_BOX="$root/$base"
exec python3 tests/system/service_test.py -v "$@"
