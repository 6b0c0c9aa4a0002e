# SPDX-License-Identifier: Apache-2.0
"""Downloads the manifest's packages through apt and npm and unpacks them.

Nothing of a package is run: Debian's source archives and packages and npm's
archives are only unpacked. A package that is already there is left alone, so
an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from models.corpus.manifest import DEFAULT_MANIFEST, Package, load_manifest, select

DEBIAN_SUITE = "bookworm"  # the versions in the manifest are this suite's
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


BINARY_WITH_SOURCE = re.compile(r"python3-.*(?<!-doc)(?<!-dbg)|golang-.*-dev|librust-.*-dev")

# Where a Debian package puts a library's text; what is below is its own tree.
LIBRARY_ROOTS = (
    "usr/lib/python3/dist-packages",
    "usr/share/gocode/src/*/*/*",
    "usr/share/cargo/registry/*",
)


class FetchError(RuntimeError):
    """A package could not be had as the manifest wants it."""


def run(command: list[str], cwd: Path | None = None) -> str:
    result = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        tail = (result.stderr or result.stdout).strip().splitlines()[-1:] or ["no message"]
        raise FetchError(f"{command[0]}: {tail[0]}")
    return result.stdout


class Apt:
    """apt with package lists of its own, so that the system's stay as they are."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        for folder in ("lists/partial", "cache/archives/partial"):
            (self._root / folder).mkdir(parents=True, exist_ok=True)
        self._options = [
            f"-oDir::Etc::sourcelist={self._root}/sources.list",
            "-oDir::Etc::sourceparts=/dev/null",
            f"-oDir::State::lists={self._root}/lists",
            f"-oDir::Cache={self._root}/cache",
            "-oAPT::Sandbox::User=root",
        ]

    def update(self) -> None:
        """Points at the system's own mirror, with sources, and reads its lists."""
        wanted = "$(REPO_URI)"
        mirrors = run(["apt-get", "indextargets", "--format", wanted, "Created-By: Packages"])
        main = [m for m in mirrors.split() if m.rstrip("/").endswith("debian")]
        if not main:
            raise FetchError("apt: no mirror of Debian's main archive is set up here")
        line = f"[signed-by={KEYRING}] {main[0]} {DEBIAN_SUITE} main\n"
        (self._root / "sources.list").write_text(f"deb-src {line}deb {line}", encoding="utf-8")
        run(["apt-get", *self._options, "update", "-qq"])

    def _revision(self, package: Package) -> str:
        """Returns the newest revision of the package's upstream version."""
        if package.source == "debian-source":
            query = ["showsrc", "--only-source", package.name]
        else:
            query = ["show", "--all-versions", package.name]
        text = run(["apt-cache", *self._options, *query])
        versions = [v[9:].strip() for v in text.splitlines() if v.startswith("Version: ")]
        for version in reversed(versions):
            upstream = version.split(":", 1)[-1].rsplit("-", 1)[0]
            if upstream == package.version:
                return version
        raise FetchError(f"version {package.version} is not served (only {', '.join(versions)})")

    def _get(self, command: list[str], names: list[str], folder: Path) -> None:
        run(["apt-get", *self._options, *command, "-qq", *names], cwd=folder)

    def _binaries_with_source(self, name: str, version: str) -> list[str]:
        """Returns the binary packages of a source package that hold its text."""
        query = ["apt-cache", *self._options, "showsrc", "--only-source", name]
        sections = run(query).split("\n\n")
        section = next((s for s in sections if f"\nVersion: {version}\n" in s), "")
        listed = re.search(r"^Binary: (.*(?:\n .*)*)", section, re.MULTILINE)
        binaries = re.split(r"[,\s]+", listed.group(1)) if listed else []
        return [b for b in binaries if BINARY_WITH_SOURCE.fullmatch(b) or b == name]

    def download(self, package: Package, folder: Path) -> str:
        """Downloads into `folder`; returns the full version.

        Mirrors lack some source archives; scripts, Go and Rust libraries come
        as text in their binary packages too.
        """
        version = self._revision(package)
        wanted = [f"{package.name}={version}"]
        if package.source == "debian-binary":
            self._get(["download"], wanted, folder)
            return version
        try:
            self._get(["source", "--download-only"], wanted, folder)
        except FetchError:
            binaries = self._binaries_with_source(package.name, version)
            if not binaries:
                raise
            self._get(["download"], binaries, folder)
        return version


def extract_tar(archive: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive) as tar:
        members = [m for m in tar.getmembers() if m.isfile() or m.isdir()]
        tar.extractall(target, members=members, filter="data")


def flatten(target: Path) -> None:
    """Removes the single top folder that archives put around everything."""
    entries = list(target.iterdir())
    if len(entries) == 1 and entries[0].is_dir():
        inner = entries[0].rename(target / ".unpacked")
        for entry in list(inner.iterdir()):
            entry.rename(target / entry.name)
        inner.rmdir()


def unpack_binaries(debs: list[Path], target: Path) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent) as temporary:
        for deb in debs:
            run(["dpkg-deb", "-x", str(deb), temporary])
        roots = [
            root for pattern in LIBRARY_ROOTS for root in sorted(Path(temporary).glob(pattern))
        ]
        for root in roots or [Path(temporary)]:
            shutil.copytree(root, target, symlinks=True, dirs_exist_ok=True)


def unpack_debian(folder: Path, target: Path) -> None:
    debs = sorted(folder.glob("*.deb"))
    if debs:
        unpack_binaries(debs, target)
        return
    archives = sorted(folder.glob("*.tar.*"))
    archives = [a for a in archives if ".debian.tar" not in a.name and a.suffix != ".asc"]
    if not archives:
        raise FetchError("the download has no source archive")
    main = [a for a in archives if ".orig.tar" in a.name] or archives[:1]
    extract_tar(main[0], target)
    flatten(target)


def fetch_npm(package: Package, folder: Path, target: Path) -> str:
    command = ["npm", "pack", "--silent", "--ignore-scripts", f"{package.name}@{package.version}"]
    run(command, cwd=folder)
    archives = list(folder.glob("*.tgz"))
    if not archives:
        raise FetchError("npm pack left no archive")
    extract_tar(archives[0], target)
    flatten(target)
    described = json.loads((target / "package.json").read_text(encoding="utf-8"))
    if described.get("license") != package.licence:
        raise FetchError(f"its licence is {described.get('license')!r}, not {package.licence!r}")
    return package.version


def fetch(package: Package, apt: Apt, sources: Path) -> str:
    """Downloads and unpacks one package; returns its full version."""
    partial = sources / f".{package.key}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    with tempfile.TemporaryDirectory(dir=sources) as temporary:
        folder = Path(temporary)
        if package.source == "npm":
            version = fetch_npm(package, folder, partial)
        else:
            version = apt.download(package, folder)
            unpack_debian(folder, partial)
    partial.rename(sources / package.key)
    return version


def load_record(path: Path) -> dict[str, dict[str, str]]:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def fetch_all(packages: list[Package], sources: Path) -> list[str]:
    """Fetches what is missing; returns a line for each failure."""
    sources.mkdir(parents=True, exist_ok=True)
    record_path = sources / "fetched.json"
    record = load_record(record_path)
    missing = [p for p in packages if not (sources / p.key).is_dir()]
    apt = Apt(sources / ".apt")
    if any(package.source != "npm" for package in missing):
        apt.update()
    failures: list[str] = []
    for package in missing:
        try:
            version = fetch(package, apt, sources)
        except (FetchError, OSError, tarfile.TarError) as error:
            failures.append(f"{package.name}: {error}")
            print(f"failed   {failures[-1]}", file=sys.stderr)
            continue
        record[package.key] = {"version": version, "licence": package.licence}
        record_path.write_text(json.dumps(record, indent=1, sort_keys=True), encoding="utf-8")
        print(f"fetched  {package.name} {version}", flush=True)
    return failures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--manifest", type=Path, default=DEFAULT_MANIFEST)
    parser.add_argument("--sources", type=Path, required=True, help="where to unpack to")
    parser.add_argument(
        "--package", action="append", default=[], help="only this one (repeatable)"
    )
    parser.add_argument("--keep-going", action="store_true", help="succeed although some failed")
    args = parser.parse_args()
    packages = select(load_manifest(args.manifest), args.package)
    failures = fetch_all(packages, args.sources)
    print(f"{len(packages) - len(failures)} of {len(packages)} packages are in {args.sources}")
    return 1 if failures and not args.keep_going else 0


if __name__ == "__main__":
    sys.exit(main())
