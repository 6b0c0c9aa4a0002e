# SPDX-License-Identifier: Apache-2.0
"""A vector for each term; a text's is their sum: engine/embedding/term_table.cc.

v = normalise(sum over terms of log(1 + times) * row). How much a term counts is
the length of its row.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.embed.code_terms import terms

POOLING = "log_counted_terms"
BLOCK = 32  # of Q4_0: a float16 scale, then 16 bytes of two numbers each


def quantised(rows: np.ndarray) -> bytes:
    """Returns rows [n, dimension] as Q4_0; dimension is a multiple of 32
    (in a GGUF file of 64, so that they are whole numbers of 32 bits)."""
    blocks = rows.astype(np.float32).reshape(-1, BLOCK)
    largest = blocks[np.arange(len(blocks)), np.abs(blocks).argmax(1)]
    scale = (largest / -8).astype(np.float16)
    inverse = np.divide(1, scale, where=scale != 0, out=np.zeros(len(blocks), np.float32))
    numbers = np.clip(np.floor(blocks * inverse[:, None] + 8.5), 0, 15).astype(np.uint8)
    packed = np.empty((len(blocks), 2 + BLOCK // 2), np.uint8)
    packed[:, :2] = scale.view(np.uint8).reshape(-1, 2)
    packed[:, 2:] = numbers[:, : BLOCK // 2] | numbers[:, BLOCK // 2 :] << 4
    return packed.tobytes()


def expanded(data: bytes, dimension: int) -> np.ndarray:
    """The other way round, in float32 [n, dimension]."""
    packed = np.frombuffer(data, np.uint8).reshape(-1, 2 + BLOCK // 2)
    scale = packed[:, :2].copy().view(np.float16).astype(np.float32)
    halves = [packed[:, 2:] & 15, packed[:, 2:] >> 4]
    return ((np.hstack(halves).astype(np.float32) - 8) * scale).reshape(-1, dimension)


@dataclass(frozen=True)
class TermTable:
    terms: tuple[str, ...]
    rows: np.ndarray  # float32 [terms, dimension]
    max_terms: int  # of a text; what follows is cut

    @property
    def dimension(self) -> int:
        return self.rows.shape[1]

    def encode(self, text: str) -> np.ndarray:
        numbers = {term: number for number, term in enumerate(self.terms)}
        vector = np.zeros(self.dimension, np.float32)
        for term, times in Counter(terms(text, self.max_terms)).items():
            if term in numbers:
                vector += np.log1p(np.float32(times)) * self.rows[numbers[term]]
        length = np.linalg.norm(vector)
        return vector / length if length > 0 else vector

    def save(self, path: Path) -> None:
        np.savez(path, terms=np.array(self.terms), rows=self.rows, max_terms=self.max_terms)


def load(path: Path) -> TermTable:
    with np.load(path) as file:
        return TermTable(tuple(file["terms"].tolist()), file["rows"], int(file["max_terms"]))
