#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Format check and all tests of the plugin, in the two Neovims that matter: the
# first with inline completion of its own (0.12), and the oldest that is
# supported (0.10). Ends with the sum: "N passed, N failed, N skipped".
#   KRAIT=/path/to/krait run.sh [PART OF A TEST'S NAME]
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/krait-test
log=$(mktemp)
trap 'rm -f "$log"' EXIT
passed=0 failed=0 skipped=0

count() {
  if [ "$2" = 0 ]; then passed=$((passed + 1)); echo "ok: $1"
  else failed=$((failed + 1)); echo "FAILED: $1"; fi
}

# Runs the tests in the Neovim of a Debian suite and adds up its last line.
test_in() {
  local name=$1 suite=$2 sum; shift 2
  printf '\n== %s\n' "$name"
  "$here/get_nvim.sh" "$suite" "$cache/nvim-$suite" || { count "$name is there" 1; return; }
  "$cache/nvim-$suite/nvim" -l "$here/run.lua" "$@" 2>&1 | tee "$log"
  sum=$(tr -d '\r' < "$log" | grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' | tail -n 1)
  [ -n "$sum" ] || { count "the tests in $name" 1; return; }
  read -r a _ b _ c _ <<< "$sum"
  passed=$((passed + a)) failed=$((failed + b)) skipped=$((skipped + c))
}

if [ $# = 0 ]; then
  printf '== stylua --check\n'
  (cd "$here" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && node stylua.mjs --check)
  count 'stylua --check' $?
fi
test_in 'Neovim 0.12' sid "$@"
test_in 'Neovim 0.10' trixie "$@"
printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" = 0 ]
