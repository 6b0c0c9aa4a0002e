# SPDX-License-Identifier: Apache-2.0
"""Checks what krait relies on in a tokenizer of its default model."""

from __future__ import annotations

from typing import Protocol

from models.tokenizer import control


class Processor(Protocol):
    """What is used of SentencePiece's processor."""

    def encode(self, text: str) -> list[int]: ...

    def decode(self, ids: list[int]) -> str: ...

    def piece_to_id(self, piece: str) -> int: ...

    def id_to_piece(self, piece_id: int) -> str: ...

    def get_piece_size(self) -> int: ...


class TokenizerError(RuntimeError):
    """The tokenizer lacks a property that the model's users rely on."""


def newline_id(processor: Processor) -> int:
    return processor.piece_to_id("<0x0A>")


def check_control_ids(processor: Processor) -> None:
    expected = {name: 3 + i for i, name in enumerate(control.NAMED + control.RESERVED)}
    expected |= {"<unk>": control.UNK, "<s>": control.BOS, "</s>": control.EOS}
    for piece, piece_id in expected.items():
        if processor.piece_to_id(piece) != piece_id:
            raise TokenizerError(
                f"{piece} has id {processor.piece_to_id(piece)}, expected {piece_id}"
            )


def check_lines_are_independent(processor: Processor, lines: list[str]) -> None:
    """Each line's ids must be the same alone and among others."""
    newline = newline_id(processor)
    apart: list[int] = []
    for number, line in enumerate(lines):
        if number:
            apart.append(newline)
        apart += processor.encode(line)
    if processor.encode("\n".join(lines)) != apart:
        raise TokenizerError("the ids of a line depend on its neighbours")


def check_round_trip(processor: Processor, texts: list[str]) -> None:
    for text in texts:
        if processor.decode(processor.encode(text)) != text:
            raise TokenizerError(f"text is not restored: {text!r}")


def check_no_piece_has_newline(processor: Processor) -> None:
    for piece_id in range(processor.get_piece_size()):
        if "\n" in processor.id_to_piece(piece_id):
            raise TokenizerError(f"piece {piece_id} has a line feed")


def check(processor: Processor, lines: list[str]) -> None:
    """Raises TokenizerError if a property is missing."""
    special = ["", "  x", "\t\t\tif (a[i] == 0) {", "é中\U0001f40d", "a  b", "      ", "[PREFIX]"]
    check_control_ids(processor)
    check_no_piece_has_newline(processor)
    check_lines_are_independent(processor, special + lines)
    check_round_trip(processor, special + lines + ["a\n\n b\n"])
