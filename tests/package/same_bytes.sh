#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Packages the release build once more and compares:
#   same_bytes.sh FOLDER
# The program must not know where it was built, or another folder would give
# other bytes.
set -euo pipefail
packages=$(realpath "$1")
cd "$(dirname "$0")/../.."
again=$(mktemp -d)
trap 'rm -rf "$again"' EXIT
daemon/install/package/build.sh build/release "$again"
diff "$packages/SHA256SUMS" "$again/SHA256SUMS"
tar -xzf "$again"/krait-*-linux-*.tar.gz -C "$again"
if grep -c "$PWD" "$again"/krait-*-linux-*/bin/krait; then
  echo "the program holds the path of its sources" >&2
  exit 1
fi
