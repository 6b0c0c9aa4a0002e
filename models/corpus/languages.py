# SPDX-License-Identifier: Apache-2.0
"""Which language a source file is in."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

BY_EXTENSION = {
    ".py": "python",
    ".c": "c",
    ".h": "c",
    ".cc": "cpp",
    ".cpp": "cpp",
    ".cxx": "cpp",
    ".hpp": "cpp",
    ".hh": "cpp",
    ".hxx": "cpp",
    ".ipp": "cpp",
    ".inl": "cpp",
    ".js": "javascript",
    ".mjs": "javascript",
    ".cjs": "javascript",
    ".jsx": "javascript",
    ".ts": "typescript",
    ".tsx": "typescript",
    ".mts": "typescript",
    ".go": "go",
    ".rs": "rust",
    ".java": "java",
    ".sh": "shell",
    ".bash": "shell",
    ".bats": "shell",
}

LANGUAGES = tuple(sorted(set(BY_EXTENSION.values())))

_CPP_IN_HEADER = re.compile(r"^\s*(class\s+\w|namespace\b|template\s*<|using\s+\w|public:)", re.M)
_SHELL_SHEBANG = re.compile(r"#!\s*/\S*(?:env\s+)?(?:/|\b)(?:ba|da|k)?sh\b")


def language_by_path(path: str) -> str | None:
    return BY_EXTENSION.get(PurePosixPath(path).suffix.lower())


def may_be_script(path: str) -> bool:
    """Commands of shell packages have no extension; their first line tells."""
    return PurePosixPath(path).suffix == ""


def language_of(path: str, text: str) -> str | None:
    """Returns the language, or None for what is not source of a known one."""
    language = language_by_path(path)
    if language == "c" and path.endswith(".h") and _CPP_IN_HEADER.search(text):
        return "cpp"
    if language is None and may_be_script(path) and _SHELL_SHEBANG.match(text):
        return "shell"
    return language
