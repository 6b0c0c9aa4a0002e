# SPDX-License-Identifier: Apache-2.0
"""Makes the corpus of unpacked packages: cleaned, without duplicates, in parts.

train.jsonl     what trains the model
val.jsonl       a small share of the files of the same packages
held_out.jsonl  the packages that the manifest holds out, whole

Held-out packages are read first: whatever resembles them in another package
counts as a duplicate and does not train.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path

from models.corpus import filters
from models.corpus.dedup import Deduplicator
from models.corpus.languages import language_by_path, language_of, may_be_script
from models.corpus.manifest import DEFAULT_MANIFEST, Package, load_manifest, select
from models.corpus.secrets import has_secret

VAL_SHARE = 0.01


@dataclass(frozen=True)
class SourceFile:
    package: str
    path: str
    language: str
    text: str


def unit_hash(text: str) -> float:
    """Maps text to [0, 1), the same on every machine."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") / 2.0**64


def candidates(root: Path) -> list[str]:
    """Returns paths in the package, folders in random order but each whole.

    Under a size limit whole folders are taken: files that belong together.
    """
    paths = [p for p in root.rglob("*") if p.is_file() and not p.is_symlink()]
    names = [p.relative_to(root).as_posix() for p in paths]
    names = [n for n in names if language_by_path(n) or may_be_script(n)]
    return sorted(names, key=lambda n: (unit_hash(f"{root.name}:{n.rpartition('/')[0]}"), n))


class Builder:
    """Cleans packages one after the other and counts what it keeps."""

    def __init__(self, banned_lines: frozenset[str] = frozenset()) -> None:
        self.refused: Counter[str] = Counter()
        self.kept: dict[str, Counter[str]] = defaultdict(Counter)
        self._dedup = Deduplicator()
        self._banned = banned_lines

    def _clean(self, package: Package, root: Path, path: str) -> SourceFile | str:
        """Returns the cleaned file, or why it is refused."""
        reason = filters.refuse_path(path)
        if reason:
            return reason
        size = (root / path).stat().st_size
        if not filters.MIN_BYTES <= size <= filters.MAX_BYTES:
            return "size"
        text = filters.decode((root / path).read_bytes())
        if text is None:
            return "not UTF-8 text"
        language = language_of(path, text)
        if language is None:
            return "not a source file"
        reason = filters.refuse_text(text)
        if reason:
            return reason
        text = filters.hide_addresses(filters.strip_notice(text))
        if len(text) < filters.MIN_BYTES:
            return "size"
        if has_secret(text):
            return "holds a credential"
        if any(line.strip() in self._banned for line in text.split("\n")):
            return "text of an evaluation set"
        return self._dedup.refuse(text) or SourceFile(package.key, path, language, text)

    def add(self, package: Package, root: Path) -> list[SourceFile]:
        files: list[SourceFile] = []
        total = 0
        for path in candidates(root):
            if total >= package.limit_mb * 1_000_000:
                break
            if not package.takes(path):
                continue
            outcome = self._clean(package, root, path)
            if isinstance(outcome, str):
                self.refused[outcome] += 1
                continue
            files.append(outcome)
            total += len(outcome.text)
            self.kept[package.key][outcome.language] += len(outcome.text)
        return sorted(files, key=lambda f: f.path)


def part_of(package: Package, file: SourceFile) -> str:
    if package.held_out:
        return "held_out"
    return "val" if unit_hash(f"{file.package}/{file.path}") < VAL_SHARE else "train"


def banned_lines(paths: list[Path]) -> frozenset[str]:
    """Returns the long lines of evaluation cases (JSON lines with "prompt").

    A file that has one of them would teach the answers.
    """
    lines: set[str] = set()
    for path in paths:
        for row in path.read_text(encoding="utf-8").splitlines():
            lines.update(line.strip() for line in json.loads(row)["prompt"].split("\n"))
    return frozenset(line for line in lines if len(line) >= 40)


def build(packages: list[Package], sources: Path, target: Path, builder: Builder) -> list[str]:
    """Writes the corpus; returns the names of packages that gave nothing."""
    target.mkdir(parents=True, exist_ok=True)
    parts = {
        n: (target / f"{n}.jsonl").open("w", encoding="utf-8")
        for n in ("train", "val", "held_out")
    }
    empty: list[str] = []
    sizes: dict[str, Counter[str]] = defaultdict(Counter)
    for package in sorted(packages, key=lambda p: (not p.held_out, p.key)):
        root = sources / package.key
        files = builder.add(package, root) if root.is_dir() else []
        if not files:
            empty.append(package.name)
        for file in files:
            part = part_of(package, file)
            sizes[part][file.language] += len(file.text)
            parts[part].write(json.dumps(asdict(file), ensure_ascii=False) + "\n")
    for stream in parts.values():
        stream.close()
    report = {
        "characters": {part: dict(sorted(counts.items())) for part, counts in sizes.items()},
        "packages": {p.key: {**asdict(p), "kept": dict(builder.kept[p.key])} for p in packages},
        "refused": dict(builder.refused.most_common()),
    }
    (target / "report.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
    return empty


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--manifest", type=Path, default=DEFAULT_MANIFEST)
    parser.add_argument("--sources", type=Path, required=True, help="what fetch unpacked")
    parser.add_argument("--target", type=Path, required=True, help="folder of the corpus")
    parser.add_argument(
        "--package", action="append", default=[], help="only this one (repeatable)"
    )
    parser.add_argument(
        "--exclude-cases",
        type=Path,
        action="append",
        default=[],
        help="evaluation cases (JSON lines) whose text must not train (repeatable)",
    )
    args = parser.parse_args()
    packages = select(load_manifest(args.manifest), args.package)
    builder = Builder(banned_lines(args.exclude_cases))
    empty = build(packages, args.sources, args.target, builder)
    report = json.loads((args.target / "report.json").read_text(encoding="utf-8"))
    print(json.dumps({k: report[k] for k in ("characters", "refused")}, indent=1))
    if empty:
        print(f"nothing kept of {len(empty)} packages: {', '.join(empty)}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
