#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Tries what `./dev package` made as a user would, on bare systems (as root):
#   test.sh FOLDER [SUITE...]     default: bookworm trixie
# lintian has nothing to say; the sums are right; in each suite the .deb is
# installed, completes, and is removed without a trace, and the tarball completes
# from where it was unpacked. Ends with "N passed, N failed, N skipped".
set -uo pipefail
packages=$(realpath "$1")
shift
[ $# -gt 0 ] || set -- bookworm trixie
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
passed=0 failed=0
mounted=()

cleanup() {
  for place in "${mounted[@]}"; do umount -l "$place" 2>/dev/null; done
  rm -rf --one-file-system "$work"
}
trap cleanup EXIT

check() {
  local what=$1
  shift
  if "$@" > "$work/output" 2>&1; then
    passed=$((passed + 1)); echo "ok: $what"
  else
    failed=$((failed + 1)); echo "FAILED: $what"; tail -n 20 "$work/output"
  fi
}

mirror() { awk '/^URIs:/{print $2; exit}' /etc/apt/sources.list.d/*.sources /dev/null; }

# A bare system of a suite at $root.
bare_system() {
  local suite=$1
  root=$work/$suite
  debootstrap --variant=minbase --include=ca-certificates "$suite" "$root" "$(mirror)" \
    > "$work/debootstrap" 2>&1 || { tail -n 5 "$work/debootstrap"; return 1; }
  cp /etc/apt/apt.conf.d/* "$root/etc/apt/apt.conf.d/" 2>/dev/null
  cp /etc/resolv.conf "$root/etc/resolv.conf" 2>/dev/null
  mount --bind /proc "$root/proc" && mounted+=("$root/proc")
  mount --bind /dev "$root/dev" && mounted+=("$root/dev")
}

inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "$@"; }

files_of() { (cd "$root" && find usr/bin usr/lib/krait usr/lib/systemd usr/share etc -path '*krait*' 2>/dev/null | sort); }

# A model of the package's own, on a file: whatever it says, it runs.
completes() {
  printf 'import os\n\n\ndef size(path):\n    return os.path.\n' > "$root/root/a.py"
  inside "$1" complete /root/a.py:5:20 --json | grep -q spm
}

# That libcurl is there or not: it is what a model is fetched with. Nobody answers
# at that port.
fetching_says() {
  inside "$1" model get http://127.0.0.1:9/x.gguf > "$root/root/said" 2>&1
  grep -q "$2" "$root/root/said"
}

try_suite() {
  local suite=$1
  check "$suite: a bare system" bare_system "$suite"
  cp "$packages"/*.deb "$packages"/krait-*-linux-*.tar.gz "$root/root/"
  check "$suite: apt installs it" inside sh -c \
    'apt-get update -qq && apt-get install -y -qq --no-install-recommends /root/krait_*.deb'
  check "$suite: krait --version" inside krait --version
  check "$suite: it completes" completes /usr/bin/krait
  check "$suite: it can fetch models" fetching_says /usr/bin/krait '127.0.0.1:9.*attempts'
  check "$suite: apt removes it" inside apt-get remove -y -qq --purge krait
  check "$suite: nothing is left of it" test -z "$(files_of)"
  check "$suite: the tarball unpacks" inside tar -xzf /root/"$(basename "$packages"/krait-*-linux-*.tar.gz)" -C /opt
  # Its only needs are the runtimes, which a system without C++ programs lacks.
  check "$suite: the runtimes" inside apt-get install -y -qq --no-install-recommends libstdc++6 libudev1
  check "$suite: no libcurl is left" inside apt-get autoremove -y -qq --purge
  check "$suite: the tarball's krait says what fetching needs" \
    fetching_says "/opt/$(basename "$packages"/krait-*-linux-*.tar.gz .tar.gz)/bin/krait" 'needs libcurl'
  check "$suite: the tarball's krait completes" completes "/opt/$(basename "$packages"/krait-*-linux-*.tar.gz .tar.gz)/bin/krait"
}

check 'lintian' lintian --fail-on error,warning "$packages"/*.deb
check 'SHA256SUMS' sh -c "cd '$packages' && sha256sum --check --strict --quiet SHA256SUMS"
[ -n "${KRAIT_SKIP_SAME:-}" ] || check 'the same bytes again' "$here/same_bytes.sh" "$packages"
for suite in "$@"; do try_suite "$suite"; done
printf '%d passed, %d failed, 0 skipped\n' "$passed" "$failed"
[ "$failed" = 0 ]
