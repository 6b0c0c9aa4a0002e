#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Bundles the page's script and style: page.js and page.css.
#   bundle.sh PACKAGES OUT     PACKAGES: what fetch.sh made; OUT: a folder
set -euo pipefail
[ $# = 2 ] || { sed -n '3,4s/^# \{0,1\}//p' "$0" >&2; exit 2; }
packages=$(realpath "$1") out=$(realpath -m "$2")
cd "$(dirname "$0")/src"
NODE_PATH=$packages/node_modules "$packages/node_modules/.bin/esbuild" main.ts page.css \
  --bundle --minify --format=iife --target=chrome111,firefox115,safari16.4 --legal-comments=eof \
  --entry-names=page --outdir="$out" --log-level=warning
