# SPDX-License-Identifier: Apache-2.0
"""Finds functions that have a comment: by patterns, without a parser.

A comment directly above a header that looks like a function's, or a docstring
below it; then the body, by its brackets or its indentation. A few kinds of
function are missed and a few headers are cut wrongly; what is found is what its
author wrote together, which is all that is needed here.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

MAX_HEADER = 800  # characters from the header's begin to the body's


@dataclass(frozen=True)
class Function:
    """`code` is header and body, without the comment."""

    name: str
    comment: str
    code: str


_BLOCK = r"/\*[^*]*(?:\*(?!/)[^*]*)*\*/[ \t]*\n(?:[ \t]*\n)?"  # then one empty line at most
_C_COMMENT = re.compile(rf"^[ \t]*(?:{_BLOCK}|//[^\n]*\n(?:[ \t]*//[^\n]*\n)*)", re.M)
_HASH_COMMENT = re.compile(r"^[ \t]*#(?!!)[^\n]*\n(?:[ \t]*#[^\n]*\n)*", re.M)

# What may stand between a comment and its function.
_ATTRIBUTES = re.compile(
    r"(?:[ \t]*(?:@[\w.]+(?:\([^()\n]*\))?|\#!?\[[^\n]*\]|\[\[[^\n]*\]\]"
    r"|template\s*<[^{};]*?>(?=\s*\n))[ \t]*\n)*[ \t]*"
)

# Each pattern ends before the parameters' bracket.
_C_HEADER = re.compile(r"(?:[\w:<>,*&~\[\] \t\n]*?[\s*&:>])??(?P<name>~?[A-Za-z_]\w*)\s*(?=\()")
_JAVA_HEADER = re.compile(r"[\w<>\[\],.?& \t\n]*?[\s>\]](?P<name>[A-Za-z_]\w*)\s*(?=\()")
_GO_HEADER = re.compile(r"func\s*(?:\([^()]*\)\s*)?(?P<name>\w+)(?:\[[^\]\n]*\])?(?=\()")
_RUST_HEADER = re.compile(
    r"(?:pub(?:\([^)]*\))?\s+)?(?:(?:default|const|async|unsafe|extern(?:\s+\"[^\"]*\")?)\s+)*"
    r"fn\s+(?P<name>\w+)[^({;]*(?=\()"
)
_NAME = r"(?P<name{}>[\w$#]+)"
_GENERIC = r"\s*(?:<[^()\n]*>)?\s*(?=\()"
_ECMA_HEADER = re.compile(
    r"(?:export\s+)?(?:default\s+)?(?:"
    rf"(?:async\s+)?function\s*\*?\s*{_NAME.format(1)}{_GENERIC}"
    rf"|(?:const|let|var)\s+{_NAME.format(2)}\s*=\s*(?:async\s+)?(?:function\b\s*\*?\s*\w*)?{_GENERIC}"
    rf"|(?:[\w$]+\.)+{_NAME.format(3)}\s*=\s*(?:async\s+)?(?:function\b\s*\*?\s*\w*)?{_GENERIC}"
    rf"|{_NAME.format(4)}\s*:\s*(?:async\s+)?function\b\s*\*?\s*\w*{_GENERIC}"
    r"|(?:(?:public|private|protected|static|async|override|abstract|get|set)\s+)*\*?"
    rf"{_NAME.format(5)}\??{_GENERIC})"
)
_SHELL_HEADER = re.compile(r"(?:function\s+)?(?P<name>[A-Za-z_][\w:.-]*)\s*(?:\(\s*\))?\s*\{")
_PYTHON_HEADER = re.compile(r"^(?P<indent>[ \t]*)(?:async\s+)?def\s+(?P<name>\w+)\s*(?=\()", re.M)
_DOCSTRING = re.compile(
    r"\s*(?:#[^\n]*\n\s*)*[rRuU]?(?P<quote>\"\"\"|''')(?P<text>.*?)(?P=quote)", re.S
)

_HEADERS = {
    "c": _C_HEADER,
    "cpp": _C_HEADER,
    "java": _JAVA_HEADER,
    "go": _GO_HEADER,
    "rust": _RUST_HEADER,
    "javascript": _ECMA_HEADER,
    "typescript": _ECMA_HEADER,
}
_NO_NAMES = frozenset(
    "if for while switch return catch else do new case throw sizeof defined assert static_assert "
    "class struct enum union namespace interface describe it test super function typeof "
    "__attribute__ __declspec alignas decltype TEST TEST_F TEST_P".split()
)

# Text and comments hide brackets; a quote in Rust may begin a lifetime.
_STRINGS = r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\""
_LEXERS = {
    "rust": re.compile(rf"{_STRINGS}|'(?:\\[^'\n]*|[^'\\\n])'|[(){{}}]", re.S),
    "go": re.compile(rf"{_STRINGS}|'(?:\\.|[^'\\\n])*'|`[^`]*`|[(){{}}]", re.S),
    "typescript": re.compile(rf"{_STRINGS}|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|[(){{}}]", re.S),
}
_LEXERS["javascript"] = _LEXERS["typescript"]
_PYTHON_LEXER = re.compile(r"#[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|[()\[\]{}:]")
_PLAIN_LEXER = re.compile(rf"{_STRINGS}|'(?:\\.|[^'\\\n])*'|[(){{}}]", re.S)
# From the parameters to the body: results, what is thrown, initialisers.
_TO_BODY = re.compile(r"(?:[^{};\n]|\n(?!\s*(?:\n|/\*))|(?:interface|struct)\{\})*\{(?!\})")
_ECMA_TO_BODY = re.compile(r"\s*(?::[^{};\n]*?)?(?:=>)?\s*\{")


def _closing(text: str, begin: int, language: str, pair: str) -> int | None:
    """Returns the end of what opens with pair[0] at or after `begin`."""
    depth = 0
    for found in _LEXERS.get(language, _PLAIN_LEXER).finditer(text, begin):
        if found.group() == pair[0]:
            depth += 1
        elif found.group() == pair[1]:
            depth -= 1
            if depth <= 0:
                return found.end() if depth == 0 else None
    return None


def _braced_end(text: str, parameters: int, language: str) -> int | None:
    """Returns the end of a function whose parameters begin at `parameters`."""
    closed = _closing(text, parameters, language, "()")
    if closed is None:
        return None
    to_body = _ECMA_TO_BODY if _HEADERS[language] is _ECMA_HEADER else _TO_BODY
    body = to_body.match(text, closed, closed + MAX_HEADER)
    return _closing(text, body.end() - 1, language, "{}") if body else None


def _name_of(header: re.Match) -> str:
    return next(value for key, value in header.groupdict().items() if value is not None)


def _braced(language: str, text: str) -> Iterator[Function]:
    for comment in _C_COMMENT.finditer(text):
        attributes = _ATTRIBUTES.match(text, comment.end())
        begin = attributes.end() if attributes else comment.end()
        header = _HEADERS[language].match(text, begin, begin + MAX_HEADER)
        if not header or _name_of(header) in _NO_NAMES:
            continue
        end = _braced_end(text, header.end(), language)
        if end is not None:
            code = text[comment.end() : end]
            yield Function(_name_of(header), comment.group(), textwrap.dedent(code))


def _shell(text: str) -> Iterator[Function]:
    for comment in _HASH_COMMENT.finditer(text):
        indent = re.match(r"[ \t]*", comment.group()).group()  # type: ignore[union-attr]
        header = _SHELL_HEADER.match(text, comment.end() + len(indent))
        last = re.compile(rf"^{indent}\}}", re.M).search(text, header.end()) if header else None
        if header and last:
            code = text[comment.end() : last.end()]
            yield Function(header["name"], comment.group(), textwrap.dedent(code))


def _python_colon(text: str, begin: int) -> int | None:
    """Returns the end of a header: the colon outside of brackets."""
    depth = 0
    for found in _PYTHON_LEXER.finditer(text, begin, begin + 4 * MAX_HEADER):
        mark = found.group()
        if mark in "([{":
            depth += 1
        elif mark in ")]}":
            depth -= 1
        elif mark == ":" and depth == 0:
            return found.end()
    return None


def _python(text: str) -> Iterator[Function]:
    for header in _PYTHON_HEADER.finditer(text):
        colon = _python_colon(text, header.end())
        doc = _DOCSTRING.match(text, colon) if colon else None
        if not doc:
            continue
        outside = re.compile(rf"^(?!{header['indent']}[ \t])[ \t]*(?=[^\s#])", re.M)
        last = outside.search(text, doc.end())
        body = text[doc.end() : last.start() if last else len(text)].rstrip()
        if body.strip():
            code = text[header.start() : colon] + body
            yield Function(header["name"], doc["text"], textwrap.dedent(code))


def documented_functions(language: str, text: str) -> Iterator[Function]:
    """Yields the functions of a source text that have a comment, in order."""
    if language == "python":
        yield from _python(text)
    elif language == "shell":
        yield from _shell(text)
    elif language in _HEADERS:
        yield from _braced(language, text)
