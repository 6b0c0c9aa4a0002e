#!/usr/bin/env bash
# Fetches the tree-sitter runtime and the grammars that package-lock.json pins,
# with npm, which checks them against the hashes in it. Only generated sources
# and licences are kept (their packages are ten times as large).
#   fetch.sh FOLDER    does nothing if FOLDER is up to date
set -euo pipefail
[ $# = 1 ] || { sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 2; }
from=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$(dirname "$1")"
folder=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
cmp -s "$from/package-lock.json" "$folder/package-lock.json" && exit
command -v npm >/dev/null || { echo "fetch.sh: npm is not installed" >&2; exit 1; }

work=$(mktemp -d "$folder.XXXXXX")
trap 'rm -rf "$work"' EXIT
cp "$from/package.json" "$from/package-lock.json" "$from/.npmrc" "$work"
(cd "$work" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) >&2

mkdir "$work/sources"
cd "$work/node_modules"
find tree-sitter*/ @tree-sitter-grammars/ -type f \( -name 'LICENSE*' -o -path 'tree-sitter/vendor/*.[ch]' \
  -o -path '*/src/*.[ch]' -o -path '*/common/*.h' \) -not -path '*/php_only/*' \
  -exec cp --parents -t "$work/sources" {} +
# Last, so that an interrupted fetch is not taken for a whole one.
cp "$from/package-lock.json" "$work/sources"
rm -rf "$folder"
mv "$work/sources" "$folder"
