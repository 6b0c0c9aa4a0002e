#!/usr/bin/env bash
# Runs clang-tidy on the sources that changed since a commit.
#   lint_changed.sh [BASE]
set -euo pipefail
cd "$(dirname "$0")/.."
base=${1:-HEAD~1}
git rev-parse -q --verify "$base^{commit}" >/dev/null ||
  base=$(git hash-object -t tree /dev/null)  # the first commit: everything
mapfile -t files < <(git diff --name-only --diff-filter=d "$base" -- '*.cc' |
  grep -v '^tests/' || true)
if [ ${#files[@]} = 0 ]; then echo "no changed sources since $base"; exit 0; fi
cmake --preset release >/dev/null
printf '%s\n' "${files[@]}" |
  xargs -P "$(nproc)" -n 1 clang-tidy-14 -p build/release --quiet --warnings-as-errors='*'
