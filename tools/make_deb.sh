#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Builds the Debian packages for this machine's release and architecture, in build/deb.
#
#   tools/make_deb.sh        the release build, fithome_*.deb, and what lintian says of it
#
# fithome-mongodb_*.deb comes with it where build/release/libfithome_mongodb.so was built. Installing what is missing needs
# root or sudo; all the rest does not. Why debhelper: docs/decisions/0018-package.md.
set -euo pipefail
root=$(dirname "$(dirname "$(realpath "$0")")")
cd "$root"
# shellcheck source=tools/lib.sh
. tools/lib.sh
help_if_asked "$@"
out=build/deb
tree=$out/fithome

# An unreleased version comes before its release, and after the commit before it; each release of Debian has its own.
version_of() {
  local base count='' release
  base=$(sed -n 's/^project(fithome VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
  release=$(. /etc/os-release && echo "${ID}${VERSION_ID-}")
  if git describe --exact-match --match "v$base" >/dev/null 2>&1; then
    echo "$base+$release"
  else
    count=$(git rev-list --count HEAD 2>/dev/null || echo 0)
    echo "$base~$count.g$(git rev-parse --short=8 HEAD 2>/dev/null || echo unknown)+$release"
  fi
}

# What the package is made of, in one folder with debian/.
lay_out() {
  rm -rf "$tree"
  mkdir -p "$tree/completions/bash"
  cp -r packaging/debian "$tree/debian"
  cp -r docs "$tree/docs"
  cp CHANGELOG.md "$tree/docs/"
  cp build/release/fithome build/release/fithome_readings.so build/release/libfithome_mqtt.so packaging/fithome.toml "$tree/"
  build/release/src/app/manual man >"$tree/fithome.1"
  build/release/src/app/manual bash >"$tree/completions/bash/fithome"
  build/release/src/app/manual zsh >"$tree/completions/_fithome"
  build/release/src/app/manual fish >"$tree/completions/fithome.fish"
  local debian=$tree/debian
  cp packaging/fithome.service "$debian/fithome.service"
  local unit
  for unit in fithome-export fithome-homeassistant; do
    cp "packaging/$unit.service" "$debian/fithome.$unit.service"
    cp "packaging/$unit.timer" "$debian/fithome.$unit.timer"
  done
  cp packaging/fithome.udev "$debian/fithome.udev"
  cp packaging/fithome.default "$debian/fithome.default"
  install -D -m 644 packaging/fithome.sysusers "$tree/sysusers/fithome.conf"
}

write_changelog() {
  local version=$1 when
  when=$(LC_ALL=C git log -1 --format=%cD 2>/dev/null || LC_ALL=C date -R)
  cat >"$tree/debian/changelog" <<END
fithome ($version) unstable; urgency=medium

  * See /usr/share/doc/fithome/CHANGELOG.md.

 -- $(sed -n 's/^Maintainer: //p' packaging/debian/control)  $when
END
}

install_packages 4 build package
step 4 "building what runs in a house (build/release/fithome)"
build release 'fithome fithome_readings manual' || die "the build failed; the lines above say why"

mongodb=$(find build/release -name libfithome_mongodb.so -print -quit)
only=()
if [ -n "$mongodb" ]; then
  step 4 "packing fithome and fithome-mongodb"
else
  step 4 "packing fithome; no fithome-mongodb, for libfithome_mongodb.so was not built"
  only=(-Nfithome-mongodb)
fi
version=$(version_of)
lay_out
write_changelog "$version"
if [ -n "$mongodb" ]; then cp "$mongodb" "$tree/"; fi
rm -f "$out"/*.deb
(cd "$tree" && DH_OPTIONS="${only[*]}" dpkg-buildpackage --build=binary --no-sign --no-check-builddeps) \
  >"$out/build.log" 2>&1 || { tail -n 30 "$out/build.log" >&2; die "dpkg-buildpackage failed; all of it: $out/build.log"; }

step 4 "lintian"
lintian --fail-on error,warning --tag-display-limit 0 "$out"/*.deb
ls "$out"/*.deb
