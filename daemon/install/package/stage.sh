# SPDX-License-Identifier: Apache-2.0
# Sourced by build.sh: an installation of krait in a folder, with the libraries
# that it needs and their licences.

# Libraries that every Linux system has, or that must be the system's own.
is_of_system() {
  case $1 in
    libc.so.*|libm.so.*|libstdc++.so.*|libgcc_s.so.*|libudev.so.*|ld-linux*|\
    libpthread.so.*|libdl.so.*|librt.so.*|linux-vdso.so.*) return 0 ;;
    *) return 1 ;;
  esac
}

# The shared libraries of a program, by "name path".
libraries_of() { ldd "$1" | awk '$2 == "=>" && $3 ~ /^\// {print $1, $3}'; }

# Copies what the program is linked with into `libraries`, and the licences
# below `licences`.
bundle_libraries() {
  local program=$1 libraries=$2 licences=$3 name path package
  mkdir -p "$libraries" "$licences"
  while read -r name path; do
    is_of_system "$name" && continue
    install -m 644 "$(realpath "$path")" "$libraries/$name"
    strip --strip-unneeded --remove-section=.comment --remove-section=.note "$libraries/$name"
    package=$(dpkg-query -S "$(realpath "$path")" | sed 's/:.*//;q')
    install -D -m 644 "/usr/share/doc/$package/copyright" "$licences/$package/copyright"
  done < <(libraries_of "$program")
}

# Installs krait into ROOT/PREFIX; PREFIX "" makes ROOT the prefix itself.
install_krait() {
  local folder=$1 prefix=$2
  DESTDIR='' cmake --install "$build" --prefix "$folder$prefix" --strip \
    --component krait > /dev/null
  strip --strip-unneeded --remove-section=.comment --remove-section=.note \
    "$folder$prefix/bin/krait"
  bundle_libraries "$build/daemon/krait" "$folder$prefix/lib/krait" \
    "$folder$prefix/share/doc/krait/licenses"
}
