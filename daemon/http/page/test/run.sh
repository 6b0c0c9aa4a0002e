#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Lints, type-checks and tests the page, at last in Chromium. Ends with one line of counts.
#   run.sh KRAIT [MODEL]     KRAIT: the program, with the page in it; MODEL: one that chats
# KRAIT_TEST_SCREENSHOTS: a folder for what the tests saw.
set -uo pipefail
KRAIT_TEST_PROGRAM=$(realpath "$1") KRAIT_TEST_CHAT_MODEL=${2:+$(realpath "$2")}
export KRAIT_TEST_PROGRAM KRAIT_TEST_CHAT_MODEL
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0

check() {
  printf '\n-- %s\n' "$1"
  if "${@:2}"; then passed=$((passed + 1)); echo "ok: $1"
  else failed=$((failed + 1)); echo "FAILED: $1"; fi
}

count() { sed -n "s/^.* $1 \([0-9]*\)$/\1/p" "$work/log" | tail -n 1; }

# Runs the tests of a folder and adds their counts.
run_tests() {
  local good bad cancelled skip
  printf '\n-- %s\n' "$1"
  rm -rf "$work/bundles"
  node_modules/.bin/esbuild "$1"/*.test.ts --bundle --platform=node --format=cjs --target=node20 \
    --external:playwright-core --sourcemap=inline --outdir="$work/bundles" \
    --out-extension:.js=.cjs --log-level=warning
  NODE_PATH=$PWD/node_modules node --enable-source-maps --test --test-concurrency=1 \
    --test-reporter=spec "$work"/bundles/*.cjs 2>&1 | tee "$work/log"
  good=$(count pass) bad=$(count fail) cancelled=$(count cancelled) skip=$(count skipped)
  if [ -z "$good" ]; then failed=$((failed + 1)); return; fi
  passed=$((passed + good)) failed=$((failed + bad + cancelled)) skipped=$((skipped + skip))
}

# The bundle may be no larger: it is part of the program, and read on a phone.
is_small() {
  local bytes
  ./bundle.sh . "$work/page" || return
  bytes=$(cat "$work"/page/page.* | wc -c)
  echo "$bytes bytes"
  [ "$bytes" -le 307200 ]
}

# Of a version that the tools take, or the one that the extension is tested with.
if ! node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20)' 2> /dev/null; then
  pushd ../../../editors/vscode > /dev/null || exit 1
  . scripts/node.sh || { echo 'run.sh: node could not be installed' >&2; exit 1; }
  popd > /dev/null || exit 1
fi
check 'dependencies' npm ci --ignore-scripts --loglevel=error
check 'eslint' npm run --silent lint
check 'types' npm run --silent typecheck
check 'at most 300 KiB' is_small
run_tests test/unit
run_tests test/e2e

printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" = 0 ]
