# SPDX-License-Identifier: Apache-2.0
"""Finds credentials in source: files that have any do not train the model."""

from __future__ import annotations

import math
import re
from collections import Counter

_KNOWN_FORMS = re.compile(
    r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY"
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{36,}\b"
    r"|\bglpat-[\w-]{20,}"
    r"|\bxox[abprs]-[A-Za-z0-9-]{10,}"
    r"|\bsk_live_[0-9A-Za-z]{16,}"
    r"|\bAIza[0-9A-Za-z_-]{35}\b"
    r"|\bnpm_[A-Za-z0-9]{36}\b"
    r"|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"
)
_ASSIGNED = re.compile(
    r"(?:passw(?:or)?d|secret|api_?key|auth_?token|access_?key|private_?key)\w*"
    r"[\"']?\s*(?::=|=>|=|:)\s*[\"']([^\"'\s]{12,})[\"']",
    re.I,
)
_PLAIN_WORDS = re.compile(r"[a-z]+(?:[-_. ][a-z]+)*", re.I)

MIN_ENTROPY = 3.5  # bits a character; words and placeholders have less


def entropy(text: str) -> float:
    """Returns the entropy of the characters of `text`, in bits a character."""
    counts = Counter(text)
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())


def has_secret(text: str) -> bool:
    if _KNOWN_FORMS.search(text):
        return True
    for value in _ASSIGNED.findall(text):
        if not _PLAIN_WORDS.fullmatch(value) and entropy(value) >= MIN_ENTROPY:
            return True
    return False
