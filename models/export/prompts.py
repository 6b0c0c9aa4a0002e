# SPDX-License-Identifier: Apache-2.0
"""A few prompts of every layout, as text with control tokens in brackets."""

from __future__ import annotations

import re
from collections.abc import Callable

from models.tokenizer.control import BOS, FILE, MIDDLE, PREFIX, SUFFIX

CONTROLS = {"[PREFIX]": PREFIX, "[SUFFIX]": SUFFIX, "[MIDDLE]": MIDDLE, "[FILE]": FILE}

PROMPTS = {
    "plain_python": "import os\n\ndef read_file(path):\n    with open(",
    "spm_python": (
        "[SUFFIX]\n    return total\n"
        "[PREFIX]def total(xs):\n    total = 0\n    for x in xs:\n        "
    ),
    "file_c": "[FILE]src/main.c[PREFIX]#include <stdio.h>\n\nint main(",
    "spm_go": "[SUFFIX]\n}\n[PREFIX]func (s *Server) Close() error {\n\tif err := ",
    "psm_js": "[PREFIX]function add(a, b) {\n  return [SUFFIX];\n}\n[MIDDLE]",
}


def prompt_ids(prompt: str, encode: Callable[[str], list[int]]) -> list[int]:
    ids = [BOS]
    for part in re.split(r"(\[[A-Z]+\])", prompt):
        ids += [CONTROLS[part]] if part in CONTROLS else encode(part)
    return ids
