# SPDX-License-Identifier: Apache-2.0
"""Reads prepared rows in an order that depends on seed and position only."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Batch:
    tokens: np.ndarray  # uint16 [rows, row + 1]
    weights: np.ndarray  # uint8 [rows, row + 1]


class RowStream:
    """Endless: after the last file the first comes again, in another order.

    Files are read whole, one at a time, and their rows shuffled.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        self._paths = sorted(folder.glob("rows-*.tokens.npy"))
        if not self._paths:
            raise FileNotFoundError(
                f"{folder}: no rows-*.tokens.npy; run models.train.prepare first"
            )
        self._seed = seed
        heads = [np.load(path, mmap_mode="r") for path in self._paths]
        self._counts = [head.shape[0] for head in heads]
        self.row = int(heads[0].shape[1]) - 1
        self.rows = sum(self._counts)
        # Epochs repeat the same text with other spans.
        epochs = {path.name.split("-")[1] for path in self._paths}
        self.unique_tokens = self.rows * self.row / len(epochs)

    def _file(self, index: int, passed: int) -> Batch:
        path = self._paths[index]
        tokens = np.load(path)
        weights = np.load(path.with_name(path.name.replace(".tokens.", ".weights.")))
        order = np.random.default_rng([self._seed, passed, index]).permutation(len(tokens))
        return Batch(tokens[order], weights[order])

    def batches(self, size: int, position: int = 0) -> Iterator[Batch]:
        """Yields batches of `size` rows from the row at `position` on."""
        passed, skip = divmod(position, self.rows)
        tokens: list[np.ndarray] = []
        weights: list[np.ndarray] = []
        have = 0
        while True:
            for index, count in enumerate(self._counts):
                if skip >= count:
                    skip -= count
                    continue
                part = self._file(index, passed)
                tokens.append(part.tokens[skip:])
                weights.append(part.weights[skip:])
                have += count - skip
                skip = 0
                if have < size:
                    continue
                all_tokens, all_weights = np.concatenate(tokens), np.concatenate(weights)
                for at in range(0, have - size + 1, size):
                    yield Batch(all_tokens[at : at + size], all_weights[at : at + size])
                left = have % size
                tokens, weights = [all_tokens[have - left :]], [all_weights[have - left :]]
                have = left
            passed += 1


def ahead(batches: Iterator[Batch], depth: int = 4) -> Iterator[Batch]:
    """Reads in a thread of its own, `depth` batches ahead."""
    ready: queue.Queue[Batch] = queue.Queue(depth)

    def read() -> None:
        for batch in batches:
            ready.put(batch)

    threading.Thread(target=read, daemon=True).start()
    while True:
        yield ready.get()
