# SPDX-License-Identifier: Apache-2.0
"""The embedding head in a GGUF file: metadata, which other programs skip.

  krait.embedding.dimension      length of a vector
  krait.embedding.max_tokens     of a text, what follows is cut; <s> stands before it
  krait.embedding.pooling        "token_weighted_mean"
  krait.embedding.layers         int32, the layers whose states are pooled
  krait.embedding.token_weights  float32 [vocab], 0 for control tokens
  krait.embedding.weight         float32 [dimension, layers * d_model], row-major

models/embed/head.py says what is computed from them. A file without these keys
has no head.
"""

from __future__ import annotations

import numpy as np

from models.embed.head import POOLING, Head

PREFIX = "krait.embedding."


def to_values(head: Head) -> dict:
    """Returns the head as metadata of a GGUF file."""
    return {
        f"{PREFIX}dimension": head.dimension,
        f"{PREFIX}max_tokens": head.max_tokens,
        f"{PREFIX}pooling": POOLING,
        f"{PREFIX}layers": list(head.layers),
        f"{PREFIX}token_weights": head.token_weights.astype(float).tolist(),
        f"{PREFIX}weight": head.weight.reshape(-1).astype(float).tolist(),
    }


def from_values(values: dict) -> Head | None:
    """Returns the head of a GGUF file's metadata, None if it has none."""
    if f"{PREFIX}dimension" not in values:
        return None
    pooling = values[f"{PREFIX}pooling"]
    if pooling != POOLING:
        raise ValueError(f"{PREFIX}pooling is {pooling!r}, expected {POOLING!r}")
    weight = np.array(values[f"{PREFIX}weight"], np.float32)
    return Head(
        layers=tuple(values[f"{PREFIX}layers"]),
        max_tokens=values[f"{PREFIX}max_tokens"],
        token_weights=np.array(values[f"{PREFIX}token_weights"], np.float32),
        weight=weight.reshape(values[f"{PREFIX}dimension"], -1),
    )
