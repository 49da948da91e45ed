#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Fetches the page's packages into web/node_modules, where package-lock.json has changed since. Two
# builds at once take turns.
set -eu
cd "$(dirname "$0")"
exec 9<package-lock.json
flock 9
want=$(cat package.json package-lock.json | sha256sum | cut -d ' ' -f 1)
[ "$(cat node_modules/.fithome-lock 2>/dev/null || true)" = "$want" ] && exit 0
echo "fetching the page's packages (npm ci)"
if ! npm ci --loglevel=error --no-audit --no-fund </dev/null; then
  echo "npm ci failed in web/: it needs the network the first time; see the lines above" >&2
  exit 1
fi
echo "$want" >node_modules/.fithome-lock
