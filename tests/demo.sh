#!/usr/bin/env bash
# Shows the default model completing real code: lines of this repository, cut
# off where somebody would have stopped typing.
#   demo.sh KRAIT
set -euo pipefail
krait=$(realpath "$1")
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# FILE TYPED: cuts FILE behind the first occurrence of TYPED in it, up to the
# line's end, and completes there.
show() {
  local file=$1 typed=$2 line number rest copy
  number=$(grep -nF -m 1 -- "$typed" "$file" | cut -d: -f1)
  [ -n "$number" ] || { echo "demo.sh: '$typed' is not in $file" >&2; exit 1; }
  line=$(sed -n "${number}p" "$file")
  rest=${line#*"$typed"}
  copy=$work/$file
  mkdir -p "$(dirname "$copy")"
  { head -n $((number - 1)) "$file"
    printf '%s\n' "${line%"$rest"}"
    tail -n +$((number + 1)) "$file"; } > "$copy"
  local column
  column=$(printf %s "${line%"$rest"}" | wc -c)
  printf '\n\033[1m%s:%d\033[0m   (there stood: %s)\n' "$file" "$number" "${rest:-nothing}"
  "$krait" complete "$copy:$number:$((column + 1))"
}

show base/json_text.cc 'Append(entry.val'
show tests/simd/targets_test.cc 'EXPECT_EQ(CurrentTarget(), SupportedTargets().front'
show models/card/run.py '"version": package["ver'
show tests/fuzz/replay_main.cc 'bytes.s'

printf '\nThe default model has 5.6 million parameters and is weak; see README.md for others.\n'
printf 'Speed here:\n'
"$krait" bench decode --repetitions 3
"$krait" bench prefill --repetitions 3
