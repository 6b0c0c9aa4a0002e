# SPDX-License-Identifier: Apache-2.0
"""Packs documents into rows of one length, whole and with little padding."""

from __future__ import annotations

import bisect
from collections.abc import Sequence


def pack(lengths: Sequence[int], row: int, min_space: int = 16) -> list[list[int]]:
    """Returns rows of document numbers, the lengths of each at most `row`.

    Best fit, longest first: each document goes where it leaves the least room.
    Raises ValueError for a document that is longer than a row.
    """
    rows: list[list[int]] = []
    spaces: list[tuple[int, int]] = []  # (room left, row number), sorted
    for number in sorted(range(len(lengths)), key=lambda n: (-lengths[n], n)):
        length = lengths[number]
        if length > row:
            raise ValueError(f"document {number} has {length} tokens, a row only {row}")
        at = bisect.bisect_left(spaces, (length, -1))
        if at < len(spaces):
            room, target = spaces.pop(at)
            rows[target].append(number)
        else:
            room, target = row, len(rows)
            rows.append([number])
        if room - length >= min_space:
            bisect.insort(spaces, (room - length, target))
    return rows
