# SPDX-License-Identifier: Apache-2.0
"""Spans, imports, documents and packing: the pure part of the training data."""

import unittest
from random import Random

from models.tokenizer.control import BOS, EOS, FILE, MIDDLE, PREFIX, SUFFIX
from models.train.digest import digest
from models.train.documents import DocumentMaker, DocumentOptions
from models.train.imports import Project, ProjectFile
from models.train.packing import pack
from models.train.spans import KIND_WEIGHTS, block_end, choose_span, closing_bracket

SOURCE = """import os


class Reader:
    def __init__(self, path):
        self.path = path

    def read(self, size=0):
        with open(self.path) as file:
            if size:
                return file.read(size)
            return file.read()


def main(arguments):
    reader = Reader(arguments[0])
    print(reader.read(len(arguments)))
""" * 3

OFFSET = 100


def encode(text: str) -> list[int]:
    """One token a character, above the control tokens."""
    return [OFFSET + ord(char) for char in text]


def decode(ids: list[int]) -> str:
    return "".join(chr(i - OFFSET) for i in ids)


def between(ids: list[int], start: int, ends: set[int]) -> str:
    """Returns the text behind token `start` up to one of `ends`."""
    rest = ids[ids.index(start) + 1 :]
    stop = next((i for i, token in enumerate(rest) if token in ends), len(rest))
    return decode(rest[:stop])


class SpanTest(unittest.TestCase):
    def test_every_kind_is_found_and_is_what_it_says(self) -> None:
        rng = Random(1)
        for kind in KIND_WEIGHTS:
            spans = [choose_span(SOURCE, rng, kind) for _ in range(50)]
            spans = [span for span in spans if span]
            self.assertGreater(len(spans), 40, kind)
            for span in spans:
                middle = SOURCE[span.begin : span.end]
                self.assertTrue(middle.strip())
                if kind == "rest_of_line":
                    self.assertNotIn("\n", middle)
                    self.assertEqual(SOURCE[span.end], "\n")
                if kind == "brackets":
                    self.assertIn(SOURCE[span.end], ")]}")
                if kind in ("block", "multi_line"):
                    self.assertIn(SOURCE[span.end : span.end + 1], ("\n", ""))

    def test_text_without_a_place_for_a_cursor_has_no_span(self) -> None:
        self.assertIsNone(choose_span("", Random(1)))
        self.assertIsNone(choose_span(" \n\n", Random(1)))

    def test_a_block_ends_before_its_closing_line(self) -> None:
        text = "if (a) {\n  b();\n\n  c();\n}\nd();\n"
        self.assertEqual(text[: block_end(text, 0)], "if (a) {\n  b();\n\n  c();")

    def test_brackets_are_matched_by_depth(self) -> None:
        self.assertEqual(closing_bracket("f(g(x), y)", 1, 100), 9)
        self.assertIsNone(closing_bracket("f(g(x), y", 1, 100))
        self.assertIsNone(closing_bracket("f(" + "x" * 50 + ")", 1, 10))


class ImportTest(unittest.TestCase):
    def test_imported_files_come_first(self) -> None:
        files = [
            ProjectFile("src/app.ts", "typescript", "import { x } from './util/text';\n"),
            ProjectFile("src/util/text.ts", "typescript", "export const x = 1;\n"),
            ProjectFile("pkg/a.py", "python", "from pkg.core import Thing\n"),
            ProjectFile("pkg/core.py", "python", "class Thing:\n    pass\n"),
            ProjectFile("main.c", "c", '#include "lib/z.h"\n'),
            ProjectFile("lib/z.h", "c", "int z(void);\n"),
        ]
        order = [f.path for f in Project(files).in_order()]
        for importer, imported in (
            ("src/app.ts", "src/util/text.ts"),
            ("pkg/a.py", "pkg/core.py"),
            ("main.c", "lib/z.h"),
        ):
            self.assertLess(order.index(imported), order.index(importer))
        self.assertEqual(sorted(order), sorted(f.path for f in files))

    def test_cycles_end(self) -> None:
        files = [
            ProjectFile("a.h", "c", '#include "b.h"\n'),
            ProjectFile("b.h", "c", '#include "a.h"\n'),
        ]
        self.assertEqual(len(Project(files).in_order()), 2)

    def test_a_digest_declares_and_has_no_bodies(self) -> None:
        text = digest("python", SOURCE)
        self.assertIn("class Reader:", text)
        self.assertIn("    def read(self, size=0):", text)
        self.assertNotIn("return", text)
        self.assertLessEqual(len(digest("python", SOURCE * 20, limit=300)), 300)


class DocumentTest(unittest.TestCase):
    def make(self, **changes: float) -> list:
        options = DocumentOptions(
            tokens=2100, suffix_tokens=200, context_tokens=700, segment_chars=(200, 700), **changes
        )
        files = [
            ProjectFile("pkg/use.py", "python", "from pkg.base import Base\n" + SOURCE),
            ProjectFile("pkg/base.py", "python", "class Base:\n    pass\n" + SOURCE),
        ]
        return list(DocumentMaker(encode, options, Random(3)).make(files))

    def test_spm_parts_join_to_the_text(self) -> None:
        documents = self.make(
            psm_share=0.0, fim_share=1.0, context_share=0.0, path_share=0.0, run_share=0.0
        )
        whole = ("class Base:\n    pass\n" + SOURCE, "from pkg.base import Base\n" + SOURCE)
        checked = 0
        for document in documents:
            if SUFFIX not in document.ids:
                continue
            suffix = between(document.ids, SUFFIX, {PREFIX})
            prefix_and_middle = between(document.ids, PREFIX, {EOS})
            self.assertTrue(any(prefix_and_middle + suffix in text for text in whole))
            self.assertEqual(document.ids[0], BOS)
            self.assertEqual(document.ids[-1], EOS)
            self.assertEqual(document.weights[-1], 4)
            checked += 1
        self.assertGreater(checked, 5)

    def test_psm_ends_with_the_middle(self) -> None:
        document = next(
            d for d in self.make(psm_share=1.0, fim_share=1.0, run_share=0.0) if MIDDLE in d.ids
        )
        middle = document.ids[document.ids.index(MIDDLE) + 1 :]
        self.assertEqual(middle[-1], EOS)
        self.assertEqual(set(document.weights[-len(middle) :]), {4})
        self.assertLess(document.ids.index(PREFIX), document.ids.index(SUFFIX))

    def test_plain_segments_cover_every_file_once(self) -> None:
        documents = self.make(fim_share=0.0, context_share=0.0, path_share=0.0, run_share=0.0)
        text = "".join(decode([i for i in d.ids if i >= OFFSET]) for d in documents)
        self.assertEqual(
            text, "class Base:\n    pass\n" + SOURCE + "from pkg.base import Base\n" + SOURCE
        )

    def test_digests_of_imports_come_first_and_do_not_count(self) -> None:
        documents = self.make(context_share=1.0, run_share=0.0)
        with_context = [d for d in documents if d.ids.count(FILE) == 2]
        self.assertGreater(len(with_context), 0)
        for document in with_context:
            self.assertEqual(between(document.ids, FILE, {PREFIX}), "pkg/base.py")
            second = len(document.ids) - 1 - document.ids[::-1].index(FILE)
            self.assertEqual(set(document.weights[:second]), {0})

    def test_runs_put_files_one_after_the_other(self) -> None:
        documents = self.make(run_share=1.0)
        self.assertEqual(between(documents[0].ids, FILE, {PREFIX}), "pkg/base.py")
        for document in documents:
            self.assertEqual(document.ids[0], BOS)
            self.assertLessEqual(len(document.ids), 2100)

    def test_no_control_token_but_the_end_is_learned(self) -> None:
        for document in self.make():
            self.assertEqual(len(document.ids), len(document.weights))
            self.assertLessEqual(len(document.ids), 2100)
            for token, weight in zip(document.ids, document.weights):
                if token in (BOS, PREFIX, SUFFIX, MIDDLE, FILE):
                    self.assertEqual(weight, 0)


class PackingTest(unittest.TestCase):
    def test_each_document_is_in_one_row_and_rows_are_full(self) -> None:
        rng = Random(5)
        lengths = [rng.randint(20, 1000) for _ in range(2000)]
        rows = pack(lengths, 2049)
        self.assertEqual(sorted(n for row in rows for n in row), list(range(2000)))
        self.assertTrue(all(sum(lengths[n] for n in row) <= 2049 for row in rows))
        self.assertGreater(sum(lengths) / (len(rows) * 2049), 0.97)

    def test_refuses_what_fits_in_no_row(self) -> None:
        with self.assertRaisesRegex(ValueError, "document 1 has 9 tokens"):
            pack([3, 9], 8)


if __name__ == "__main__":
    unittest.main()
