#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Packages the extension.
#   pack.sh OUT.vsix [PREFIX]   PREFIX: an installation of krait that goes into
#                               it, for machines like this one
set -euo pipefail
out=$(realpath -m "$1")
prefix=${2:+$(realpath "$2")}
cd "$(dirname "$0")/.."
. scripts/node.sh

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
node scripts/build.mjs "$stage/dist/extension.js"
cp -r package.json package.nls.json ../../LICENSE l10n media "$stage"
# The page of the extension shows pictures of the web only, and krait's are in no web.
sed '/^!\[/,/^$/d' README.md > "$stage/README.md"
mkdir "$stage/images"
touch "$stage/.vscodeignore"  # all of it goes into the package
cp images/*.png "$stage/images"
target=()
if [ -n "$prefix" ]; then
  mkdir -p "$stage/bin" "$stage/share/krait"
  cp "$prefix/bin/krait" "$stage/bin"
  cp -r "$prefix/share/krait/models" "$stage/share/krait"
  [ ! -d "$prefix/lib/krait" ] || { mkdir "$stage/lib"; cp -r "$prefix/lib/krait" "$stage/lib"; }
  target=(--target "linux-$(uname -m | sed 's/x86_64/x64/;s/aarch64/arm64/')")
fi
mkdir -p "$(dirname "$out")"
vsce=$PWD/node_modules/@vscode/vsce/vsce
(cd "$stage" && node "$vsce" package --no-dependencies --allow-missing-repository \
  --no-rewrite-relative-links --no-update-package-json "${target[@]}" -o "$out")
