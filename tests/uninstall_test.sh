#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What `./dev uninstall` removes, of a prefix that is as `./dev install` leaves it.
#   uninstall_test.sh SOURCE_DIR
set -euo pipefail
source=$1
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
prefix=$root/prefix
export HOME=$root/home
unset XDG_CONFIG_HOME XDG_STATE_HOME XDG_DATA_HOME

fail() { printf 'FAILED: %s\n' "$*"; exit 1; }

mkdir -p "$prefix"/{bin,lib/systemd/user,share/krait/models,share/man/man1,share/other} "$HOME/.config/krait"
touch "$prefix"/{lib/systemd/user/krait.service,share/krait/models/default,share/man/man1/krait.1} \
  "$prefix/share/other/kept" "$root/outside"
printf '#!/bin/sh\necho "$@" > %s\n' "$root/called" > "$prefix/bin/krait"
chmod +x "$prefix/bin/krait"
list=$prefix/share/krait/installed-files
printf '%s\n' bin/krait lib/systemd/user/krait.service share/krait/models/default \
  share/man/man1/krait.1 "$root/outside" ../outside > "$list"

said=$("$source/dev" uninstall "$prefix" 2>&1) || fail "status $?: $said"
[ "$(cat "$root/called")" = stop ] || fail 'the daemon is not stopped'
[ "$(cd "$prefix" && find . -type f)" = ./share/other/kept ] || fail "left: $(find "$prefix" -type f)"
[ ! -e "$prefix/lib" ] && [ ! -e "$prefix/share/krait" ] || fail 'folders are left'
[ -e "$root/outside" ] || fail 'what is not below the prefix is removed'
grep -qF "$HOME/.config/krait" <<< "$said" || fail 'what stays is not named'
[ -e "$HOME/.config/krait" ] || fail 'what is the user'\''s is removed'
said=$("$source/dev" uninstall "$prefix" 2>&1) && fail 'twice'
grep -qF 'nothing was installed there' <<< "$said" || fail "$said"
echo ok
