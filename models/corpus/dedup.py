# SPDX-License-Identifier: Apache-2.0
"""Finds files that were seen before, exactly or nearly.

Exactly: the same text but for white space. Nearly: of the pairs of neighbouring
lines that either file has, at least `THRESHOLD` are in both. That share is
estimated from bottom-k sketches: the k smallest hashes of a file's line pairs.
The smallest hashes of the union of two files are a random sample of it, so the
part of them that both files have estimates the share. Files that are alike
almost surely have one of their few smallest hashes in common, which is the
index that finds the candidates.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict

SKETCH = 64
INDEXED = 6
THRESHOLD = 0.7
MIN_PAIRS = 8  # fewer say nothing: such files are compared exactly only
MAX_CANDIDATES = 64  # of one hash; more have a common boilerplate, not text


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def sketch(text: str) -> list[int]:
    """Returns the smallest hashes of the file's line pairs, in order."""
    lines = [" ".join(line.split()) for line in text.split("\n")]
    lines = [line for line in lines if len(line) > 3]
    pairs = {_hash(f"{first}\n{second}") for first, second in zip(lines, lines[1:])}
    return sorted(pairs)[:SKETCH]


def similarity(first: list[int], second: list[int]) -> float:
    """Estimates which share of the line pairs of two files is in both."""
    union = sorted(set(first) | set(second))[:SKETCH]
    both = set(first) & set(second)
    return sum(value in both for value in union) / len(union) if union else 0.0


class Deduplicator:
    """Remembers files and tells whether a new one says anything new."""

    def __init__(self) -> None:
        self._exact: set[int] = set()
        self._sketches: list[list[int]] = []
        self._index: dict[int, list[int]] = defaultdict(list)

    def refuse(self, text: str) -> str | None:
        """Returns why `text` is a duplicate; None if not, and remembers it."""
        digest = _hash(" ".join(text.split()))
        if digest in self._exact:
            return "exact duplicate"
        smallest = sketch(text)
        if len(smallest) >= MIN_PAIRS and self._has_near(smallest):
            return "near duplicate"
        self._exact.add(digest)
        self._remember(smallest)
        return None

    def _has_near(self, smallest: list[int]) -> bool:
        candidates = {c for value in smallest[:INDEXED] for c in self._index.get(value, ())}
        return any(similarity(smallest, self._sketches[c]) >= THRESHOLD for c in candidates)

    def _remember(self, smallest: list[int]) -> None:
        number = len(self._sketches)
        self._sketches.append(smallest)
        for value in smallest[:INDEXED]:
            if len(self._index[value]) < MAX_CANDIDATES:
                self._index[value].append(number)
