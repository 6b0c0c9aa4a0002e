# SPDX-License-Identifier: Apache-2.0
"""The embedding head: what turns a text's hidden states into one unit vector.

  vector = normalise(weight @ concatenate(pooled state of each layer))
  pooled = sum over tokens of w[token] * normalise(state) / sum of w[token]

Layer 0 is what enters the first block (the token's embedding), layer i what
leaves block i - 1; `normalise` divides by the root mean square (in the vector:
by the length). Texts are cut at `max_tokens`, after the <s> that stands before them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

POOLING = "token_weighted_mean"
EPSILON = 1e-5  # keeps what is all zero finite


@dataclass(frozen=True)
class Head:
    """`token_weights` are 0 for control tokens, so for <s>, too."""

    layers: tuple[int, ...]
    max_tokens: int
    token_weights: np.ndarray  # float32 [vocab]
    weight: np.ndarray  # float32 [dimension, layers * d_model]

    @property
    def dimension(self) -> int:
        return self.weight.shape[0]

    def pool(self, ids: list[int], states: list[np.ndarray]) -> np.ndarray:
        """Returns [layers, d_model] from the states of self.layers, [tokens, d_model] each."""
        weights = self.token_weights[ids]
        weights = weights / max(float(weights.sum()), EPSILON)
        return np.stack([weights @ unit_rms(state) for state in states])

    def project(self, pooled: np.ndarray) -> np.ndarray:
        """Returns unit vectors [..., dimension] from pooled states [..., layers, d_model]."""
        flat = pooled.reshape(*pooled.shape[:-2], -1).astype(np.float32)
        vectors = flat @ self.weight.T
        return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), EPSILON)

    def save(self, path: Path) -> None:
        np.savez(
            path,
            layers=np.array(self.layers, np.int32),
            max_tokens=np.int32(self.max_tokens),
            token_weights=self.token_weights,
            weight=self.weight,
        )


def unit_rms(states: np.ndarray) -> np.ndarray:
    return states / np.sqrt((states**2).mean(-1, keepdims=True) + EPSILON)


def load(path: Path) -> Head:
    with np.load(path) as found:
        return Head(
            layers=tuple(int(layer) for layer in found["layers"]),
            max_tokens=int(found["max_tokens"]),
            token_weights=found["token_weights"],
            weight=found["weight"],
        )
