# SPDX-License-Identifier: Apache-2.0
"""What is kept of a package: source that people wrote and may be learned from.

Every rule that refuses a file returns a short reason, which the build counts.
"""

from __future__ import annotations

import re

from models.corpus.manifest import licence_is_permissive

MIN_BYTES = 200
MAX_BYTES = 100_000
MAX_LINE = 400
MAX_MEAN_LINE = 90
MIN_MEAN_LINE = 4

_FOLDERS = re.compile(
    r"(^|/)(node_modules|vendor|vendored|_vendor|third[_-]?party|3rd-?party|extern(al)?|deps"
    r"|testdata|test[-_]data|fixtures?|baselines?|__?snapshots_?_?|corpus|corpora"
    r"|dist|build|umd|cjs|min|bundles?|legacy|esm5|esm2015|generated|autogen"
    r"|locales?|i18n|translations|wpt|\.git|debian)/",
    re.I,
)
_NAMES = re.compile(
    r"(\.min\.|\.bundle\.|_pb2(_grpc)?\.py$|\.pb\.(go|h|cc)$|\.pb\.gw\.go$|[._]generated\."
    r"|zz_generated|_string\.go$|bindata\.go$|unicode_?(data|tables)|\.d\.[cm]?ts$|_gen\.go$"
    r"|\.tab\.[ch]$|lex\.yy\.c$)",
    re.I,
)
_GENERATED = re.compile(
    r"(auto-?generated|automatically generated|code generated|machine[- ]generated|@generated"
    r"|generated (by|from|using|with)|do not (edit|modify)|don't edit)",
    re.I,
)
_COPYLEFT = re.compile(
    r"GNU\s+(Lesser\s+|Affero\s+|Library\s+)?General\s+Public|Mozilla Public License"
    r"|Eclipse Public License|Creative Commons|All rights reserved\.? (Confidential|Proprietary)",
    re.I,
)
_SPDX = re.compile(r"SPDX-License-Identifier:\s*([\w.+\-() ]+)")

# A comment at a file's begin, after an optional shebang.
_LINE_COMMENTS = re.compile(r"(?:[ \t]*(?://|#(?!!|include|define|if|pragma)|--).*\n|[ \t]*\n)+")
_BLOCK_COMMENT = re.compile(r"\s*/\*.*?\*/[ \t]*\n?", re.S)
_NOTICE = re.compile(r"copyright|licen[sc]e|SPDX|all rights reserved", re.I)

_MAIL = re.compile(r"\b[\w.+-]+@(?!example\.)[\w-]+(\.[\w-]+)*\.[a-z]{2,}\b", re.I)


def refuse_path(path: str) -> str | None:
    if _FOLDERS.search(path):
        return "vendored, generated or test-data folder"
    if _NAMES.search(path):
        return "generated or minified by its name"
    return None


def decode(data: bytes) -> str | None:
    """Returns text with line feeds as line ends, or None if it is none."""
    if b"\0" in data:
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _refuse_shape(text: str) -> str | None:
    lines = text.split("\n")
    mean = len(text) / len(lines)
    if max(map(len, lines)) > MAX_LINE or not MIN_MEAN_LINE <= mean <= MAX_MEAN_LINE:
        return "line lengths of data or minified code"
    sample = text[:20_000]
    if sum(map(str.isalpha, sample)) < 0.3 * len(sample):
        return "too few letters"
    if sum(map(str.isdigit, sample)) > 0.2 * len(sample):
        return "too many digits"
    if sum(ord(char) > 127 for char in sample) > 0.1 * len(sample):
        return "too much text outside ASCII"
    return None


def refuse_text(text: str) -> str | None:
    if not MIN_BYTES <= len(text) <= MAX_BYTES:
        return "size"
    if _GENERATED.search(text[:1500]):
        return "says that it is generated"
    if _COPYLEFT.search(text[:6000]):
        return "licence that is not permissive"
    named = _SPDX.search(text[:6000])
    if named and not licence_is_permissive(named.group(1).strip()):
        return "licence that is not permissive"
    return _refuse_shape(text)


def strip_notice(text: str) -> str:
    """Removes the copyright notice at the begin: the same text in each file."""
    shebang = ""
    if text.startswith("#!"):
        end = text.find("\n") + 1
        shebang, text = text[:end], text[end:]
    while True:
        comment = _BLOCK_COMMENT.match(text) or _LINE_COMMENTS.match(text)
        if not comment or not _NOTICE.search(comment.group()):
            return shebang + (text.lstrip("\n") if not shebang else text)
        text = text[comment.end() :]


def hide_addresses(text: str) -> str:
    """Replaces people's mail addresses: nobody's belongs into a completion."""
    return _MAIL.sub("user@example.com", text)
