#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes what people install, from a built krait:
#   build.sh BUILD_FOLDER OUT_FOLDER
# a Debian package, a tarball that runs from anywhere, the extension for VS Code
# with the program in it and without, the Neovim plugin as plugin managers want
# it, and SHA256SUMS. The same sources give the same bytes: every time in them is
# SOURCE_DATE_EPOCH, by default that of the last commit.
#
# The shared libraries that krait is linked with have another version in each
# release of Debian, so what is packaged brings them along, beside the program
# in lib/krait; only the C and C++ runtimes and libudev are the system's.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
build=$(realpath "$1")
mkdir -p "$2"
out=$(realpath "$2")

if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
  SOURCE_DATE_EPOCH=$(git -C "$root" log -1 --format=%ct 2>/dev/null ||
    stat -c %Y "$root/CHANGELOG.md")
fi
export SOURCE_DATE_EPOCH LC_ALL=C TZ=UTC
umask 022

version=$(sed -n 's/^project(krait VERSION \([0-9.]*\).*/\1/p' "$root/CMakeLists.txt")
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
. "$here/stage.sh"

# A tar.gz of a folder in the stage.
archive() {
  local folder=$1 target=$2
  tar --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 \
    --numeric-owner --format=gnu -C "$stage" -cf - "$folder" | gzip -9n > "$target"
}

tarball() {
  local name=krait-$version-linux-$(uname -m)
  install_krait "$stage/$name" ""
  # It names the program's place, which a tarball does not know.
  rm -r "$stage/$name/share/systemd"
  cp "$root/LICENSE" "$root/README.md" "$root/CHANGELOG.md" "$stage/$name"
  archive "$name" "$out/$name.tar.gz"
}

neovim_plugin() {
  local name=krait.nvim-$version plugin
  plugin=$root/editors/neovim
  mkdir "$stage/$name"
  cp -r "$plugin/lua" "$plugin/plugin" "$plugin/doc" "$plugin/README.md" \
    "$root/LICENSE" "$stage/$name"
  archive "$name" "$out/$name.tar.gz"
}

# Zips hold the times of their files, and in the order in which they were found.
vscode_extension() {
  local name=$1 prefix=${2:-} made=$stage/made.vsix
  "$root/editors/vscode/scripts/pack.sh" "$made" $prefix > /dev/null
  python3 "$here/same_zip.py" "$made" "$out/$name" "$SOURCE_DATE_EPOCH"
}

tarball
neovim_plugin
vscode_extension "krait-$version.vsix"
vscode_extension "krait-$version-linux-$(uname -m).vsix" \
  "$stage/krait-$version-linux-$(uname -m)"
. "$here/deb.sh"
(cd "$out" && sha256sum -- *.deb *.tar.gz *.vsix > SHA256SUMS)
