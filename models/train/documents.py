# SPDX-License-Identifier: Apache-2.0
"""Turns source files into training documents: token ids with loss weights.

Layouts, each after <s> and optionally [FILE]path:

  SPM    [SUFFIX] suffix [PREFIX] prefix middle </s>
  PSM    [PREFIX] prefix [SUFFIX] suffix [MIDDLE] middle </s>
  plain  text, after a path: [PREFIX] text

Files of a project that come before are [FILE]path[PREFIX]text each, whole or as
a digest. Prefix, middle and suffix are tokenised apart, as krait does it with
the text before and behind a cursor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random

from models.tokenizer.control import BOS, EOS, FILE, MIDDLE, PREFIX, SUFFIX
from models.train.digest import digest
from models.train.imports import Project, ProjectFile
from models.train.spans import choose_span

MAX_PATH_TOKENS = 64
MIN_SEGMENT = 100  # characters; less teaches nothing

Encode = Callable[[str], list[int]]


@dataclass(frozen=True)
class DocumentOptions:
    tokens: int = 2048  # the longest document
    suffix_tokens: int = 512
    context_tokens: int = 640
    fim_share: float = 0.75  # of the segments; the others are plain
    psm_share: float = 0.10  # of these; small models do not learn PSM
    path_share: float = 0.70
    context_share: float = 0.25  # of the segments: with digests of imports
    run_share: float = 0.20  # of the files: as part of a run through the project
    middle_weight: int = 4
    segment_chars: tuple[int, int] = (300, 6500)

    def __post_init__(self) -> None:
        if self.tokens < 256:
            raise ValueError(f"documents of {self.tokens} tokens are too short: at least 256")

    @property
    def context_limit(self) -> int:
        return min(self.context_tokens, self.tokens // 3)

    @property
    def suffix_limit(self) -> int:
        return min(self.suffix_tokens, self.tokens // 3)


@dataclass
class Document:
    """Weight i is what predicting token i counts in the loss."""

    ids: list[int] = field(default_factory=list)
    weights: list[int] = field(default_factory=list)

    def add(self, ids: list[int], weight: int) -> None:
        self.ids += ids
        self.weights += [weight] * len(ids)

    def __len__(self) -> int:
        return len(self.ids)


def cut_lines(text: str, ids: list[int], limit: int, encode: Encode) -> tuple[str, list[int]]:
    """Shortens `text` at a line's end until it has at most `limit` tokens."""
    while len(ids) > limit:
        shorter = text[: int(len(text) * limit / len(ids) * 0.95)]
        text = shorter[: shorter.rfind("\n") + 1] or shorter
        ids = encode(text)
    return text, ids


def add_header(document: Document, path: str, encode: Encode) -> None:
    document.add([FILE], 0)
    document.add(encode(path)[:MAX_PATH_TOKENS], 1)


class DocumentMaker:
    """Makes the documents of one project's files."""

    def __init__(self, encode: Encode, options: DocumentOptions, rng: Random) -> None:
        self._encode = encode
        self._options = options
        self._rng = rng

    def _context(self, project: Project, file: ProjectFile) -> Document:
        """Digests of what the file imports: seen, but not learned again."""
        context = Document()
        for other in project.imports(file):
            text = digest(other.language, other.text)
            if not text:
                continue
            part = Document()
            add_header(part, other.path, self._encode)
            part.add([PREFIX] + self._encode(text), 0)
            if len(context) + len(part) > self._options.context_limit:
                break
            context.add(part.ids, 0)
        return context

    def _head(self, project: Project, file: ProjectFile) -> Document:
        document = Document()
        document.add([BOS], 0)
        with_context = self._rng.random() < self._options.context_share
        if with_context:
            context = self._context(project, file)
            document.add(context.ids, 0)
            with_context = len(context) > 0
        if with_context or self._rng.random() < self._options.path_share:
            add_header(document, file.path, self._encode)
        return document

    def _plain(self, document: Document, text: str, ends_file: bool) -> int:
        room = self._options.tokens - len(document) - 2
        text, ids = cut_lines(text, self._encode(text), room, self._encode)
        if len(document) > 1:
            document.add([PREFIX], 0)
        document.add(ids, 1)
        if ends_file:
            document.add([EOS], 1)
        return len(text)

    def _fim(self, document: Document, text: str) -> int | None:
        """Adds a fill-in-the-middle; returns how much of `text` it used."""
        span = choose_span(text, self._rng)
        if span is None:
            return None
        encode, options = self._encode, self._options
        suffix_text = text[span.end :]
        suffix_text, suffix = cut_lines(
            suffix_text, encode(suffix_text), options.suffix_limit, encode
        )
        prefix, middle = encode(text[: span.begin]), encode(text[span.begin : span.end])
        if len(document) + len(prefix) + len(middle) + len(suffix) + 4 > options.tokens:
            return None
        psm = self._rng.random() < options.psm_share
        for control, ids in (
            ((PREFIX, prefix), (SUFFIX, suffix)) if psm else ((SUFFIX, suffix), (PREFIX, prefix))
        ):
            document.add([control], 0)
            document.add(ids, 1)
        if psm:
            document.add([MIDDLE], 0)
        document.add(middle + [EOS], options.middle_weight)
        return span.end + len(suffix_text)

    def segments(self, project: Project, file: ProjectFile) -> Iterator[Document]:
        """Cuts a file into documents that follow each other and cover it."""
        low, high = self._options.segment_chars
        position = 0
        while len(file.text) - position >= MIN_SEGMENT:
            size = int(low * (high / low) ** self._rng.random())
            end = file.text.find("\n", position + size) + 1 or len(file.text)
            if len(file.text) - end < MIN_SEGMENT:
                end = len(file.text)
            text = file.text[position:end]
            document = self._head(project, file)
            used = None
            if self._rng.random() < self._options.fim_share:
                used = self._fim(document, text)
            if used is None:
                used = self._plain(document, text, end == len(file.text))
            position += max(used, 1)
            yield document

    def run(self, files: list[ProjectFile]) -> Iterator[Document]:
        """Whole files one after the other, in windows of the row's size."""
        document = Document([BOS], [0])
        for file in files:
            add_header(document, file.path, self._encode)
            document.add([PREFIX], 0)
            document.add(self._encode(file.text), 1)
            while len(document) >= self._options.tokens:
                size = self._options.tokens
                yield Document(document.ids[:size], document.weights[:size])
                document = Document([BOS] + document.ids[size:], [0] + document.weights[size:])
        if len(document) > 64:
            yield document

    def make(self, files: list[ProjectFile]) -> Iterator[Document]:
        """Yields the documents of one project (or a part of a large one)."""
        project = Project(files)
        in_run: list[ProjectFile] = []
        for file in project.in_order():
            if self._rng.random() < self._options.run_share:
                in_run.append(file)
            else:
                yield from self.segments(project, file)
        yield from self.run(in_run)
