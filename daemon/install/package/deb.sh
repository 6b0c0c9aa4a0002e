# SPDX-License-Identifier: Apache-2.0
# Sourced by build.sh: the Debian package. Made by dpkg-deb from an installation,
# as what is in it (the model, the grammars) is no source package's.

maintainer='krait developers <krait@packages.invalid>'
doc=usr/share/doc/krait

# libcurl, which no linking tells of: the program opens it when a model is fetched.
# The system's, as it speaks to the network and has to be kept up to date.
opened='libcurl4 | libcurl4t64'

# The packages that hold what the program and its libraries need of the system,
# and since which version they do. What is brought along is not among them.
dependencies() {
  local folder=$1 scratch
  scratch=$(mktemp -d -p "$stage")
  mkdir "$scratch/debian"
  printf 'Source: krait\n\nPackage: krait\nArchitecture: any\n' > "$scratch/debian/control"
  (cd "$scratch" && dpkg-shlibdeps -O --ignore-missing-info -l"$folder/usr/lib/krait" \
    "$folder/usr/bin/krait" "$folder"/usr/lib/krait/*.so*) 2> "$scratch/messages" |
    sed -n 's/^shlibs:Depends=//p' | sed 's/, /\n/g' |
    grep -E '^(libc6|libgcc-s1|libstdc\+\+6|libudev1)( |$)' | paste -sd, | sed "s/,/, /g; s/\$/, $opened/"
}

# Debian's form of the newest part of CHANGELOG.md.
changelog() {
  printf 'krait (%s) stable; urgency=medium\n\n' "$version"
  awk '/^## /{n++} n==1 && /^- /{if (item) print item; item = substr($0, 3)}
       n==1 && /^  /{item = item " " substr($0, 3)} END{print item}' "$root/CHANGELOG.md" |
    while read -r item; do
      printf '%s\n' "$item" | fold -s -w 72 | sed '1s/^/  * /; 2,$s/^/    /; s/ *$//'
    done
  printf '\n -- %s  %s\n' "$maintainer" "$(date -uR -d "@$SOURCE_DATE_EPOCH")"
}

# Compresses without a name or a time in it.
compress() { gzip -9n "$1"; chmod 644 "$1.gz"; }

debian_package() {
  local folder=$stage/deb architecture depends
  architecture=$(dpkg --print-architecture)
  install_krait "$folder" /usr
  depends=$(dependencies "$folder")
  # CMake wrote the place of the stage into the unit.
  sed -i "s#$folder/usr/#/usr/#" "$folder/usr/share/systemd/user/krait.service"
  mkdir -p "$folder/usr/lib/systemd"
  mv "$folder/usr/share/systemd/user" "$folder/usr/lib/systemd/user"
  rmdir "$folder/usr/share/systemd"
  compress "$folder/usr/share/man/man1/krait.1"
  changelog > "$folder/$doc/changelog"
  compress "$folder/$doc/changelog"
  sed "s/@VERSION@/$version/" "$here/debian/copyright" > "$folder/$doc/copyright"
  mkdir "$folder/DEBIAN"
  (cd "$folder" && find usr -type f -print0 | sort -z | xargs -0 md5sum > DEBIAN/md5sums)
  sed -e "s/@VERSION@/$version/; s/@ARCHITECTURE@/$architecture/; s/@DEPENDS@/$depends/" \
      -e "s/@MAINTAINER@/$maintainer/; s/@SIZE@/$(du -sk "$folder/usr" --apparent-size | cut -f1)/" \
    "$here/debian/control.in" > "$folder/DEBIAN/control"
  find "$folder" -print0 | xargs -0 touch --no-dereference --date="@$SOURCE_DATE_EPOCH"
  dpkg-deb --root-owner-group -Zxz --build "$folder" \
    "$out/krait_${version}_$architecture.deb" > /dev/null
}

debian_package
