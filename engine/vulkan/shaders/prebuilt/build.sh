#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes the shaders that Debian 12's glslc cannot compile, with that of Debian
# 13, which is brought into a folder of its own:
#   build.sh [--check] [FOLDER]
# --check: says which ones are not what their sources give, and changes none.
set -euo pipefail
check=
if [ "${1:-}" = --check ]; then check=1; shift; fi
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../../.." && pwd)
tools=${1:-$root/build/debian-13}
if [ ! -e "$tools/usr/bin/glslc" ]; then
  "$root/tests/debian_suite.sh" --with-dependencies "$tools/packages" trixie amd64 glslc
  for package in "$tools"/packages/*.deb; do dpkg-deb -x "$package" "$tools"; done
fi
glslc() {
  "$tools/usr/lib64/ld-linux-x86-64.so.2" \
    --library-path "$tools/usr/lib/x86_64-linux-gnu" "$tools/usr/bin/glslc" "$@"
}

made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
cd "$here/.."
for format in F32 F16 BF16 Q4_0 Q4_1 Q5_0 Q5_1 Q8_0 Q2_K Q3_K Q4_K Q5_K Q6_K IQ4_NL IQ4_XS; do
  glslc --target-env=vulkan1.2 -O "-D$format" matmul_cooperative.comp \
    -o "$made/matmul_cooperative_${format,,}.spv"
done
glslc --target-env=vulkan1.2 -O peak_cooperative.comp -o "$made/peak_cooperative.spv"
if [ -z "$check" ]; then
  cp "$made"/*.spv prebuilt/
  exit
fi
different=0
for file in "$made"/*.spv; do
  cmp -s "$file" "prebuilt/${file##*/}" && continue
  echo "engine/vulkan/shaders/prebuilt/${file##*/} is not what its source gives: run prebuilt/build.sh" >&2
  different=1
done
exit $different
