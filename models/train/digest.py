# SPDX-License-Identifier: Apache-2.0
"""A file's digest: the lines that declare what others may use of it."""

from __future__ import annotations

import re

_DECLARATIONS = {
    "python": re.compile(r"^\s{0,4}(?:async\s+)?(?:def|class)\s+\w|^[A-Z_]{3,}\s*="),
    "c": re.compile(
        r"^(?:typedef|struct|enum|union|extern)\b|^#define\s+\w+\(|^\w[\w\s*]*\w\s*\([^;]*[;{,)]"
    ),
    "cpp": re.compile(
        r"^\s{0,4}(?:class|struct|enum|using|template|typedef|virtual|static|constexpr|explicit)\b"
        r"|^\s{0,2}[\w:<>&*~]+[\w:<>&*,\s~]*\([^;]*[;{,)]"
    ),
    "javascript": re.compile(
        r"^(?:export|module\.exports|exports\.|(?:async\s+)?function|class)\b"
    ),
    "typescript": re.compile(r"^\s{0,2}(?:export|declare|interface|type|class|abstract|public)\b"),
    "go": re.compile(r"^(?:func|type|var|const)\b"),
    "rust": re.compile(r"^\s{0,4}pub\b|^(?:impl|trait|macro_rules!)"),
    "java": re.compile(r"^\s{0,4}(?:public|protected)\b"),
    "shell": re.compile(r"^(?:function\s+)?[\w-]+\s*\(\)|^(?:export|readonly)\s"),
}


def digest(language: str, text: str, limit: int = 1200) -> str:
    """Returns the declaring lines of `text`, at most `limit` characters."""
    pattern = _DECLARATIONS.get(language)
    lines: list[str] = []
    size = 0
    for line in text.split("\n") if pattern else ():
        if not pattern.match(line) or len(line) > 160:
            continue
        size += len(line) + 1
        if size > limit:
            break
        lines.append(line.rstrip())
    return "".join(line + "\n" for line in lines)
