# SPDX-License-Identifier: Apache-2.0
"""Embedding: functions with their comments, pairs, and BM25."""

import json
import tempfile
import unittest
from pathlib import Path

from models.embed import pairs
from models.embed.bm25 import Bm25, terms
from models.embed.comments import describes, plain, without_name
from models.embed.functions import documented_functions

SOURCES = {
    "python": (
        'class A:\n    @cached\n    async def size(self, of: "x:y" = {1: 2}) -> int:\n'
        '        """Counts all bytes.\n\n        More.\n        """\n        return 1\n\n'
        "    def other(self):\n        return 2\n",
        ("size", "async def size(", "return 1"),
    ),
    "c": (
        "/* Counts all bytes. */\nstatic size_t *size(const char *text)\n{\n"
        "  if (*text == '}') return \"}\"; // }\n  return 0;\n}\nint after;\n",
        ("size", "static size_t", "return 0;\n}"),
    ),
    "cpp": (
        "  /// Counts all bytes.\n  template <class T>\n  Buffer<T>::size(T a) : b_(a), c_(1) {\n"
        "    return 0;\n  }\n",
        ("size", "template", "return 0;\n}"),
    ),
    "java": (
        "/**\n * Counts all bytes.\n * @return n\n */\n@Override\n"
        "public Map<K, V[]> size(final int of) throws IOException {\n  return x;\n}\n",
        ("size", "@Override", "return x;\n}"),
    ),
    "go": (
        "// size counts all bytes.\nfunc (s *S) size(a interface{}) (interface{}, error) {\n"
        "\treturn `}`, nil\n}\n",
        ("size", "func", "nil\n}"),
    ),
    "rust": (
        "/// Counts all bytes.\n#[inline]\npub async fn size<'a>(of: &'a str) -> u8 {\n"
        "    if of == \"}\" || c == '}' { 1 } else { 2 }\n}\nfn b() {}\n",
        ("size", "#[inline]", "{ 2 }\n}"),
    ),
    "javascript": (
        "/**\n * Counts all bytes.\n */\n\napp.size = function (a, {b}) {\n  return `}${a}`;\n};\n",
        ("size", "app.size", "`;\n}"),
    ),
    "typescript": (
        "  // Counts all bytes.\n  private async size(of: string): Promise<number> {\n"
        "    return 1\n  }\n",
        ("size", "private async", "return 1\n}"),
    ),
    "shell": (
        "# Counts all bytes.\nsize() { # }\n  echo ${#1}\n}\nother() {\n  :\n}\n",
        ("size", "size()", "${#1}\n}"),
    ),
}


class FunctionsTest(unittest.TestCase):
    def test_finds_a_function_with_its_comment_in_every_language(self) -> None:
        for language, (text, (name, begin, end)) in SOURCES.items():
            with self.subTest(language):
                found = list(documented_functions(language, text))
                self.assertEqual([function.name for function in found], [name])
                self.assertTrue(found[0].code.startswith(begin), found[0].code)
                self.assertTrue(found[0].code.endswith(end), found[0].code)
                self.assertNotIn("ounts all bytes", found[0].code)
                self.assertIn("ounts all bytes", found[0].comment)

    def test_calls_classes_and_declarations_are_no_functions(self) -> None:
        for language, code in (
            ("c", "int size(void);\n"),
            ("cpp", "class Size {\n};\n"),
            ("java", "if (size(1)) {\n}\n"),
            ("typescript", "size(): void\n/** Other. */\nother(): void {\n}\n"),
            ("javascript", "size(a)\ntry {\n} finally {\n}\n"),
        ):
            with self.subTest(language):
                found = documented_functions(language, "// Counts all bytes.\n" + code)
                self.assertNotIn("size", [function.name for function in found])


class CommentsTest(unittest.TestCase):
    def test_the_first_paragraph_without_marks_and_tags(self) -> None:
        for comment in (
            "/**\n * Counts {@code all} <b>bytes</b>\n * of it.\n *\n * More.\n */",
            "/// Counts all bytes\n/// of it.\n/// # Examples\n",
            "# -----\n# Counts all bytes\n#   of it.\n",
            "/** @brief Counts all bytes of it.\n * @param x what\n */",
            "\n    Counts all bytes\n    of it.\n\n    Args:\n",
        ):
            with self.subTest(comment):
                self.assertEqual(plain(comment), "Counts all bytes of it.")

    def test_the_own_name_goes(self) -> None:
        self.assertEqual(without_name("Close closes the file.", "Close"), "closes the file.")
        self.assertEqual(without_name("As read_all() does it.", "read_all"), "As does it.")
        self.assertEqual(without_name("Will read it all.", "read"), "Will read it all.")

    def test_refuses_what_says_nothing(self) -> None:
        self.assertTrue(describes("Counts all bytes of it."))
        for text in (
            "Counts bytes.",
            "Copyright 2020 by the authors of it",
            "TODO count all bytes of it",
            "int count = the_bytes(of, it);",
            "1.0 2.0 3.0 4.0 a list of 17 18 19 20 21 22",
            "word " * 200,
        ):
            self.assertFalse(describes(text), text)


def record(language: str, text: str) -> dict[str, str]:
    return {"package": "p", "path": "f", "language": language, "text": text}


def go_function(number: int, doc: str) -> str:
    return f"// F{number} {doc}\nfunc F{number}() int {{\n\treturn count(allBytesOfIt, {number}) * {number}\n}}\n\n"


class PairsTest(unittest.TestCase):
    def make(self, train: str, held_out: str) -> dict[str, list]:
        with tempfile.TemporaryDirectory() as folder:
            for part, text in (("train", train), ("held_out", held_out)):
                rows = [json.dumps(record("go", text)), json.dumps(record("shell", "ls"))]
                (Path(folder) / f"{part}.jsonl").write_text("\n".join(rows) + "\n")
            return pairs.make_pairs(Path(folder), 100, 1e6, 1000, 1)

    def test_held_out_pairs_do_not_train(self) -> None:
        first = go_function(1, "counts all bytes of it.")
        second = go_function(2, "adds the lines of a file.")
        found = self.make(first + second, first)
        names = {part: [pair["name"] for pair in some] for part, some in found.items()}
        self.assertEqual(names, {"train": ["F2"], "held_out": ["F1"]})
        self.assertEqual(found["train"][0]["doc"], "adds the lines of a file.")
        self.assertIn("F2", found["train"][0]["code"])

    def test_comments_of_many_functions_say_nothing(self) -> None:
        often = "".join(go_function(i, "implements the other interface.") for i in range(4))
        found = self.make(often + go_function(9, "counts all bytes of it."), "package x\n")
        self.assertEqual([pair["name"] for pair in found["train"]], ["F9"])

    def test_languages_get_equal_shares_and_the_rest_of_rare_ones(self) -> None:
        found = [{"language": "go", "doc": f"g{i}", "code": f"c{i}"} for i in range(50)]
        found += [{"language": "rust", "doc": f"r{i}", "code": f"d{i}"} for i in range(3)]
        chosen = pairs.balanced(found, 20, 1)
        self.assertEqual(pairs.per_language(chosen), {"go": 17, "rust": 3})
        self.assertEqual(chosen, pairs.balanced(found[::-1], 20, 1))
        self.assertNotEqual(chosen, pairs.balanced(found, 20, 2))

    def test_sampling_stops_after_enough_characters(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "c.jsonl"
            rows = [json.dumps(record("go", "x" * 1000 + str(i))) for i in range(10)]
            path.write_text("\n".join(rows) + "\n")
            self.assertEqual(len(list(pairs.sample(path, 2500, 1))), 3)
            self.assertEqual(len(list(pairs.sample(path, 1e6, 1))), 10)


class Bm25Test(unittest.TestCase):
    def test_identifiers_are_split(self) -> None:
        expected = ["read", "http", "header", "max", "size", "2", "x"]
        self.assertEqual(terms("readHTTPHeader(MAX_SIZE2, x)"), expected)

    def test_scores_agree_with_the_formula(self) -> None:
        # Lengths 2, 2, 2; "file" in one of three: idf = ln(1 + 2.5 / 1.5).
        index = Bm25(["read file", "write socket", "read socket"])
        self.assertEqual(index.scores("nothing"), [0, 0, 0])
        scores = index.scores("file")
        self.assertAlmostEqual(scores[0], 0.98082925)
        self.assertEqual(scores[1:], [0, 0])
        both = index.scores("read file")
        self.assertGreater(both[0], both[2])
        self.assertGreater(both[2], 0)


if __name__ == "__main__":
    unittest.main()
