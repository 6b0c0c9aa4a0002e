# SPDX-License-Identifier: Apache-2.0
"""The control tokens, in the order of their ids (as in Mistral's v3, plus [FILE])."""

from __future__ import annotations

UNK, BOS, EOS = 0, 1, 2
NAMED = ["[INST]", "[/INST]", "[PREFIX]", "[MIDDLE]", "[SUFFIX]", "[FILE]"]
RESERVED = [f"[CTRL_{number}]" for number in range(7)]

PREFIX = 3 + NAMED.index("[PREFIX]")
MIDDLE = 3 + NAMED.index("[MIDDLE]")
SUFFIX = 3 + NAMED.index("[SUFFIX]")
FILE = 3 + NAMED.index("[FILE]")

# Ids below this stand for no text.
CONTROL_END = 3 + len(NAMED) + len(RESERVED)
