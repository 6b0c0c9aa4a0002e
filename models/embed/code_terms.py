# SPDX-License-Identifier: Apache-2.0
"""The terms of a text, as the repository index has them: base/code_terms.cc.

Only those of ASCII: others are in no table. Whole words of several parts are left
out, too, which the table does not have either.
"""

from __future__ import annotations

import re
from functools import lru_cache

MAX_TERM = 64

_WORD = re.compile(r"\w+")
_PART = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]*[a-z0-9]+|[A-Z]+")
_LETTERS = re.compile(r"[a-z]{4,}")
_VOWEL = re.compile(r"[aeiouy]")


def _without_double(stem: str) -> str:
    doubled = len(stem) > 3 and stem[-1] == stem[-2] and stem[-1] not in "aeiouyls"
    return stem[:-1] if doubled else stem


def stem(word: str) -> str:
    """Returns a word of lower-case letters without its English ending."""
    if not _LETTERS.fullmatch(word):
        return word
    if word.endswith("sses"):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for end in ("ing", "ed"):
        rest = word[: -len(end)]
        if word.endswith(end) and len(rest) >= 3 and _VOWEL.search(rest):
            word = _without_double(rest)
            break
    if len(word) > 4 and word.endswith("e"):
        word = word[:-1]
    if len(word) > 3 and word.endswith(("i", "y")):
        word = word[:-1]
    return word


@lru_cache(maxsize=1_000_000)
def _parts(word: str) -> tuple[str, ...]:
    found = []
    for segment in word.split("_") if word.isascii() else ():
        for part in _PART.findall(segment):
            if 2 <= len(part) <= MAX_TERM and not (part.isdigit() and len(part) > 6):
                found.append(stem(part.lower()))
    return tuple(found)


def terms(text: str, most: int) -> list[str]:
    """Returns the text's first terms, each as often as it is there."""
    found: list[str] = []
    for word in _WORD.finditer(text):
        found += _parts(word.group())
        if len(found) >= most:
            return found[:most]
    return found
