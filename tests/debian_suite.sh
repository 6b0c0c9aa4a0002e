#!/usr/bin/env bash
# Downloads packages of another Debian suite or architecture into a folder,
# from the mirror that this system uses, without touching the system's package
# sources or state.
#   debian_suite.sh [--with-dependencies] FOLDER SUITE ARCHITECTURE PACKAGE...
set -euo pipefail
closure=
if [ "${1:-}" = --with-dependencies ]; then closure=1; shift; fi
[ $# -ge 4 ] || { sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 2; }
mkdir -p "$1"
folder=$(cd "$1" && pwd); suite=$2; arch=$3; shift 3

mirror=$(awk '/^URIs:/{print $2; exit}' /etc/apt/sources.list.d/*.sources 2>/dev/null || true)
[ -n "$mirror" ] || mirror=$(awk '$1=="deb"{for(i=2;i<=NF;++i)if($i~/:\/\//){print $i; exit}}' \
  /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null || true)
[ -n "$mirror" ] || { echo "debian_suite.sh: no mirror in /etc/apt" >&2; exit 1; }

state=$(mktemp -d)
trap 'rm -rf "$state"' EXIT
mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
: > "$state/status"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" > "$state/sources.list"
cat > "$state/apt.conf" <<CONF
APT::Architecture "$arch"; APT::Architectures "$arch";
APT::Sandbox::User "";
APT::Install-Recommends "false";
Acquire::Languages "none";
Dir::Etc::sourcelist "$state/sources.list"; Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State "$state"; Dir::State::lists "$state/lists";
Dir::State::status "$state/status"; Dir::Cache "$state/cache";
CONF
export APT_CONFIG=$state/apt.conf
apt-get update -qq
cd "$folder"
if [ -n "$closure" ]; then
  # Nothing counts as installed, so all of it is fetched, down to the C library.
  apt-get install -y -qq --download-only "$@" > /dev/null
  mv "$state"/cache/archives/*.deb .
else
  apt-get download -qq "$@"
fi
