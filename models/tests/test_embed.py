# SPDX-License-Identifier: Apache-2.0
"""Embedding: terms, passages, the table, its training and its place in a GGUF file."""

import json
import tempfile
import unittest
from pathlib import Path

try:
    import numpy as np
    import scipy  # noqa: F401
except ImportError as error:
    raise unittest.SkipTest("needs NumPy and SciPy") from error

from models.embed import passages, term_table
from models.embed.code_terms import terms
from models.embed.passages import HeldOut, Passage
from models.embed.term_table import TermTable, expanded, quantised
from models.embed.training import Examples, Trainer, TrainingOptions, choose, counted
from models.export import embedding, reference
from models.export.gguf_file import GgufFile, Tensor, read_gguf, write_gguf


class TermsTest(unittest.TestCase):
    def test_as_the_index_has_them(self) -> None:
        # Those of tests/base/code_terms_test.cc, without whole words.
        self.assertEqual(terms("parseHTTP2Frame", 9), ["pars", "http2", "fram"])
        self.assertEqual(terms("parse_http2_frame", 9), ["pars", "http2", "fram"])
        self.assertEqual(terms("HTTPServer __init__ utf8", 9), ["http", "server", "init", "utf8"])
        self.assertEqual(
            terms("parsing parsed parses copies running", 9),
            ["pars", "pars", "pars", "cop", "run"],
        )
        self.assertEqual(terms("a 1234567 123456 größe", 9), ["123456"])

    def test_a_long_text_is_cut(self) -> None:
        self.assertEqual(terms("one two three_four", 3), ["one", "two", "thre"])


class PassagesTest(unittest.TestCase):
    def rows(self) -> list[str]:
        found = [
            {
                "path": "a.c",
                "name": "f",
                "container": "",
                "text": "int f();",
                "comment": "Does it.",
            },
            {"path": "gpl.c", "name": "g", "container": "", "text": "int g();"},
        ]
        return [json.dumps(row) for row in found]

    def test_files_that_the_corpus_refuses_give_none(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "a.c").write_text("int f() {\n  return compute(1, 2);\n}\n" * 20)
            (folder / "gpl.c").write_text("/* GNU General Public License */\n" + "int g();\n" * 90)
            self.assertEqual([p.name for p in passages.read(self.rows(), folder)], ["f"])
            self.assertEqual([p.name for p in passages.read(self.rows(), None)], ["f", "g"])

    def test_copies_of_held_out_text_are_known(self) -> None:
        body = "  return first_of_all(everything);\n  int number_of_things = 0;\n"
        held_out = HeldOut([Passage("f", body, "Returns the first of all.")])
        self.assertTrue(held_out.has(Passage("g", body.replace("  ", "\t"), "")))
        self.assertTrue(held_out.has(Passage("g", "x", "Returns the first of all.")))
        self.assertFalse(held_out.has(Passage("g", "}\n  return 1;\n", "Another comment.")))

    def test_what_many_say_is_not_asked_for(self) -> None:
        some = [Passage("f", "", "Closes it."), Passage("g", "", "")]
        self.assertEqual(passages.with_comments(some), [0])
        self.assertEqual(passages.with_comments(some[:1] * 4), [])


class TableTest(unittest.TestCase):
    def test_four_bits_keep_the_rows(self) -> None:
        rows = np.random.default_rng(1).normal(size=(20, 64)).astype(np.float32)
        data = quantised(rows)
        self.assertEqual(len(data), 20 * 2 * 18)
        again = expanded(data, 64)
        self.assertLess(np.abs(again - rows).max(), 0.15 * np.abs(rows).max())
        self.assertEqual(quantised(again), data)
        self.assertEqual(quantised(np.zeros((1, 32))), bytes([0, 0x80] + [0x88] * 16))

    def test_a_text_is_the_sum_of_its_terms(self) -> None:
        table = TermTable(("read", "file"), np.array([[3.0, 0], [0, 4]], np.float32), 4)
        np.testing.assert_allclose(table.encode("readFile"), [0.6, 0.8], rtol=1e-6)
        times = np.log(3) * 3, np.log(2) * 4
        expected = np.array(times) / np.hypot(*times)
        np.testing.assert_allclose(table.encode("read a file, read x"), expected, rtol=1e-6)
        self.assertEqual(table.encode("nothing of it").tolist(), [0, 0])

    def test_its_place_in_a_file(self) -> None:
        rows = np.random.default_rng(2).normal(size=(3, 64)).astype(np.float32)
        table = TermTable(("read", "write", "a"), rows, 100)
        weights = Tensor(np.ones((2, 64), np.float32), 0)
        with tempfile.TemporaryDirectory() as name:
            path = Path(name) / "m.gguf"
            table.save(Path(name) / "terms.npz")
            values = {"general.architecture": "none", f"{embedding.PREFIX}weight": [1.0]}
            write_gguf(path, GgufFile(values, {"w": weights}))
            path.write_bytes(
                embedding.put(path.read_bytes(), term_table.load(Path(name) / "terms.npz"))
            )
            file = read_gguf(path)
        self.assertNotIn(f"{embedding.PREFIX}weight", file.values)
        np.testing.assert_array_equal(file.tensors["w"].values, weights.values)
        found = embedding.from_values(file.values)
        assert found is not None
        self.assertEqual((found.terms, found.max_terms), (table.terms, 100))
        np.testing.assert_array_equal(found.rows, expanded(quantised(rows), 64))
        np.testing.assert_array_equal(reference.embed(file, "read"), found.encode("read"))
        self.assertIsNone(embedding.from_values({}))


class TrainingTest(unittest.TestCase):
    def test_the_gradient_is_that_of_the_loss(self) -> None:
        rng = np.random.default_rng(3)
        products = rng.normal(size=(4, 6))
        also = np.zeros((4, 6), bool)
        also[1, 5] = also[2, 3] = True
        gradient = choose(products, 2.0, also)[1]
        for place in ((0, 0), (1, 0), (3, 5), (1, 5)):
            step = np.zeros_like(products)
            step[place] = 1e-5
            losses = [choose(products + sign * step, 2.0, also)[0] for sign in (1, -1)]
            slope = (losses[0] - losses[1]) / 2e-5
            self.assertAlmostEqual(2.0 * gradient[place], slope, places=4)

    def test_words_that_mean_the_same_come_close(self) -> None:
        numbers = {
            f"{kind}{n}": 20 * (kind == "code") + n for n in range(20) for kind in ("say", "code")
        }
        rng = np.random.default_rng(4)
        chosen = [rng.choice(20, 3, replace=False) for _ in range(600)]
        questions = counted([[f"say{n}" for n in some] for some in chosen], numbers)
        texts = counted([[f"code{n}" for n in some] for some in chosen], numbers)
        zeros = np.zeros(600, int)
        examples = Examples(questions, texts, np.arange(600), np.arange(600), zeros)
        options = TrainingOptions(dimension=32, epochs=20, batch=64, rate=1e-2, warmup=10)
        trainer = Trainer(examples, options)
        metrics = trainer.run()
        self.assertLess(metrics[-1]["loss"], 0.5 * metrics[0]["loss"])
        rows = trainer.rows()
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        self.assertGreater(np.mean((rows[:20] @ rows[20:].T).argmax(1) == np.arange(20)), 0.9)
        again = Trainer(examples, options)
        again.run()
        np.testing.assert_array_equal(again.rows(), trainer.rows())


if __name__ == "__main__":
    unittest.main()
