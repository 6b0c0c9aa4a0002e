# SPDX-License-Identifier: Apache-2.0
"""Reads the pieces of a SentencePiece model file.

The file is a protocol-buffers message whose repeated field 1 holds the pieces,
each with text (1), score (2) and type (3). The library's Python interface does
not tell user-defined pieces from normal ones, hence this reader.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)  # GGUF has the same numbers

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class VocabularyError(ValueError):
    """The file is no SentencePiece model."""


@dataclass(frozen=True)
class Piece:
    text: str
    score: float
    type: int


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data):
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
    raise VocabularyError("ends within a number")


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yields (number, value) of a message; fixed-size values as bytes."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == _VARINT:
            value, at = _varint(data, at)
            yield number, value
            continue
        if wire == _BYTES:
            size, at = _varint(data, at)
        elif wire in (_FIXED32, _FIXED64):
            size = 4 if wire == _FIXED32 else 8
        else:
            raise VocabularyError(f"field {number} has the unknown type {wire}")
        if at + size > len(data):
            raise VocabularyError(f"field {number} goes beyond the end")
        yield number, data[at : at + size]
        at += size


def parse_piece(data: bytes) -> Piece:
    text, score, kind = "", 0.0, NORMAL
    for number, value in fields(data):
        if number == 1 and isinstance(value, bytes):
            text = value.decode("utf-8")
        elif number == 2 and isinstance(value, bytes) and len(value) == 4:
            score = struct.unpack("<f", value)[0]
        elif number == 3 and isinstance(value, int):
            kind = value
    return Piece(text, score, kind)


def read_vocabulary(path: Path) -> list[Piece]:
    data = path.read_bytes()
    try:
        pieces = [parse_piece(v) for n, v in fields(data) if n == 1 and isinstance(v, bytes)]
    except (VocabularyError, UnicodeDecodeError) as error:
        raise VocabularyError(f"{path}: no SentencePiece model: {error}") from error
    if not pieces:
        raise VocabularyError(f"{path}: no SentencePiece model: no pieces")
    return pieces
