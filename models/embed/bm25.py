# SPDX-License-Identifier: Apache-2.0
"""BM25 over source code: the search by words that the embedding is measured by."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict

K1, B = 1.2, 0.75

_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def terms(text: str) -> list[str]:
    """Returns the words of a text; identifiers are split at _ and camelCase."""
    return [part.lower() for part in _PART.findall(text)]


class Bm25:
    """An inverted index of documents, for queries by their text."""

    def __init__(self, documents: list[str]) -> None:
        counts = [Counter(terms(document)) for document in documents]
        sizes = [sum(count.values()) for count in counts]
        mean = sum(sizes) / max(len(sizes), 1) or 1.0
        self._size = len(documents)
        self._postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, (count, size) in enumerate(zip(counts, sizes)):
            for term, times in count.items():
                weight = times * (K1 + 1) / (times + K1 * (1 - B + B * size / mean))
                self._postings[term].append((number, weight))

    def scores(self, query: str) -> list[float]:
        """Returns the score of each document; 0 where no term is in both."""
        scores = [0.0] * self._size
        for term, times in Counter(terms(query)).items():
            found = self._postings.get(term, [])
            idf = math.log(1 + (self._size - len(found) + 0.5) / (len(found) + 0.5))
            for number, weight in found:
                scores[number] += times * idf * weight
        return scores
