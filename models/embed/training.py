# SPDX-License-Identifier: Apache-2.0
"""Learns the rows of the table: a comment and its function come close, others apart.

Symmetric InfoNCE. A comment has to pick its function among the others of the
batch and as many passages again, most of them of the same package, as a search
has to; a function its comment. Terms are dropped at random, so that none is relied
upon alone. A row is a vector times a weight, both learned (Adam, on the rows that
a batch has); the temperature is learned, too. Source: van den Oord et al. 2018.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse

FIRST_SCALE, LAST_SCALE = 20.0, 60.0  # 1 / temperature
NO_CHOICE = -1e4  # the logit of what answers, too


@dataclass(frozen=True)
class TrainingOptions:
    dimension: int = 128
    epochs: int = 3
    batch: int = 512
    group: int = 128  # comments of one package in a row
    rate: float = 3e-3
    dropped: float = 0.2  # of the terms
    warmup: int = 100
    seed: int = 1


@dataclass(frozen=True)
class Examples:
    """Terms are counted by log(1 + times); rows of a package lie together."""

    questions: sparse.csr_matrix  # [questions, terms]
    passages: sparse.csr_matrix  # [passages, terms]
    answers: np.ndarray  # [questions], of the passages
    names: np.ndarray  # [passages], equal for those of one name
    packages: np.ndarray  # [passages]


class Adam:
    """On some rows of a matrix at a time."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._mean, self._square = np.zeros(shape, np.float32), np.zeros(shape, np.float32)

    def step(
        self, values: np.ndarray, rows: np.ndarray, gradient: np.ndarray, rate: float
    ) -> None:
        self._mean[rows] = 0.9 * self._mean[rows] + 0.1 * gradient
        self._square[rows] = 0.999 * self._square[rows] + 0.001 * gradient**2
        values[rows] -= rate * self._mean[rows] / (np.sqrt(self._square[rows]) + 1e-8)


def batches(
    examples: Examples, options: TrainingOptions, rng: np.random.Generator
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yields questions, and passages to be told apart from their answers."""
    packages = examples.packages[examples.answers]
    begins = np.flatnonzero(np.r_[True, packages[1:] != packages[:-1]])
    groups: list[np.ndarray] = []
    for begin, end in zip(begins, [*begins[1:], len(packages)]):
        order = begin + rng.permutation(end - begin)
        groups += np.split(order, range(options.group, len(order), options.group))
    rng.shuffle(groups)
    order = np.concatenate(groups)
    size = min(options.batch, len(order))
    for at in range(0, len(order) - size + 1, size):
        chosen = order[at : at + size]
        of = rng.choice(packages[chosen], size)
        first = np.searchsorted(examples.packages, of)
        last = np.searchsorted(examples.packages, of, side="right")
        yield chosen, first + (rng.random(size) * (last - first)).astype(np.int64)


def with_some_dropped(
    rows: sparse.csr_matrix, share: float, rng: np.random.Generator
) -> sparse.csr_matrix:
    kept = rng.random(rows.nnz) >= share
    data = rows.data * kept
    return sparse.csr_matrix((data, rows.indices, rows.indptr), shape=rows.shape)


def unit(sums: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    lengths = np.linalg.norm(sums, axis=1, keepdims=True) + 1e-6
    return sums / lengths, lengths


def through_unit(gradient: np.ndarray, units: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    along = (units * gradient).sum(1, keepdims=True)
    return (gradient - units * along) / lengths


def softmax(logits: np.ndarray, axis: int) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis, keepdims=True))
    return powers / powers.sum(axis, keepdims=True)


def choose(
    products: np.ndarray, scale: float, also_answers: np.ndarray
) -> tuple[float, np.ndarray]:
    """products [questions, passages], whose diagonal has the answers; returns the
    loss and its gradient by scale * products."""
    size = len(products)
    logits = np.where(also_answers, NO_CHOICE, scale * products)
    of_questions, of_passages = softmax(logits, 1), softmax(logits[:, :size], 0)
    diagonal = np.arange(size)
    right = np.stack([of_questions[diagonal, diagonal], of_passages[diagonal, diagonal]])
    gradient = of_questions / 2
    gradient[:, :size] += of_passages / 2
    gradient[diagonal, diagonal] -= 1
    gradient[also_answers] = 0
    return float(-np.log(right + 1e-9).mean()), gradient / size


class Trainer:
    def __init__(self, examples: Examples, options: TrainingOptions) -> None:
        self._examples, self._options = examples, options
        self._rng = np.random.default_rng(options.seed)
        terms = examples.passages.shape[1]
        having = np.bincount(examples.passages.indices, minlength=terms)
        self._vectors = self._rng.standard_normal((terms, options.dimension)).astype(np.float32)
        self._vectors /= np.sqrt(options.dimension)
        rarity = np.log1p(examples.passages.shape[0] / (having + 1))
        self._weights = np.log(rarity).astype(np.float32)  # their logarithms
        self._scale = np.array([np.log(FIRST_SCALE)], np.float32)
        self._adams = [Adam(x.shape) for x in (self._vectors, self._weights, self._scale)]

    def rows(self) -> np.ndarray:
        return self._vectors * np.exp(self._weights)[:, None]

    def _also_answers(self, chosen: np.ndarray, passages: np.ndarray) -> np.ndarray:
        """What has the answer's name, but for the answer itself."""
        names = self._examples.names
        same = names[self._examples.answers[chosen]][:, None] == names[passages][None, :]
        same[np.arange(len(chosen)), np.arange(len(chosen))] = False
        return same

    def step(self, chosen: np.ndarray, others: np.ndarray, rate: float) -> dict[str, float]:
        passages = np.concatenate([self._examples.answers[chosen], others])
        sides = [self._examples.questions[chosen], self._examples.passages[passages]]
        sides = [with_some_dropped(x, self._options.dropped, self._rng) for x in sides]
        there = np.unique(np.concatenate([x.indices for x in sides]))
        sides = [x[:, there] for x in sides]
        vectors, weights = self._vectors[there], np.exp(self._weights[there])[:, None]
        units, lengths = zip(*(unit(x @ (vectors * weights)) for x in sides))
        scale = min(float(np.exp(self._scale[0])), LAST_SCALE)
        products = units[0] @ units[1].T
        loss, by_logits = choose(products, scale, self._also_answers(chosen, passages))
        by_products = (scale * by_logits).astype(np.float32)
        by_units = [by_products @ units[1], by_products.T @ units[0]]
        by_rows = sum(
            x.T @ through_unit(g, u, n) for x, g, u, n in zip(sides, by_units, units, lengths)
        )
        by_scale = np.array([(by_logits * products).sum() * scale], np.float32)
        self._adams[0].step(self._vectors, there, by_rows * weights, rate)
        self._adams[1].step(
            self._weights, there, ((by_rows * vectors).sum(1) * weights[:, 0]), rate
        )
        self._adams[2].step(self._scale, np.array([0]), by_scale, rate / 3)
        return {"loss": loss, "scale": scale}

    def run(self) -> list[dict[str, float]]:
        options = self._options
        size = min(options.batch, len(self._examples.answers))
        total = options.epochs * (len(self._examples.answers) // size)
        metrics: list[dict[str, float]] = []
        for _ in range(options.epochs):
            for chosen, others in batches(self._examples, options, self._rng):
                done = len(metrics) / total
                warm = min(1.0, (len(metrics) + 1) / options.warmup)
                metrics.append(self.step(chosen, others, options.rate * warm * (1 - done)))
                if len(metrics) % 100 == 0:
                    print(f"step {len(metrics)} of {total}: {metrics[-1]}", flush=True)
        return metrics


def counted(texts: list[list[str]], numbers: dict[str, int]) -> sparse.csr_matrix:
    """Returns log(1 + times) of the terms that have a number: [texts, terms]."""
    begins, columns, values = [0], [], []
    for terms in texts:
        found = Counter(numbers[term] for term in terms if term in numbers)
        columns += found.keys()
        values += found.values()
        begins.append(len(columns))
    data = np.log1p(np.array(values, np.float32))
    return sparse.csr_matrix((data, columns, begins), shape=(len(texts), len(numbers)))
