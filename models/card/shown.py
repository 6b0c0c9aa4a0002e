# SPDX-License-Identifier: Apache-2.0
"""The table of what is shown unasked, and how much of it is right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from models.card.tables import percent, table

BEGIN, END = "<!-- krait eval shown: begin -->", "<!-- krait eval shown: end -->"

HEAD = ("places", "shown %", "first word right %", "right %", "right to its end %")


def _cells(score: dict[str, Any]) -> list[str]:
    return [
        str(score["places"]),
        *(percent(score[key]) for key in ("shown_share", "first_word", "right", "right_to_end")),
    ]


def language_table(result: dict[str, Any]) -> str:
    rows = [[language, *_cells(score)] for language, score in result["languages"].items()]
    return table(["language", *HEAD], [*rows, ["all", *_cells(result)]])


def threshold_table(result: dict[str, Any]) -> str:
    """With other thresholds for the mean than the model's, as long as they show more."""

    def name(threshold: float | None) -> str:
        return "all" if threshold is None else f">= {threshold:.1f}"

    found = result["by_threshold"]
    kept = [
        row
        for before, row in zip([None, *found], found)
        if before is None or row["shown_share"] > before["shown_share"]
    ]
    rows = [[name(row["threshold"]), *_cells(row)] for row in kept]
    return table(["mean log-probability", *HEAD], rows)


def describe(result: dict[str, Any]) -> str:
    text = (
        f"Thresholds: a line's mean log-probability at least {result['line']:.2f}, a block's "
        f"{result['block']:.2f}, and an end before the first token below {result['token']:.2f} "
        "(at a word's end)."
    )
    own = [
        f"{language} at least {of['line']:.2f} and {of['token']:.2f}"
        for language, of in result.get("own", {}).items()
    ]
    return text + (f" Instead, lines of {', '.join(own)}." if own else "")


def render(result: dict[str, Any]) -> str:
    return "\n\n".join([describe(result), language_table(result), threshold_table(result)])


def insert(path: Path, result: dict[str, Any]) -> None:
    """Puts the tables between the two marks of a Markdown file; README has little room."""
    text = path.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{path}: expected the lines {BEGIN} and {END}")
    tables = language_table(result) if path.name == "README.md" else render(result)
    path.write_text(f"{before}{BEGIN}\n{tables}\n{END}{after}", encoding="utf-8")
