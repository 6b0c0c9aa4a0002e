# SPDX-License-Identifier: Apache-2.0
"""Packs a corpus into small files for a machine that is reached by a thin line.

Text compresses better than tokens do, and other spans can be chosen of it for
each epoch, so text travels: JSON lines under xz with a dictionary as large as
the shard. Packages keep together, so that repetition inside them pays. Only the
standard library is needed on the other side.
"""

from __future__ import annotations

import argparse
import lzma
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

MIB = 1 << 20


def filters(preset: int) -> list[dict[str, int]]:
    return [{"id": lzma.FILTER_LZMA2, "preset": preset, "dict_size": 128 * MIB, "lc": 4, "lp": 0}]


def compress(lines: Iterable[bytes], limit: int, preset: int = 9) -> Iterator[bytes]:
    """Yields xz files of at most `limit` bytes that hold the lines in order.

    What the compressor holds back (2 MiB of text at most) counts whole, as it
    may not compress: a shard can be that much smaller than the limit.
    """
    pieces: list[bytes] = []
    written = taken = 0
    coder = lzma.LZMACompressor(lzma.FORMAT_XZ, filters=filters(preset))
    pending = 0
    for line in lines:
        piece = coder.compress(line)
        taken += len(line)
        pending += len(line)
        if piece:
            pieces.append(piece)
            written += len(piece)
            pending = 0
        if written + pending + pending // 64 + 4096 > limit:
            pieces.append(coder.flush())
            yield b"".join(pieces)
            pieces, written, taken, pending = [], 0, 0, 0
            coder = lzma.LZMACompressor(lzma.FORMAT_XZ, filters=filters(preset))
    if taken:
        pieces.append(coder.flush())
        yield b"".join(pieces)


def pack(corpus: Path, target: Path, limit: int, preset: int) -> list[Path]:
    target.mkdir(parents=True, exist_ok=True)
    paths: list[Path] = []
    with (corpus / "train.jsonl").open("rb") as lines:
        for number, data in enumerate(compress(lines, limit, preset)):
            paths.append(target / f"corpus-{number:02d}.jsonl.xz")
            paths[-1].write_bytes(data)
    with (corpus / "val.jsonl").open("rb") as lines:
        (target / "val.jsonl.xz").write_bytes(b"".join(compress(lines, 1 << 40, preset)))
    return paths


def unpack(shards: Path, corpus: Path) -> int:
    """Joins the shards that are there to a corpus; returns how many they were."""
    corpus.mkdir(parents=True, exist_ok=True)
    paths = sorted(shards.glob("corpus-*.jsonl.xz"))
    with (corpus / "train.jsonl").open("wb") as out:
        for path in paths:
            out.write(lzma.decompress(path.read_bytes()))
    if (shards / "val.jsonl.xz").exists():
        data = lzma.decompress((shards / "val.jsonl.xz").read_bytes())
        (corpus / "val.jsonl").write_bytes(data)
    return len(paths)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("action", choices=["pack", "unpack"])
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--shards", type=Path, required=True)
    parser.add_argument("--mib", type=float, default=36, help="most MiB of a shard")
    parser.add_argument("--preset", type=int, default=9, help="of xz: 0 (fast) to 9 (small)")
    args = parser.parse_args()
    if args.action == "unpack":
        print(f"{unpack(args.shards, args.corpus)} shards unpacked to {args.corpus}")
        return 0
    for path in pack(args.corpus, args.shards, int(args.mib * MIB), args.preset):
        print(f"{path} {path.stat().st_size / MIB:.1f} MiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
