#!/usr/bin/env bash
# Runs clang-tidy on the sources that changed since a commit. It needs some 25 s
# of a core for each, so beyond LINT_FILES (24) the smaller files wait.
#   lint_changed.sh [BASE]
set -euo pipefail
cd "$(dirname "$0")/.."
base=${1:-HEAD~1}
git rev-parse -q --verify "$base^{commit}" >/dev/null ||
  base=$(git hash-object -t tree /dev/null)  # the first commit: everything
mapfile -t files < <(git diff --name-only --diff-filter=d "$base" -- '*.cc' |
  grep -v '^tests/' | xargs -r ls -S)
if [ ${#files[@]} = 0 ]; then echo "no changed sources since $base"; exit 0; fi
limit=${LINT_FILES:-24}
if [ ${#files[@]} -gt "$limit" ]; then
  echo "${#files[@]} sources changed since $base: the $limit largest are checked"
fi
# A folder of its own: clang cannot read precompiled headers of GCC.
cmake --preset release -B build/lint -DCMAKE_UNITY_BUILD=OFF \
  -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON >/dev/null
printf '%s\n' "${files[@]:0:$limit}" |
  xargs -P "$(nproc)" -n 1 clang-tidy-14 -p build/lint --quiet --warnings-as-errors='*'
