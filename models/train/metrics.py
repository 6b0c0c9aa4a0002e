# SPDX-License-Identifier: Apache-2.0
"""Writes what happens to a JSON-lines file and draws it as an SVG."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

WIDTH, HEIGHT, MARGIN = 800, 320, 48
SERIES = [("loss", "#4269d0"), ("middle_loss", "#ff725c")]


class MetricsWriter:
    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, record: dict[str, Any]) -> None:
        """Appends one line; nothing is held back if the run is killed."""
        rounded = {k: round(v, 5) if isinstance(v, float) else v for k, v in record.items()}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(rounded) + "\n")


def read(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as rows:
        return [json.loads(row) for row in rows if row.strip()]


def _polyline(points: list[tuple[float, float]], color: str) -> str:
    text = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{text}" fill="none" stroke="{color}" stroke-width="1.5"/>'


def _label(x: float, y: float, text: str, anchor: str = "middle", color: str = "#333") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" fill="{color}">{text}</text>'


def draw(records: list[dict[str, Any]]) -> str:
    """Returns an SVG of the losses and the learning rate over the tokens."""
    steps = [r for r in records if "loss" in r]
    if len(steps) < 2:
        raise ValueError("fewer than two steps to draw")
    most = max(r["tokens"] for r in steps)
    values = [r[name] for r in steps for name, _ in SERIES if r.get(name)]
    low, high = min(values), sorted(values)[int(len(values) * 0.99)]
    span = max(high - low, 1e-9)

    def x_of(record: dict[str, Any]) -> float:
        return MARGIN + (WIDTH - 2 * MARGIN) * record["tokens"] / most

    def y_of(part: float) -> float:
        return HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * max(0.0, min(1.0, part))

    parts = [_polyline([(x_of(r), y_of(r["rate"])) for r in steps], "#cccccc")]
    for number, (name, color) in enumerate(SERIES):
        points = [(x_of(r), y_of((r[name] - low) / span)) for r in steps if r.get(name)]
        parts.append(_polyline(points, color))
        parts.append(_label(WIDTH - MARGIN, 20 + 16 * number, name, "end", color))
    parts.append(_label(WIDTH - MARGIN, 52, "learning rate", "end", "#999999"))
    for part in (0.0, 0.5, 1.0):
        parts.append(_label(MARGIN - 6, y_of(part) + 4, f"{low + part * span:.2f}", "end"))
        parts.append(
            _label(MARGIN + (WIDTH - 2 * MARGIN) * part, HEIGHT - 20, f"{most * part / 1e6:.1f}M")
        )
    parts.append(_label(WIDTH / 2, HEIGHT - 4, "tokens"))
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="sans-serif" font-size="12">\n'
        f'<rect width="100%" height="100%" fill="white"/>\n{body}\n</svg>\n'
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("metrics", type=Path, help="metrics.jsonl of a training")
    parser.add_argument("svg", type=Path, help="the picture to write")
    args = parser.parse_args()
    args.svg.write_text(draw(read(args.metrics)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
