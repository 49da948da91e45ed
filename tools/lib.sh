# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What the scripts share: help, steps, packages, one build. Sourced with $root set to the checkout.

# help_if_asked ARGUMENTS...: where -h or --help stands among them, shows what heads the script, and ends.
help_if_asked() {
  local word
  for word in "$@"; do
    case $word in -h | --help) sed -n '4,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"; exit ;; esac
  done
}

step_number=0
# step TOTAL TEXT: says what happens now.
step() {
  step_number=$((step_number + 1))
  printf '==> %d/%d %s\n' "$step_number" "$1" "$2"
}

die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# has_node: a node that can build the page, with npm.
has_node() {
  local version
  command -v npm >/dev/null && version=$(node --version 2>/dev/null) || return 1
  version=${version#v}
  [ "${version%%.*}" -ge 18 ]
}

# missing_packages SECTION...: the lines of tools/packages that nothing installed answers to.
missing_packages() {
  local section='' line name found
  local -A wanted=() installed=()
  for name in "$@"; do wanted[$name]=1; done
  if has_node; then installed[nodejs]=1 installed[npm]=1; fi
  while read -r name line; do
    if [ "$line" = installed ]; then installed[$name]=1; fi
  done < <(dpkg-query -W -f='${Package} ${db:Status-Status}\n')
  while read -r line; do
    case $line in
      '' | '#'*) continue ;;
      '['*) section=${line//[\[\]]/}; continue ;;
    esac
    [ -n "${wanted[$section]-}" ] || continue
    found=''
    for name in ${line//|/ }; do [ -z "${installed[$name]-}" ] || found=1; done
    [ -n "$found" ] || echo "$line"
  done < "$root/tools/packages"
}

# The first name of each "a|b" that this release of Debian has.
choose_packages() {
  local line name
  for line in "$@"; do
    for name in ${line//|/ }; do
      # No pipe into grep -q: it closes early, and under pipefail that counts as a failure.
      if [[ $(LC_ALL=C apt-cache policy "$name") == *'Candidate: '[!\(]* ]]; then break; fi
    done
    echo "$name"
  done
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    env DEBIAN_FRONTEND=noninteractive "$@"
  else
    sudo env DEBIAN_FRONTEND=noninteractive "$@"
  fi
}

apt_get() {
  local log=$root/build/apt.log
  as_root apt-get -q -o DPkg::Lock::Timeout=120 "$@" >"$log" 2>&1 && return
  tail -n 20 "$log" >&2
  return 1
}

# install_packages TOTAL_STEPS SECTION...: one step; asks apt for nothing when all is there.
install_packages() {
  local total=$1 missing chosen
  shift
  if ! command -v apt-get >/dev/null; then
    step "$total" "packages: this is no Debian, so please see to the list in tools/packages yourself"
    return
  fi
  mapfile -t missing < <(missing_packages "$@")
  if [ "${#missing[@]}" = 0 ]; then
    step "$total" "packages: all there"
    return
  fi
  step "$total" "installing ${#missing[@]} Debian packages with what they need (1 to 2 minutes)"
  if [ "$(id -u)" != 0 ] && ! sudo -v 2>/dev/null; then
    die "installing needs root. Have this run, then come back:
  apt-get update && apt-get install --no-install-recommends $(choose_packages "${missing[@]}" | xargs)"
  fi
  mkdir -p "$root/build"
  apt_get update || { sleep 5; apt_get update; } || die "apt-get update failed: is the network there?"
  mapfile -t chosen < <(choose_packages "${missing[@]}")
  echo "    ${chosen[*]}"
  apt_get install -y --no-install-recommends "${chosen[@]}" ||
    { apt_get update && apt_get install -y --no-install-recommends "${chosen[@]}"; } ||
    die "apt-get install failed; the lines above say why (all of them: build/apt.log)"
}

# unpack_package NAME PROGRAM: for this script alone, and nothing is installed: a server that comes with a service would
# be started, for all the network. Where Debian has none, it is said.
unpack_package() {
  local name=$1 place=$root/build/unpacked/$1
  if [ ! -x "$place/usr/bin/$2" ] && command -v apt-get >/dev/null; then
    mkdir -p "$place"
    { download "$name" "$place" || { apt_get update && download "$name" "$place"; }; } 2>/dev/null ||
      echo "    $name: this release of Debian has none; what needs it is skipped"
  fi
  PATH=$place/usr/bin:$PATH
}
download() (
  cd "$2" && apt-get -q download "$1" >download.log 2>&1 && dpkg -x ./*.deb . && rm -f ./*.deb
)

# As many compilers at once as there are processors, and memory for: the largest takes 1.5 GB.
jobs_at_once() {
  local processors memory
  processors=$(nproc)
  memory=$(awk '/^MemAvailable/ {print int($2 / 1500000)}' /proc/meminfo)
  if [ "$memory" -lt 1 ]; then memory=1; fi
  echo $((memory < processors ? memory : processors))
}

# configure PRESET [CMAKE-OPTION...]: says nothing unless it fails.
configure() {
  mkdir -p "$root/build"
  (cd "$root" && cmake --preset "$@" >"build/configure-$1.log" 2>&1) || {
    cat "$root/build/configure-$1.log" >&2
    return 1
  }
}

# build PRESET TARGETS: configures where needed, then builds.
build() {
  local tree=$root/build/$1
  if [ ! -e "$tree/build.ninja" ] || [ "$root/CMakePresets.json" -nt "$tree/CMakeCache.txt" ]; then
    configure "$1" || return
  fi
  # shellcheck disable=SC2086  # targets are words
  NINJA_STATUS='    [%f/%t] ' cmake --build "$tree" -j "$(jobs_at_once)" --target $2
}
