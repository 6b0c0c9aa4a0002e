#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Lints, type-checks, packages and tests the extension, at last in a real VS
# Code: code-server, driven by Chromium. Ends with one line of counts.
#   run.sh KRAIT OUT.vsix       KRAIT: the program
# KRAIT_TEST_SCREENSHOTS: a folder for what the tests saw.
set -uo pipefail
KRAIT_TEST_PROGRAM=$(realpath "$1") KRAIT_TEST_VSIX=$(realpath -m "$2")
cd "$(dirname "$0")/.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT
passed=0 failed=0 skipped=0

check() {
  printf '\n-- %s\n' "$1"
  if "${@:2}"; then passed=$((passed + 1)); echo "ok: $1"
  else failed=$((failed + 1)); echo "FAILED: $1"; fi
}

count() { sed -n "s/^.* $1 \([0-9]*\)$/\1/p" "$log" | tail -n 1; }

# Runs the tests of a folder and adds their counts.
run_tests() {
  local good bad cancelled skip
  printf '\n-- %s\n' "$1"
  node scripts/run-tests.mjs "$1" 2>&1 | tee "$log"
  good=$(count pass) bad=$(count fail) cancelled=$(count cancelled) skip=$(count skipped)
  if [ -z "$good" ]; then failed=$((failed + 1)); return; fi
  passed=$((passed + good)) failed=$((failed + bad + cancelled)) skipped=$((skipped + skip))
}

. scripts/node.sh || { echo 'run.sh: node could not be installed' >&2; exit 1; }
check 'dependencies' npm ci --ignore-scripts --loglevel=error
check 'eslint' npm run --silent lint
check 'types' npm run --silent typecheck
run_tests test/unit
check 'package' scripts/pack.sh "$KRAIT_TEST_VSIX"

if code_server=$(cached test/code-server); then
  export KRAIT_TEST_PROGRAM KRAIT_TEST_VSIX
  export KRAIT_TEST_CODE_SERVER=$code_server/node_modules/code-server/out/node/entry.js
  run_tests test/e2e
else
  check 'code-server is installed' false
fi

printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" = 0 ]
