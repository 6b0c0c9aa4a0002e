# SPDX-License-Identifier: Apache-2.0
"""Writes a zip again so that the same contents give the same bytes.

    same_zip.py FROM TO SECONDS   SECONDS since 1970: the time of every file in it
"""

import sys
import time
import zipfile


def main() -> int:
    source, target, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    moment = time.gmtime(seconds)[:6]
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in sorted(old.namelist()):
            entry = zipfile.ZipInfo(name, moment)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = old.getinfo(name).external_attr
            entry.create_system = 3  # Unix: the attributes are its modes
            new.writestr(entry, old.read(name), compresslevel=9)
    return 0


if __name__ == "__main__":
    sys.exit(main())
