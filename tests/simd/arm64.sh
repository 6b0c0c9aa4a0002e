#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds simd/ and its tests for arm64 and runs them under emulation, on all
# targets of an emulated CPU that has SVE2. Needs Debian with root. Takes a few
# minutes on two cores.
#   tests/simd/arm64.sh [build folder]
# HWY_CXX_FLAGS adds compiler flags, JOBS sets the number of compilers.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${1:-$root/build/arm64}
jobs=${JOBS:-$(nproc)}
cxx=aarch64-linux-gnu-g++
ccache=$(command -v ccache || true)
qemu=qemu-aarch64-static
gtest=/usr/src/googletest/googletest
mkdir -p "$build/obj"
rm -f "$build"/part*.log
build=$(cd "$build" && pwd)

missing=
command -v $cxx >/dev/null || missing="$missing g++-aarch64-linux-gnu"
command -v $qemu >/dev/null || missing="$missing qemu-user-static"
[ -d $gtest ] || missing="$missing googletest"
if [ -n "$missing" ]; then
  # shellcheck disable=SC2086  # a list of words
  apt-get install -y -qq --no-install-recommends $missing
fi

# Highway 1.2, from the suite that has it.
if [ ! -d "$build/highway/usr/include/hwy" ]; then
  "$root/tests/debian_suite.sh" "$build/debs" trixie arm64 libhwy-dev libhwy1t64
  for deb in "$build"/debs/libhwy*.deb; do
    dpkg-deb -x "$deb" "$build/highway"
  done
fi

# As simd/CMakeLists.txt has it; -O1 because the compiler takes most of the time,
# and without the targets that differ from others only in a fixed vector length,
# in AES, or in what SVE2 adds.
flags="-std=c++20 -O1 -ffp-contract=off -Wall -Wextra -Wconversion
  -Wsign-conversion -Wshadow -Werror -DHWY_SHARED_DEFINE
  '-DHWY_DISABLED_TARGETS=(HWY_NEON_WITHOUT_AES|HWY_SVE|HWY_SVE_256|HWY_SVE2_128)'
  -isystem $build/highway/usr/include -I $root ${HWY_CXX_FLAGS:-}"
compile() {  # source, object, flags
  echo "$ccache $cxx $3 -c $1 -o $build/obj/$2.o" | tr '\n' ' '
  echo
}
{
  sed -n '/^add_library/,/^)/s/^ *\(.*\)\.cc$/\1/p' "$root/simd/CMakeLists.txt" |
    while read -r source; do
      compile "$root/simd/$source.cc" "simd_$(basename "$source")" "$flags"
    done
  for source in "$root"/tests/simd/*_test.cc; do
    compile "$source" "test_$(basename "$source" .cc)" \
      "$flags -isystem $gtest/include"
  done
  for source in gtest-all gtest_main; do
    compile "$gtest/src/$source.cc" $source \
      "-std=c++20 -O1 -I $gtest -isystem $gtest/include"
  done
} >"$build/commands"
xargs -d '\n' -P "$jobs" -I{} sh -c '{}' <"$build/commands"

lib=$build/highway/usr/lib/aarch64-linux-gnu
$cxx "$build"/obj/*.o -L "$lib" -lhwy -lpthread -o "$build/simd_tests"

# The emulator is slow: one part of the tests on each core.
sysroot=/usr/aarch64-linux-gnu
run_part() {
  GTEST_TOTAL_SHARDS=$jobs GTEST_SHARD_INDEX=$1 GTEST_BRIEF=${GTEST_BRIEF:-1} \
    $qemu -cpu max -L $sysroot -E LD_LIBRARY_PATH="$lib:$sysroot/lib" \
    "$build/simd_tests" >"$build/part$1.log" 2>&1
}
pids=
part=0
while [ "$part" -lt "$jobs" ]; do
  run_part "$part" &
  pids="$pids $!"
  part=$((part + 1))
done
failed=0
for pid in $pids; do wait "$pid" || failed=1; done
cat "$build"/part*.log
exit $failed
