# SPDX-License-Identifier: Apache-2.0
"""The list of packages that the corpus is made of.

A tab-separated file, one package a line: where it comes from, its name, its
upstream version, its licence, whether it trains or is held out, the most
megabytes of source to take from it, and which of its paths (a regular
expression; "-" takes all).
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

DEFAULT_MANIFEST = Path(__file__).with_name("manifest.tsv")

COLUMNS = ["source", "name", "version", "licence", "role", "limit_mb", "paths"]
SOURCES = ("debian-source", "debian-binary", "npm")
ROLES = ("train", "held-out")

# SPDX ids of the licences that may train the model.
PERMISSIVE = frozenset(
    {
        "0BSD",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "BSL-1.0",
        "ISC",
        "MIT",
        "PSF-2.0",
        "Unlicense",
        "Zlib",
    }
)


class ManifestError(ValueError):
    """The manifest says something that cannot be."""


@dataclass(frozen=True)
class Package:
    source: str
    name: str
    version: str
    licence: str
    role: str
    limit_mb: int
    paths: str  # regular expression over paths inside the package; "" = all

    @property
    def key(self) -> str:
        """A name for files and folders, unique in a manifest."""
        flat = self.name.replace("@", "").replace("/", "-")
        return f"npm-{flat}" if self.source == "npm" else flat

    @property
    def held_out(self) -> bool:
        return self.role == "held-out"

    def takes(self, path: str) -> bool:
        return not self.paths or re.search(self.paths, path) is not None


def licence_is_permissive(expression: str) -> bool:
    """Tells whether an SPDX expression leaves a permissive choice.

    A choice (OR) needs one permissive side; a conjunction (AND) needs all.
    """
    text = expression.strip().strip("()")
    for separator, quantifier in ((" OR ", any), (" AND ", all)):
        if separator in text:
            parts = text.split(separator)
            return quantifier(licence_is_permissive(part) for part in parts)
    return text.split(" WITH ")[0].strip() in PERMISSIVE


def _parse_row(row: dict[str, str], where: str) -> Package:
    if row["source"] not in SOURCES:
        raise ManifestError(f"{where}: source is {row['source']!r}, expected one of {SOURCES}")
    if row["role"] not in ROLES:
        raise ManifestError(f"{where}: role is {row['role']!r}, expected one of {ROLES}")
    if not licence_is_permissive(row["licence"]):
        raise ManifestError(f"{where}: licence {row['licence']!r} is not in the permissive list")
    if not row["limit_mb"].isdigit() or int(row["limit_mb"]) == 0:
        raise ManifestError(f"{where}: limit_mb is {row['limit_mb']!r}, expected a number above 0")
    paths = "" if row["paths"] == "-" else row["paths"]
    try:
        re.compile(paths)
    except re.error as error:
        raise ManifestError(f"{where}: paths: {error}") from error
    return Package(
        source=row["source"],
        name=row["name"],
        version=row["version"],
        licence=row["licence"],
        role=row["role"],
        limit_mb=int(row["limit_mb"]),
        paths=paths,
    )


def load_manifest(path: Path = DEFAULT_MANIFEST) -> list[Package]:
    """Reads a manifest; raises ManifestError naming the line that is wrong."""
    packages: list[Package] = []
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        if reader.fieldnames != COLUMNS:
            raise ManifestError(f"{path}: columns are {reader.fieldnames}, expected {COLUMNS}")
        for row in reader:
            where = f"{path}:{reader.line_num}"
            if None in row or None in row.values():
                raise ManifestError(f"{where}: expected {len(COLUMNS)} columns")
            packages.append(_parse_row(row, where))
    keys = [package.key for package in packages]
    doubles = sorted({key for key in keys if keys.count(key) > 1})
    if doubles:
        raise ManifestError(f"{path}: listed twice: {', '.join(doubles)}")
    return packages


def select(packages: list[Package], names: list[str]) -> list[Package]:
    """Returns the packages of these names, all if there are none."""
    if not names:
        return packages
    known = {package.name for package in packages}
    unknown = sorted(set(names) - known)
    if unknown:
        raise ManifestError(f"not in the manifest: {', '.join(unknown)}")
    return [package for package in packages if package.name in names]
