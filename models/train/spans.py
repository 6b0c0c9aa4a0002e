# SPDX-License-Identifier: Apache-2.0
"""Chooses what a model is to fill in: spans where a person's cursor would be.

Five kinds: the rest of a line, a block (by its indentation), what is between
two brackets, several lines from a cursor on, and any characters at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

KIND_WEIGHTS = {
    "rest_of_line": 0.50,
    "multi_line": 0.14,
    "block": 0.14,
    "brackets": 0.12,
    "random": 0.10,
}
TRIES = 12  # of places for a span, before a text is taken to have none
MAX_BLOCK_LINES = 12
MAX_LINES = 6
MAX_BRACKET_CHARS = 400

_BOUNDARIES = " .(=[,{:<\"'"
_CLOSING = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True)
class Span:
    """The middle is text[begin:end]."""

    begin: int
    end: int
    kind: str


def line_starts(text: str) -> list[int]:
    return [0] + [i + 1 for i, char in enumerate(text) if char == "\n" and i + 1 < len(text)]


def line_end(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end


def indentation(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def cursor_in_line(text: str, start: int, rng: Random) -> int | None:
    """Returns a place in the line at `start` where somebody could be typing."""
    line = text[start : line_end(text, start)]
    indent = indentation(line)
    if len(line) - indent < 3:
        return None
    where = rng.random()
    if where < 0.25:
        return start + indent
    if where < 0.70:
        after = [i for i in range(indent + 1, len(line)) if line[i - 1] in _BOUNDARIES]
        if after:
            return start + rng.choice(after)
    return start + rng.randint(indent + 1, len(line) - 1)


def _rest_of_line(text: str, rng: Random) -> Span | None:
    begin = cursor_in_line(text, rng.choice(line_starts(text)), rng)
    if begin is None:
        return None
    return Span(begin, line_end(text, begin), "rest_of_line")


def _multi_line(text: str, rng: Random) -> Span | None:
    begin = cursor_in_line(text, rng.choice(line_starts(text)), rng)
    if begin is None:
        return None
    end = line_end(text, begin)
    for _ in range(rng.randint(1, MAX_LINES - 1)):
        if end >= len(text):
            break
        end = line_end(text, end + 1)
    return Span(begin, end, "multi_line")


def block_end(text: str, header: int) -> int:
    """Returns where the block below the line at `header` ends (its last line's
    end); the header line's own end if no deeper line follows."""
    depth = indentation(text[header : line_end(text, header)])
    end = line_end(text, header)
    following = end
    while following < len(text):
        start = following + 1
        following = line_end(text, start)
        line = text[start:following]
        if not line.strip():
            continue
        if indentation(line) <= depth:
            break
        end = following
    return end


def _block(text: str, rng: Random) -> Span | None:
    header = rng.choice(line_starts(text))
    header_end = line_end(text, header)
    if not text[header:header_end].strip():
        return None
    end = block_end(text, header)
    if end == header_end or text.count("\n", header_end, end) > MAX_BLOCK_LINES:
        return None
    if rng.random() < 0.5:
        return Span(header_end, end, "block")
    first = header_end + 1
    body = first + indentation(text[first : line_end(text, first)])
    return Span(body, end, "block") if body < end else None


def closing_bracket(text: str, opening: int, limit: int) -> int | None:
    """Returns the position of the bracket that closes the one at `opening`."""
    open_char, depth = text[opening], 0
    close_char = _CLOSING[open_char]
    for position in range(opening, min(len(text), opening + limit)):
        if text[position] == open_char:
            depth += 1
        elif text[position] == close_char:
            depth -= 1
            if depth == 0:
                return position
    return None


def _brackets(text: str, rng: Random) -> Span | None:
    start = rng.randrange(len(text))
    openings = [p for p in (text.find(c, start) for c in _CLOSING) if p >= 0]
    if not openings:
        return None
    opening = min(openings)
    closing = closing_bracket(text, opening, MAX_BRACKET_CHARS)
    if closing is None or closing - opening < 3:
        return None
    begin = opening + 1
    if rng.random() < 0.3:
        begin = rng.randrange(begin, closing)
    return Span(begin, closing, "brackets")


def _random(text: str, rng: Random) -> Span | None:
    begin = rng.randrange(len(text))
    length = int(2 ** rng.uniform(1, 8.5))
    return Span(begin, min(len(text), begin + length), "random")


_MAKERS = {
    "rest_of_line": _rest_of_line,
    "multi_line": _multi_line,
    "block": _block,
    "brackets": _brackets,
    "random": _random,
}


def choose_span(text: str, rng: Random, kind: str | None = None) -> Span | None:
    """Returns a span of `kind`, or of a random kind; None if `text` has none."""
    for _ in range(TRIES):
        chosen = kind or rng.choices(list(KIND_WEIGHTS), list(KIND_WEIGHTS.values()))[0]
        span = _MAKERS[chosen](text, rng) if text else None
        if span and text[span.begin : span.end].strip():
            return span
    return None
