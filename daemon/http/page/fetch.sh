#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fetches what the page is bundled with and what goes into it, as
# package-lock.json pins it, with npm, which checks the hashes in it.
#   fetch.sh FOLDER    does nothing if FOLDER is up to date
set -euo pipefail
[ $# = 1 ] || { sed -n '3,5s/^# \{0,1\}//p' "$0" >&2; exit 2; }
from=$(cd "$(dirname "$0")" && pwd)
cmp -s "$from/package-lock.json" "$1/package-lock.json" && exit
command -v npm >/dev/null || { echo "fetch.sh: npm is not installed" >&2; exit 1; }
mkdir -p "$(dirname "$1")"
work=$(mktemp -d "$1.XXXXXX")
trap 'rm -rf "$work"' EXIT
cp "$from/package.json" "$from/.npmrc" "$work"
cp "$from/package-lock.json" "$work/package-lock.json"
(cd "$work" && npm ci --omit=dev --ignore-scripts --loglevel=error) >&2
chmod 755 "$work"
rm -rf "$1"
mv "$work" "$1"
trap - EXIT
