# SPDX-License-Identifier: Apache-2.0
"""Passages to learn from: what `krait debug passages` says of unpacked packages.

A passage is what the index has of a declaration, a section or a window, without
the comments of functions; some have that comment beside it. Files that the corpus
refuses (vendored, generated, under another licence) give none, nor do passages
that resemble text of the packages that are held out by name.
"""

from __future__ import annotations

import json
import re
import subprocess
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from models.corpus.filters import decode, refuse_path, refuse_text

LEAST_LINE = 16  # characters without white space; shorter lines are everybody's
COPIED = 0.4  # of a passage's lines, from a held-out package
SAME_COMMENT = 3  # passages; more say nothing of one

_BLANK = re.compile(r"\s+")


@dataclass(frozen=True)
class Passage:
    name: str
    text: str  # as it is encoded: the names around it, its own, and the lines
    comment: str  # empty: it has none


def lines_of(text: str) -> list[str]:
    """Returns the lines that say something, without white space."""
    stripped = (_BLANK.sub("", line) for line in text.split("\n"))
    return [line for line in stripped if len(line) >= LEAST_LINE]


class HeldOut:
    """What text of the held-out packages looks like."""

    def __init__(self, passages: Iterable[Passage] = ()) -> None:
        self._lines: set[str] = set()
        self._comments: set[str] = set()
        for passage in passages:
            self._lines.update(lines_of(passage.text))
            self._comments.add(passage.comment)
        self._comments.discard("")

    def has(self, passage: Passage) -> bool:
        if passage.comment in self._comments:
            return True
        lines = lines_of(passage.text)
        return sum(line in self._lines for line in lines) > COPIED * max(1, len(lines))


def taken(folder: Path, path: str) -> bool:
    """Tells whether the corpus would take that file."""
    if refuse_path(path):
        return False
    text = decode((folder / path).read_bytes())
    return text is not None and not refuse_text(text)


def chosen(found: list[dict], most: int) -> list[dict]:
    """Returns at most so many, those with a comment first, by a hash."""

    def place(row: dict) -> tuple[bool, int]:
        return "comment" not in row, zlib.crc32(row["text"].encode())

    return found if len(found) <= most else sorted(found, key=place)[:most]


def read(rows: Iterable[str], folder: Path | None, most: int = 1 << 30) -> list[Passage]:
    """Reads what krait printed of a folder; of None: whatever file it is of."""
    passages: list[Passage] = []
    verdicts: dict[str, bool] = {}
    for found in chosen([json.loads(row) for row in rows if row], most):
        path = found["path"]
        if path not in verdicts:
            verdicts[path] = folder is None or taken(folder, path)
        if verdicts[path]:
            text = f"{found['container']} {found['name']}\n{found['text']}"
            passages.append(Passage(found["name"], text, found.get("comment", "")))
    return passages


def of_package(
    krait: str, folder: Path, held_out: HeldOut | None, most: int = 1 << 30
) -> list[Passage]:
    """Asks krait; without `held_out` nothing is left out but what is over `most`."""
    command = [krait, "debug", "passages", str(folder)]
    printed = subprocess.run(command, capture_output=True, check=True).stdout.decode("utf-8")
    passages = read(printed.split("\n"), folder if held_out else None, most)
    return [p for p in passages if not held_out or not held_out.has(p)]


def with_comments(passages: list[Passage]) -> list[int]:
    """Returns the numbers of those to ask for: not comments that many have."""
    counts: dict[str, int] = {}
    for passage in passages:
        counts[passage.comment] = counts.get(passage.comment, 0) + 1
    return [
        number
        for number, passage in enumerate(passages)
        if passage.comment and counts[passage.comment] <= SAME_COMMENT
    ]
