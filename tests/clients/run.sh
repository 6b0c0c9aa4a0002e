#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Other people's clients against krait. Ends with one line of counts; what
# cannot be fetched is counted as skipped.
#   run.sh KRAIT FOLDER [MODEL] [all]   FOLDER: for what is fetched; MODEL: one that chats;
#                                       all: with what takes minutes to fetch (Gradio, LangChain)
set -uo pipefail
krait=$(realpath "$1"); folder=$(realpath -m "$2"); shift 2
if [ $# -gt 0 ] && [ "$1" != all ]; then
  [ -z "$1" ] || KRAIT_TEST_CHAT_MODEL=$(realpath "$1")
  shift
fi
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/krait-test
export KRAIT_TEST_CHAT_MODEL=${KRAIT_TEST_CHAT_MODEL:-} KRAIT_TEST_CLIENTS=$folder
mkdir -p "$folder"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
passed=0 failed=0 skipped=0

skip() { skipped=$((skipped + 1)); echo "$1 ... skipped: $(tail -n 1 "$log")"; }

# Whether what these files ask for was installed already.
is_there() { cmp -s <(cat "${@:2}") "$folder/$1.installed"; }
mark() { cat "${@:2}" > "$folder/$1.installed"; }

python_packages() {
  is_there "$1" "$here/$1.txt" && return
  [ -x "$folder/venv/bin/python" ] || python3 -m venv "$folder/venv" || return
  "$folder/venv/bin/pip" install -q --disable-pip-version-check -r "$here/$1.txt" || return
  mark "$1" "$here/$1.txt"
}

node_packages() {
  is_there node "$here/package-lock.json" && return
  cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$folder" || return
  (cd "$folder" && npm ci --ignore-scripts --loglevel=error) || return
  mark node "$here/package-lock.json"
}

neovim_and_llama_vim() {
  "$root/editors/neovim/test/get_nvim.sh" sid "$cache/nvim-sid" || return
  if [ ! -d "$folder/llama.vim" ]; then
    rm -rf "$folder/deb"
    "$root/tests/debian_suite.sh" "$folder/deb" sid all vim-llama.cpp || return
    dpkg-deb -x "$folder"/deb/*.deb "$folder/deb/root" || return
    mv "$folder/deb/root/usr/share/vim-llama.cpp" "$folder/llama.vim" || return
  fi
  export KRAIT_TEST_NVIM=$cache/nvim-sid/nvim KRAIT_TEST_LLAMA_VIM=$folder/llama.vim
}

# Runs a file of tests and adds its counts.
run_tests() {
  local ran skips failures
  # Clients that leave their sockets to the garbage collector are not krait's.
  "$folder/venv/bin/python" -W ignore::ResourceWarning "$here/$1" "$krait" "$root" -v 2>&1 | tee "$log"
  ran=$(sed -n 's/^Ran \([0-9]*\) tests\? .*/\1/p' "$log")
  if [ -z "$ran" ]; then failed=$((failed + 1)); return; fi
  skips=$(grep -cE ' \.\.\. skipped ' "$log")
  failures=$(grep -cE '^(FAIL|ERROR): ' "$log")
  passed=$((passed + ran - skips - failures)) failed=$((failed + failures)) skipped=$((skipped + skips))
}

# Of a version that the clients take, or the one that the extension is tested with.
if ! node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20)' 2> /dev/null; then
  pushd "$root/editors/vscode" > /dev/null || exit 1
  . scripts/node.sh || { echo 'run.sh: node could not be installed' >&2; exit 1; }
  popd > /dev/null || exit 1
fi
neovim_and_llama_vim > "$log" 2>&1 || echo "no llama.vim: $(tail -n 1 "$log")"
if { python_packages requirements && node_packages; } > "$log" 2>&1; then run_tests clients_test.py
else skip clients_test.py; fi
if [ "${1:-}" = all ]; then
  if python_packages requirements-all > "$log" 2>&1; then run_tests programs_test.py
  else skip programs_test.py; fi
fi
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" = 0 ]
