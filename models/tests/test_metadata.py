# SPDX-License-Identifier: Apache-2.0
"""Editing krait's metadata in GGUF files, byte by byte; needs no NumPy."""

import struct
import tempfile
import unittest
from pathlib import Path

from models.export import metadata

SHIPPED = Path(__file__).parents[1]


def string(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def small_file(alignment: int | None = None, version: int = 3) -> bytes:
    """A file of one tensor, with values of several types."""
    values = [
        string("general.architecture") + struct.pack("<I", 8) + string("mamba2"),
        string("a.numbers") + struct.pack("<IIQ3H", 9, 2, 3, 1, 2, 3),
        string("a.nested") + struct.pack("<IIQ", 9, 9, 1) + struct.pack("<IQ", 8, 1) + string("x"),
    ]
    if alignment:
        values.append(string(metadata.ALIGNMENT_KEY) + struct.pack("<II", 4, alignment))
    head = b"GGUF" + struct.pack("<IQQ", version, 1, len(values)) + b"".join(values)
    head += string("t") + struct.pack("<IQIQ", 1, 5, 0, 0)
    size = metadata.aligned(len(head), alignment or 32)
    return head.ljust(size, b"\0") + bytes(range(20))


class MetadataTest(unittest.TestCase):
    def test_what_is_not_changed_stays_byte_for_byte(self) -> None:
        for data in (small_file(), small_file(64), small_file(version=2)):
            self.assertEqual(metadata.edit(data, {}), data)
            changed = metadata.edit(data, {"krait.confidence.line": "-0.25"})
            self.assertEqual(changed[-20:], data[-20:])
            header, old = metadata.read_header(changed), metadata.read_header(data)
            self.assertEqual(header.tensors, old.tensors)
            self.assertEqual(changed[header.data_begin :], data[old.data_begin :])
            self.assertEqual(header.data_begin % metadata.alignment_of(header.values), 0)
            self.assertEqual(metadata.show(header.values["krait.confidence.line"]), "-0.25")
            self.assertEqual(metadata.edit(changed, {}, ["krait.confidence.line"]), data)

    def test_numbers_of_the_memory_are_arrays(self) -> None:
        lengths = metadata.encode("krait.memory.lengths", "0,1,16")
        self.assertEqual(lengths, struct.pack("<IIQ3i", 9, 5, 3, 0, 1, 16))
        bias = metadata.encode("krait.memory.bias", "-1.5,0.25")
        self.assertEqual(bias, struct.pack("<IIQ2f", 9, 6, 2, -1.5, 0.25))
        for key, text in (
            ("krait.memory.lengths", "0,1.5"),
            ("krait.memory.lengths", "-1"),
            ("krait.memory.bias", "nan"),
            ("krait.memory.features", ""),
        ):
            with self.assertRaises(ValueError):
                metadata.encode(key, text)

    def test_sets_languages_and_sets_again(self) -> None:
        once = metadata.edit(small_file(), {"krait.languages": "c, python"})
        twice = metadata.edit(once, {"krait.languages": "go"})
        value = metadata.read_header(twice).values["krait.languages"]
        self.assertEqual(metadata.show(value), "go")
        self.assertEqual(
            metadata.show(metadata.read_header(once).values["krait.languages"]), "c,python"
        )

    def test_refuses_what_is_wrong(self) -> None:
        for change in (
            {"krait.confidence.line": "0.5"},
            {"krait.confidence.token": "nan"},
            {"krait.confidence.block": "high"},
            {"krait.languages": " , "},
            {"general.name": "x"},
        ):
            with self.assertRaises(ValueError):
                metadata.edit(small_file(), change)
        with self.assertRaises(ValueError):
            metadata.edit(small_file(), {}, ["general.architecture"])
        with self.assertRaises(ValueError):
            metadata.parse_changes(["krait.languages"])

    def test_refuses_files_that_end_too_early(self) -> None:
        data = small_file()
        header = len(data) - 20 - 32
        for size in range(0, header, 7):
            with self.assertRaises(metadata.BadFile):
                metadata.read_header(data[:size])
        with self.assertRaises(metadata.BadFile):
            metadata.read_header(b"GGUF" + struct.pack("<IQQ", 9, 0, 0))

    def test_a_file_is_replaced_whole(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "m.gguf")
            path.write_bytes(small_file())
            metadata.replace(path, metadata.edit(small_file(), {"krait.languages": "c"}))
            self.assertIn(b"krait.languages", path.read_bytes())
            self.assertEqual([p.name for p in Path(folder).iterdir()], ["m.gguf"])

    def test_the_shipped_model_has_thresholds_and_languages(self) -> None:
        name = (SHIPPED / "default").read_text(encoding="utf-8").strip()
        values = metadata.read_header((SHIPPED / name).read_bytes()).values
        for key in metadata.THRESHOLDS:
            self.assertLessEqual(float(metadata.show(values[key])), 0)
        languages = metadata.show(values[metadata.LANGUAGES]).split(",")
        self.assertIn("python", languages)
        self.assertNotIn("kotlin", languages)


if __name__ == "__main__":
    unittest.main()
