#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Puts the Neovim of a Debian suite into a folder, beside the system: nothing is
# installed. FOLDER/nvim runs it.
#   get_nvim.sh SUITE FOLDER     does nothing if it is there already
set -euo pipefail
[ $# = 2 ] || { sed -n '3,5s/^# \{0,1\}//p' "$0" >&2; exit 2; }
suite=$1
[ -x "$2/nvim" ] && "$2/nvim" --version > /dev/null && exit
root=$(cd "$(dirname "$0")/../../.." && pwd)
rm -rf "$2"
mkdir -p "$(dirname "$2")"
folder=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")

packages=$(mktemp -d)
trap 'rm -rf "$packages" "$folder.new"' EXIT
"$root/tests/debian_suite.sh" --with-dependencies "$packages" "$suite" \
  "$(dpkg --print-architecture)" neovim
# A folder that was filled only in part is not taken for a whole one.
rm -rf "$folder.new"
mkdir "$folder.new"
for package in "$packages"/*.deb; do dpkg-deb -x "$package" "$folder.new"; done

# Its loader and libraries are those of the suite. Neovim starts itself again
# for its terminal interface, so the program itself must know them.
loader=$(cd "$folder.new" && find . -name 'ld-linux*.so.*' -not -path '*/doc/*' | head -n 1)
multiarch=$(basename "$(dirname "$(find "$folder.new/usr/lib" -name 'libc.so.6' | head -n 1)")")
patchelf --set-interpreter "$folder/${loader#./}" --force-rpath \
  --set-rpath "$folder/usr/lib/$multiarch:$folder/lib/$multiarch" "$folder.new/usr/bin/nvim"
cat > "$folder.new/nvim" <<SCRIPT
#!/bin/sh
export VIMRUNTIME='$folder/usr/share/nvim/runtime'
export LUA_PATH='$folder/usr/share/lua/5.1/?.lua;;'
export LUA_CPATH='$folder/usr/lib/$multiarch/lua/5.1/?.so;;'
exec '$folder/usr/bin/nvim' "\$@"
SCRIPT
chmod +x "$folder.new/nvim"
mv "$folder.new" "$folder"
"$folder/nvim" --version | head -n 1
