# SPDX-License-Identifier: Apache-2.0
"""Exact match and edit similarity, as `krait eval fim` counts them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable


def edit_distance(first: str, second: str) -> int:
    """Returns the Levenshtein distance in characters."""
    row = list(range(len(second) + 1))
    for i, a in enumerate(first, 1):
        diagonal, row[0] = row[0], i
        for j, b in enumerate(second, 1):
            cost = min(diagonal + (a != b), row[j] + 1, row[j - 1] + 1)
            diagonal, row[j] = row[j], cost
    return row[-1]


def edit_similarity(first: str, second: str) -> float:
    longest = max(len(first), len(second))
    return 1.0 - edit_distance(first, second) / longest if longest else 1.0


def is_exact(completion: str, middle: str) -> bool:
    """White space at the end does not count."""
    return completion.rstrip() == middle.rstrip()


def table(results: Iterable[tuple[str, str, str]]) -> dict[str, dict[str, float]]:
    """Maps each language to the scores of its (language, completion, middle)."""
    by_language: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for language, completion, middle in results:
        by_language[language].append((completion, middle))
    scores: dict[str, dict[str, float]] = {}
    for language, pairs in sorted(by_language.items()):
        exact = sum(is_exact(*pair) for pair in pairs) / len(pairs)
        similarity = sum(edit_similarity(c.rstrip(), m.rstrip()) for c, m in pairs) / len(pairs)
        scores[language] = {"cases": len(pairs), "exact": exact, "similarity": similarity}
    if scores:
        mean = {
            k: sum(s[k] for s in scores.values()) / len(scores) for k in ("exact", "similarity")
        }
        scores["mean"] = {"cases": sum(s["cases"] for s in scores.values()), **mean}
    return scores
