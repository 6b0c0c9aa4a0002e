# SPDX-License-Identifier: Apache-2.0
"""Markdown tables of what was measured."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

Evaluation = dict[str, dict[str, Any]]  # by model, as models.evaluate.measure writes it

KIND_TITLES = {
    "rest_of_line": "rest of line",
    "block": "block",
    "random": "random span",
}


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def percent(part: float) -> str:
    return f"{100 * part:.1f}"


def mean(values: Iterable[float]) -> float:
    found = list(values)
    return sum(found) / len(found) if found else 0.0


def completion_table(evaluation: Evaluation, kind: str) -> str:
    """Exact match / edit similarity by language, and their means over languages."""
    models = list(evaluation)
    languages = evaluation[models[0]][kind]["languages"]

    def cell(score: dict[str, float]) -> str:
        return f"{percent(score['exact_match'])} / {percent(score['edit_similarity'])}"

    rows = [
        [
            language,
            str(score["cases"]),
            *(cell(evaluation[m][kind]["languages"][language]) for m in models),
        ]
        for language, score in languages.items()
    ]
    means = [
        {
            key: mean(s[key] for s in evaluation[m][kind]["languages"].values())
            for key in ("exact_match", "edit_similarity")
        }
        for m in models
    ]
    rows.append(["mean", "", *map(cell, means)])
    return table([KIND_TITLES[kind], "cases", *models], rows)


def text_table(evaluation: Evaluation) -> str:
    models = list(evaluation)
    by_model = [evaluation[m]["text"]["languages"] for m in models]
    rows = [
        [language, str(score["bytes"]), *(f"{m[language]['bits_per_byte']:.3f}" for m in by_model)]
        for language, score in by_model[0].items()
    ]
    means = [mean(s["bits_per_byte"] for s in m.values()) for m in by_model]
    rows.append(["mean", "", *(f"{value:.3f}" for value in means)])
    return table(["bits per byte", "bytes", *models], rows)


def humaneval_table(evaluation: Evaluation) -> str:
    rows = []
    for name, scores in evaluation.items():
        if "humaneval" not in scores:
            continue
        score = scores["humaneval"]
        rows.append(
            [name, str(score["cases"]), percent(score["exact"]), percent(score["pass_at_1"])]
        )
    return table(["HumanEval-Infilling, single lines", "cases", "exact %", "pass@1 %"], rows)


def reliability_table(scores: dict[str, Any]) -> str:
    """How good answers are by how sure the model was of them."""
    rows = []
    for line, block in zip(scores["rest_of_line_reliability"], scores["block_reliability"]):
        threshold = line["threshold"]
        rows.append(["all others" if threshold is None else f">= {threshold:.1f}"])
        for part in (line, block):
            rows[-1] += [
                str(part["answers"]),
                percent(part["exact_match"]),
                percent(part["edit_similarity"]),
            ]
    head = ["mean log-probability", "lines", "exact %", "similar %"]
    return table([*head, "blocks", "exact %", "similar %"], rows)
