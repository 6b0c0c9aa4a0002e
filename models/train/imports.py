# SPDX-License-Identifier: Apache-2.0
"""Which files of a project a file imports, and the order that follows from it."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

_JAVASCRIPT = re.compile(r"""(?:from|require\(|import\()\s*["'](\.[^"']+)["']""")
_PATTERNS = {
    "python": re.compile(r"^\s*(?:from\s+(\.*[\w.]*)\s+import|import\s+([\w.]+))", re.M),
    "c": re.compile(r'^\s*#\s*include\s*["<]([^">]+)[">]', re.M),
    "cpp": re.compile(r'^\s*#\s*include\s*["<]([^">]+)[">]', re.M),
    "javascript": _JAVASCRIPT,
    "typescript": _JAVASCRIPT,
    "go": re.compile(r'^\s*(?:import\s+)?(?:\w+\s+)?"([\w./-]+)"\s*$', re.M),
    "rust": re.compile(
        r"^\s*(?:pub\s+)?(?:mod\s+(\w+);|use\s+(?:crate|super|self)::([\w:]+))", re.M
    ),
    "java": re.compile(r"^import\s+(?:static\s+)?([\w.]+);", re.M),
    "shell": re.compile(r"^\s*(?:source|\.)\s+[\"']?(\S+?)[\"']?\s*$", re.M),
}


@dataclass(frozen=True)
class ProjectFile:
    path: str
    language: str
    text: str


def imported_names(file: ProjectFile) -> list[str]:
    """Returns what the file imports as paths without extension, in order."""
    pattern = _PATTERNS.get(file.language)
    names: list[str] = []
    for match in pattern.finditer(file.text) if pattern else ():
        name = next(group for group in match.groups() if group is not None)
        if file.language in ("python", "java"):
            name = name.lstrip(".").replace(".", "/")
        elif file.language == "rust":
            name = name.replace("::", "/")
        elif file.language in ("javascript", "typescript"):
            name = posixpath.normpath(posixpath.join(posixpath.dirname(file.path), name))
        if file.language != "go" and posixpath.splitext(name)[1]:
            name = posixpath.splitext(name)[0]
        if name and name not in names:
            names.append(name)
    return names


class Project:
    """The files of one project, found by the ends of their paths."""

    def __init__(self, files: Iterable[ProjectFile]) -> None:
        self.files = list(files)
        self._by_end: dict[str, list[ProjectFile]] = defaultdict(list)
        for file in self.files:
            parts = posixpath.splitext(file.path)[0].split("/")
            if parts[-1] in ("__init__", "index", "mod", "lib") and len(parts) > 1:
                parts = parts[:-1]
            for depth in range(1, min(4, len(parts)) + 1):
                self._by_end["/".join(parts[-depth:])].append(file)
            if file.language == "go" and len(parts) > 1:
                self._by_end["dir:" + parts[-2]].append(file)

    def _find(self, name: str, importer: ProjectFile) -> list[ProjectFile]:
        if importer.language == "go":
            return self._by_end["dir:" + name.rpartition("/")[2]][:2]
        parts = name.split("/")
        # `import a.b.C` may name a thing C of the file a/b, too.
        for end in (parts, parts[:-1]):
            for depth in range(min(4, len(end)), 0, -1):
                found = self._by_end.get("/".join(end[-depth:]), [])
                # A bare last word is ambiguous unless one file has it.
                if found and (depth > 1 or len(found) == 1 or len(parts) == 1):
                    return found[:1]
        return []

    def imports(self, file: ProjectFile) -> list[ProjectFile]:
        """Returns the project's files that `file` imports, in its order."""
        found: list[ProjectFile] = []
        for name in imported_names(file):
            for other in self._find(name, file):
                if other is not file and other not in found:
                    found.append(other)
        return found

    def in_order(self) -> list[ProjectFile]:
        """Returns all files, what is imported before what imports it.

        Cycles are cut where they are entered; otherwise the order is by path.
        """
        done: set[str] = set()
        order: list[ProjectFile] = []
        for root in sorted(self.files, key=lambda f: f.path):
            stack = [(root, False)]
            while stack:
                file, expanded = stack.pop()
                if expanded:
                    order.append(file)
                elif file.path not in done:
                    done.add(file.path)
                    stack.append((file, True))
                    stack += [(other, False) for other in reversed(self.imports(file))]
        return order
