# SPDX-License-Identifier: Apache-2.0
"""How well functions are found by their comments: by BM25, embedding, and both.

The report, for embed.json:

  schema      1
  head        {dimension, layers, max_tokens, pooling, parameters}
  training    {pairs: {language: count}, steps, batch, loss, seconds}
  held_out    {language: {functions: count, bm25: M, embedding: M, sum: M, rank_fusion: M}}
              M = {"recall@1", "recall@5", "recall@10", "mrr"}, each 0 to 1. A
              language's comments look for their functions among all functions
              of the language that have one. "mean" is the mean over the
              languages; "all" has all languages in one heap. "sum" adds
              standardised scores, "rank_fusion" the places' reciprocals.
"""

from __future__ import annotations

import numpy as np

from models.embed.bm25 import Bm25
from models.embed.head import POOLING, Head
from models.embed.pairs import Pair, per_language
from models.embed.retrieval import mean, measures, rank_fusion, score_sum

SEARCHES = ("bm25", "embedding", "sum", "rank_fusion")


def bm25_scores(some: list[Pair]) -> np.ndarray:
    index = Bm25([pair["code"] for pair in some])
    return np.array([index.scores(pair["doc"]) for pair in some])


def of_language(
    language: str, some: list[Pair], docs: np.ndarray, codes: np.ndarray
) -> tuple[list[Pair], np.ndarray, np.ndarray]:
    at = [i for i, pair in enumerate(some) if pair["language"] == language]
    return [some[i] for i in at], docs[at], codes[at]


def compare(some: list[Pair], docs: np.ndarray, codes: np.ndarray) -> dict:
    """docs and codes: unit vectors [pairs, dimension]."""
    words, vectors = bm25_scores(some), docs @ codes.T
    both = score_sum(words, vectors), rank_fusion(words, vectors)
    scores = dict(zip(SEARCHES, (words, vectors, *both)))
    return {"functions": len(some)} | {name: measures(found) for name, found in scores.items()}


def report(head: Head, held_out: list[Pair], docs: np.ndarray, codes: np.ndarray) -> dict:
    """docs and codes: the vectors of the held-out pairs, in their order."""
    results: dict[str, dict] = {}
    for language in per_language(held_out):
        results[language] = compare(*of_language(language, held_out, docs, codes))
    languages = list(results.values())
    results["mean"] = {
        "functions": sum(one["functions"] for one in languages),
        **{name: mean([one[name] for one in languages]) for name in SEARCHES},
    }
    results["all"] = compare(held_out, docs, codes)
    about = {
        "dimension": head.dimension,
        "layers": list(head.layers),
        "max_tokens": head.max_tokens,
        "pooling": POOLING,
        "parameters": int(head.weight.size + head.token_weights.size),
    }
    return {"schema": 1, "head": about, "held_out": results}


COLUMNS = ("BM25", "embedding", "sum of both", "rank fusion")


def table(report_: dict) -> str:
    """Returns recall@1 / recall@10 / mean reciprocal rank in percent, as Markdown."""
    lines = [
        f"| | functions | {' | '.join(COLUMNS)} |",
        f"|{'---|' * (2 + len(COLUMNS))}",
    ]
    for language, result in report_["held_out"].items():
        cells = [
            " / ".join(
                f"{100 * result[name][key]:.1f}" for key in ("recall@1", "recall@10", "mrr")
            )
            for name in SEARCHES
        ]
        lines.append(f"| {language} | {result['functions']} | {' | '.join(cells)} |")
    return "\n".join(lines)
