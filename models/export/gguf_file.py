# SPDX-License-Identifier: Apache-2.0
"""Writes GGUF files (version 3) and reads them back, with what is needed here."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from models.export.quantize import (
    BLOCK,
    BLOCK_BYTES,
    F16,
    F32,
    Q4_0,
    Q8_0,
    decode,
    encode,
    encoded_size,
)

MAGIC, VERSION, ALIGNMENT = b"GGUF", 3, 32

# Types of values in the header.
UINT32, INT32, FLOAT32, BOOL, STRING, ARRAY = 4, 5, 6, 7, 8, 9

Value = int | float | bool | str | list[int] | list[float] | list[str]


@dataclass(frozen=True)
class Tensor:
    """`values` are float32; dimensions in NumPy's order (outermost first)."""

    values: np.ndarray
    type: int = F32

    def __post_init__(self) -> None:
        if self.type in BLOCK_BYTES and self.values.shape[-1] % BLOCK:
            raise ValueError(
                f"blocks need rows of a multiple of {BLOCK}, not {self.values.shape[-1]}"
            )


@dataclass
class GgufFile:
    values: dict[str, Value] = field(default_factory=dict)
    tensors: dict[str, Tensor] = field(default_factory=dict)


def _string(text: str) -> bytes:
    data = text.encode("utf-8")
    return struct.pack("<Q", len(data)) + data


def _scalar(value: int | float | bool | str) -> tuple[int, bytes]:
    if isinstance(value, bool):
        return BOOL, struct.pack("<?", value)
    if isinstance(value, int):
        return UINT32, struct.pack("<I", value)
    if isinstance(value, float):
        return FLOAT32, struct.pack("<f", value)
    return STRING, _string(value)


def encoded(value: Value) -> bytes:
    """Returns a value's type and bytes."""
    if not isinstance(value, list):
        kind, data = _scalar(value)
        return struct.pack("<I", kind) + data
    # Whole numbers are INT32 here, as token types are.
    words = [v & 0xFFFFFFFF if type(v) is int else v for v in value]
    items = [_scalar(item) for item in words]
    kind = items[0][0] if items else STRING
    if kind == UINT32:
        kind = INT32
    head = struct.pack("<IIQ", ARRAY, kind, len(items))
    return head + b"".join(data for _, data in items)


def _padding(size: int) -> bytes:
    return b"\0" * (-size % ALIGNMENT)


def _header(file: GgufFile) -> bytes:
    parts = [MAGIC, struct.pack("<IQQ", VERSION, len(file.tensors), len(file.values))]
    for key, value in file.values.items():
        parts += [_string(key), encoded(value)]
    offset = 0
    for name, tensor in file.tensors.items():
        dims = tensor.values.shape[::-1]
        parts.append(_string(name) + struct.pack(f"<I{len(dims)}Q", len(dims), *dims))
        parts.append(struct.pack("<IQ", tensor.type, offset))
        size = encoded_size(tensor.values.size, tensor.type)
        offset += size + len(_padding(size))
    return b"".join(parts)


def write_gguf(path: Path, file: GgufFile) -> None:
    header = _header(file)
    with path.open("wb") as out:
        out.write(header + _padding(len(header)))
        for tensor in file.tensors.values():
            data = encode(tensor.values, tensor.type)
            out.write(data + _padding(len(data)))


class _Cursor:
    def __init__(self, data: bytes) -> None:
        self._data, self.at = data, 0

    def unpack(self, form: str) -> tuple:
        size = struct.calcsize("<" + form)
        if self.at + size > len(self._data):
            raise ValueError("the file ends within its header")
        self.at += size
        return struct.unpack_from("<" + form, self._data, self.at - size)

    def string(self) -> str:
        (size,) = self.unpack("Q")
        return self.unpack(f"{size}s")[0].decode("utf-8")

    def scalar(self, kind: int) -> int | float | bool | str:
        if kind == STRING:
            return self.string()
        forms = {UINT32: "I", INT32: "i", FLOAT32: "f", BOOL: "?"}
        if kind not in forms:
            raise ValueError(f"a value of type {kind} is not read here")
        return self.unpack(forms[kind])[0]

    def value(self) -> Value:
        (kind,) = self.unpack("I")
        if kind != ARRAY:
            return self.scalar(kind)
        item_kind, count = self.unpack("IQ")
        return [self.scalar(item_kind) for _ in range(count)]  # type: ignore[return-value]


def read_gguf(path: Path) -> GgufFile:
    """Reads a file that write_gguf wrote; tensors become float32."""
    data = path.read_bytes()
    cursor = _Cursor(data)
    magic, version, tensor_count, value_count = cursor.unpack("4sIQQ")
    if magic != MAGIC or version != VERSION:
        raise ValueError(f"{path}: no GGUF file of version {VERSION}")
    values = {}
    for _ in range(value_count):
        key = cursor.string()
        values[key] = cursor.value()
    infos = []
    for _ in range(tensor_count):
        name = cursor.string()
        (rank,) = cursor.unpack("I")
        dims = cursor.unpack(f"{rank}Q")
        kind, offset = cursor.unpack("IQ")
        infos.append((name, dims[::-1], kind, offset))
    start = cursor.at + len(_padding(cursor.at))
    return GgufFile(values, dict(_read_tensors(data, start, infos)))


def _read_tensors(data: bytes, start: int, infos: Iterable[tuple]) -> Iterable[tuple[str, Tensor]]:
    for name, shape, kind, offset in infos:
        count = int(np.prod(shape))
        begin = start + offset
        raw = data[begin : begin + encoded_size(count, kind)]
        yield name, Tensor(decode(raw, kind).reshape(shape), kind)


__all__ = ["F16", "F32", "Q4_0", "Q8_0", "GgufFile", "Tensor", "read_gguf", "write_gguf"]
