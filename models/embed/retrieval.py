# SPDX-License-Identifier: Apache-2.0
"""How well a search finds the right one of many, and two searches as one.

Scores are [queries, candidates]; query i looks for candidate i.
"""

from __future__ import annotations

import numpy as np

RECALLS = (1, 5, 10)
FUSION = 60.0  # of reciprocal rank fusion: how little the first places stand out


def ranks(scores: np.ndarray) -> np.ndarray:
    """Returns the place of each query's answer, from 1; among equals the middle."""
    own = scores.diagonal()[:, None]
    better = (scores > own).sum(1)
    equal = (scores == own).sum(1) - 1
    return 1 + better + equal / 2


def measures(scores: np.ndarray) -> dict[str, float]:
    """Returns recall@1, @5, @10 and the mean reciprocal rank."""
    places = ranks(scores)
    result = {f"recall@{k}": float((places <= k).mean()) for k in RECALLS}
    return result | {"mrr": float((1 / places).mean())}


def places(scores: np.ndarray) -> np.ndarray:
    """Returns the place of every candidate, from 1; among equals the middle."""
    result = np.empty(scores.shape)
    for row, own in zip(result, scores):
        ordered = np.sort(own)
        below = np.searchsorted(ordered, own, "left")
        not_above = np.searchsorted(ordered, own, "right")
        row[:] = len(own) - (below + not_above - 1) / 2
    return result


def rank_fusion(*searches: np.ndarray) -> np.ndarray:
    """Reciprocal rank fusion: scores from the places in each search."""
    return sum(1 / (FUSION + places(scores)) for scores in searches)


def standardised(scores: np.ndarray) -> np.ndarray:
    """Returns scores with mean 0 and deviation 1 for each query."""
    deviation = scores.std(1, keepdims=True)
    return (scores - scores.mean(1, keepdims=True)) / np.maximum(deviation, 1e-9)


def score_sum(*searches: np.ndarray) -> np.ndarray:
    """Adds standardised scores: unlike places, they say how sure a search is."""
    return sum(standardised(scores) for scores in searches)


def mean(several: list[dict[str, float]]) -> dict[str, float]:
    return {key: sum(one[key] for one in several) / len(several) for key in several[0]}
