# SPDX-License-Identifier: Apache-2.0
"""Cuts a file into parts that are small enough to travel, and joins them again."""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path

MIB = 1 << 20


def split(path: Path, target: Path, size: int) -> list[Path]:
    """Writes NAME.000, NAME.001 ... and NAME.sha256, which tells if all came."""
    target.mkdir(parents=True, exist_ok=True)
    data = path.read_bytes()
    parts: list[Path] = []
    for number, start in enumerate(range(0, max(1, len(data)), size)):
        parts.append(target / f"{path.name}.{number:03d}")
        parts[-1].write_bytes(data[start : start + size])
    (target / f"{path.name}.sha256").write_text(hashlib.sha256(data).hexdigest(), encoding="utf-8")
    return parts


def join(folder: Path, name: str, target: Path) -> None:
    """Raises ValueError if a part is missing or damaged."""
    parts = sorted(p for p in folder.glob(f"{name}.*") if p.suffix[1:].isdigit())
    data = b"".join(part.read_bytes() for part in parts)
    expected = (folder / f"{name}.sha256").read_text(encoding="utf-8").strip()
    if hashlib.sha256(data).hexdigest() != expected:
        raise ValueError(
            f"{folder}/{name}: {len(parts)} parts, and their sum is not what was split"
        )
    target.write_bytes(data)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("split")
    one.add_argument("file", type=Path)
    one.add_argument("folder", type=Path)
    one.add_argument("--mib", type=float, default=15)
    other = commands.add_parser("join")
    other.add_argument("folder", type=Path)
    other.add_argument("name")
    other.add_argument("file", type=Path)
    args = parser.parse_args()
    if args.command == "join":
        join(args.folder, args.name, args.file)
        return 0
    for part in split(args.file, args.folder, int(args.mib * MIB)):
        print(f"{part} {part.stat().st_size / MIB:.1f} MiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
