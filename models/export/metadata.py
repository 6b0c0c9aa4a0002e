# SPDX-License-Identifier: Apache-2.0
"""Shows and changes krait's own metadata in a GGUF file, whoever made it.

  python3 -m models.export.metadata MODEL.gguf
  python3 -m models.export.metadata MODEL.gguf --set krait.confidence.line=-0.3
  python3 -m models.export.metadata MODEL.gguf --set krait.languages=c,go,python
  python3 -m models.export.metadata MODEL.gguf --set krait.confidence.c.line=-0.2
  python3 -m models.export.metadata MODEL.gguf --remove krait.languages

Only the header is written anew: what it does not change, and the tensors, stay
byte for byte as they are, so llama.cpp reads the file as before. Needs neither
NumPy nor krait.
"""

from __future__ import annotations

import argparse
import math
import os
import re
import struct
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

MAGIC = b"GGUF"
VERSIONS = (2, 3)
DEFAULT_ALIGNMENT = 32
ALIGNMENT_KEY = "general.alignment"

UINT32, INT32, FLOAT32, STRING, ARRAY = 4, 5, 6, 8, 9
# Bytes of a value of each type that has a fixed size.
FIXED_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, UINT32: 4, 5: 4, FLOAT32: 4, 7: 1, 10: 8, 11: 8, 12: 8}

THRESHOLD_NAMES = ("line", "block", "token", "invoked_token")
THRESHOLDS = tuple(f"krait.confidence.{name}" for name in THRESHOLD_NAMES)
# A language's own: krait.confidence.LANGUAGE.line.
OWN_THRESHOLD = re.compile(rf"krait\.confidence\.[^.=\s]+\.({'|'.join(THRESHOLD_NAMES)})")
LANGUAGES = "krait.languages"
# Of the memory of open files, as models.evaluate.fit_memory fits them.
MEMORY = {
    "krait.memory.lengths": INT32,
    "krait.memory.bias": FLOAT32,
    "krait.memory.features": FLOAT32,
}
PREFIX = "krait."


class BadFile(ValueError):
    """The file is no GGUF file that this reads."""


@dataclass
class Header:
    version: int
    tensor_count: int
    values: dict[str, bytes]  # type and value, as in the file, by key
    tensors: bytes  # their descriptions, as in the file
    data_begin: int


class _Cursor:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, size: int) -> bytes:
        if size > len(self.data) - self.at:
            raise BadFile("the file ends within its header")
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, form: str) -> int:
        return struct.unpack("<" + form, self.take(struct.calcsize("<" + form)))[0]

    def string(self) -> bytes:
        return self.take(self.number("Q"))

    def skip_value(self, kind: int, depth: int = 0) -> None:
        if kind in FIXED_SIZES:
            self.take(FIXED_SIZES[kind])
        elif kind == STRING:
            self.string()
        elif kind == ARRAY and depth < 4:
            item, count = self.number("I"), self.number("Q")
            if item in FIXED_SIZES:
                self.take(FIXED_SIZES[item] * count)
                return
            for _ in range(count):
                self.skip_value(item, depth + 1)
        else:
            raise BadFile(f"a value of type {kind}, which GGUF does not have")


def aligned(size: int, alignment: int) -> int:
    return size + -size % alignment


def alignment_of(values: dict[str, bytes]) -> int:
    raw = values.get(ALIGNMENT_KEY)
    if raw is None:
        return DEFAULT_ALIGNMENT
    kind = struct.unpack_from("<I", raw)[0]
    alignment = struct.unpack_from("<I", raw, 4)[0] if kind == UINT32 else 0
    if alignment == 0:
        raise BadFile(f"{ALIGNMENT_KEY}: expected a positive number of 32 bits")
    return alignment


def read_header(data: bytes) -> Header:
    cursor = _Cursor(data)
    if cursor.take(4) != MAGIC:
        raise BadFile("no GGUF file")
    version = cursor.number("I")
    if version not in VERSIONS:
        raise BadFile(f"GGUF version {version} (expected 2 or 3)")
    tensor_count, value_count = cursor.number("Q"), cursor.number("Q")
    values: dict[str, bytes] = {}
    for _ in range(value_count):
        key = cursor.string().decode("utf-8", "surrogateescape")
        begin = cursor.at
        cursor.skip_value(cursor.number("I"))
        values[key] = data[begin : cursor.at]
    begin = cursor.at
    for _ in range(tensor_count):
        cursor.string()
        cursor.take(8 * cursor.number("I"))
        cursor.take(4 + 8)
    tensors = data[begin : cursor.at]
    return Header(version, tensor_count, values, tensors, aligned(cursor.at, alignment_of(values)))


def _string(text: bytes) -> bytes:
    return struct.pack("<Q", len(text)) + text


def write_header(header: Header) -> bytes:
    """Returns it with the padding behind it: the tensors' data follow."""
    parts = [
        MAGIC,
        struct.pack("<IQQ", header.version, header.tensor_count, len(header.values)),
    ]
    for key, raw in header.values.items():
        parts += [_string(key.encode("utf-8", "surrogateescape")), raw]
    text = b"".join([*parts, header.tensors])
    return text.ljust(aligned(len(text), alignment_of(header.values)), b"\0")


def encode_numbers(key: str, text: str) -> bytes:
    """Returns an array of the numbers in `text`, with commas between them."""
    kind = MEMORY[key]
    numbers = [float(number) for number in text.split(",")]
    if not all(math.isfinite(number) for number in numbers):
        raise ValueError(f"{key}: expected finite numbers, not {text}")
    head = struct.pack("<IIQ", ARRAY, kind, len(numbers))
    if kind == FLOAT32:
        return head + struct.pack(f"<{len(numbers)}f", *numbers)
    if any(number < 0 or number != int(number) for number in numbers):
        raise ValueError(f"{key}: expected whole numbers from 0 on, not {text}")
    return head + struct.pack(f"<{len(numbers)}i", *map(int, numbers))


def encode(key: str, text: str) -> bytes:
    """Returns the value of a key of krait's, of the type that it has."""
    if key in THRESHOLDS or OWN_THRESHOLD.fullmatch(key):
        value = float(text)
        if not (math.isfinite(value) and value <= 0):
            raise ValueError(f"{key}: expected the logarithm of a probability, not {text}")
        return struct.pack("<If", FLOAT32, value)
    if key == LANGUAGES:
        names = [name.strip() for name in text.split(",") if name.strip()]
        if not names:
            raise ValueError(f"{key}: expected names with commas between them")
        items = b"".join(_string(name.encode("utf-8")) for name in names)
        return struct.pack("<IIQ", ARRAY, STRING, len(names)) + items
    if key in MEMORY:
        return encode_numbers(key, text)
    known = ", ".join([*THRESHOLDS, LANGUAGES, *MEMORY])
    raise ValueError(f"{key}: not a key that is set here; there are: {known}")


def show(raw: bytes) -> str:
    """Returns a value for people; large or unusual ones by their size."""
    cursor = _Cursor(raw)
    kind = cursor.number("I")
    if kind == FLOAT32:
        return f"{struct.unpack('<f', cursor.take(4))[0]:g}"
    if kind == UINT32:
        return str(cursor.number("I"))
    if kind == STRING:
        return cursor.string().decode("utf-8", "replace")
    if kind == ARRAY and cursor.number("I") == STRING:
        count = cursor.number("Q")
        return ",".join(cursor.string().decode("utf-8", "replace") for _ in range(count))
    return f"({len(raw)} bytes)"


def edit(data: bytes, changes: dict[str, str], removals: Iterable[str] = ()) -> bytes:
    """Returns the file with keys of krait's set and removed."""
    header = read_header(data)
    for key in removals:
        if not key.startswith(PREFIX):
            raise ValueError(f"{key}: only keys of krait's own are removed")
        header.values.pop(key, None)
    for key, text in changes.items():
        header.values[key] = encode(key, text)
    return write_header(header) + data[header.data_begin :]


def replace(path: Path, data: bytes) -> None:
    """Writes beside the file and moves that there: it is never half written."""
    mode = path.stat().st_mode if path.exists() else 0o644
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
        os.chmod(name, mode & 0o777)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def parse_changes(settings: Iterable[str]) -> dict[str, str]:
    changes = {}
    for setting in settings:
        key, equals, text = setting.strip().partition("=")
        if not equals:
            raise ValueError(f"{setting}: expected KEY=VALUE")
        changes[key] = text
    return changes


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path, metavar="MODEL.gguf")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--remove", action="append", default=[], metavar="KEY")
    parser.add_argument("--target", type=Path, help="write there; default: in its place")
    args = parser.parse_args()
    try:
        data = args.model.read_bytes()
        if args.set or args.remove:
            data = edit(data, parse_changes(args.set), args.remove)
            replace(args.target or args.model, data)
        for key, raw in read_header(data).values.items():
            if key.startswith(PREFIX):
                print(f"{key}={show(raw)}")
    except (OSError, ValueError) as error:
        raise SystemExit(f"{args.model}: {error}") from None
    return 0


if __name__ == "__main__":
    sys.exit(main())
