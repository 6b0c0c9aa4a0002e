#!/usr/bin/env bash
# Runs the tests of products with cooperative matrices on Debian sid's lavapipe,
# which has them (Debian 12's does not), brought into a folder of its own; and
# checks that the shaders that are committed as SPIR-V are those of their
# sources.
#   cooperative.sh [BUILD_FOLDER]
set -euo pipefail
root=$(cd "$(dirname "$0")/../../.." && pwd)
build=$(cd "${1:-$root/build/release}" && pwd)
"$root/engine/vulkan/shaders/prebuilt/build.sh" --check

sid=$root/build/vulkan-sid
if [ ! -e "$sid/icd.json" ]; then
  "$root/tests/debian_suite.sh" --with-dependencies "$sid/packages" sid amd64 \
    mesa-vulkan-drivers libvulkan1 vulkan-validationlayers
  for package in "$sid"/packages/*.deb; do dpkg-deb -x "$package" "$sid"; done
  rm -r "$sid/packages"
  sed "s#\"library_path\": *\"\\([^/\"]*\\)\"#\"library_path\": \"$sid/usr/lib/x86_64-linux-gnu/\\1\"#;
       s#\"library_path\": *\"/usr#\"library_path\": \"$sid/usr#" \
    "$sid/usr/share/vulkan/icd.d/lvp_icd.json" > "$sid/icd.json"
fi
export VK_ICD_FILENAMES=$sid/icd.json VK_LAYER_PATH=$sid/usr/share/vulkan/explicit_layer.d
said=$(mktemp)
trap 'rm -f "$said"' EXIT
for program in engine_vulkan_tests engine_vulkan_with_golden_tests; do
  "$sid/usr/lib64/ld-linux-x86-64.so.2" \
    --library-path "$sid/usr/lib/x86_64-linux-gnu:/usr/lib/x86_64-linux-gnu" \
    "$build/tests/engine/vulkan/$program" --gtest_filter='*Cooperative*' | tee "$said"
  grep -q '^\[  PASSED  \] [1-9]' "$said"  # not none
done
