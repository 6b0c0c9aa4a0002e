# SPDX-License-Identifier: Apache-2.0
"""Embedding: what is measured, and the head in a GGUF file."""

import tempfile
import unittest
from pathlib import Path

try:
    import numpy as np
except ImportError as error:
    raise unittest.SkipTest("needs NumPy") from error

from models.embed import head as embedding_head
from models.embed import measure, retrieval
from models.embed.head import Head
from models.export.embedding import from_values, to_values
from models.export.gguf_file import GgufFile, read_gguf, write_gguf


def random_head() -> Head:
    rng = np.random.default_rng(3)
    weights = rng.random(48).astype(np.float32)
    weights[:16] = 0
    return Head((0, 2), 20, weights, rng.normal(size=(8, 64)).astype(np.float32))


class RetrievalTest(unittest.TestCase):
    SCORES = np.array([[3.0, 1, 2], [2, 2, 2], [9, 8, 7]])

    def test_ranks_take_the_middle_of_equals(self) -> None:
        self.assertEqual(retrieval.ranks(self.SCORES).tolist(), [1, 2, 3])
        self.assertEqual(retrieval.places(self.SCORES).tolist(), [[1, 3, 2], [2, 2, 2], [1, 2, 3]])

    def test_measures(self) -> None:
        found = retrieval.measures(self.SCORES)
        self.assertAlmostEqual(found["recall@1"], 1 / 3)
        self.assertEqual(found["recall@5"], 1)
        self.assertAlmostEqual(found["mrr"], (1 + 1 / 2 + 1 / 3) / 3)

    def test_fusion_prefers_what_both_find(self) -> None:
        first, second = np.array([[9.0, 8, 1, 0]]), np.array([[0.0, 8, 1, 9]])
        self.assertEqual(retrieval.rank_fusion(first, second)[0].argmax(), 1)

    def test_the_sum_follows_the_search_that_is_surer(self) -> None:
        words, vectors = np.array([[9.0, 8, 8, 0]]), np.array([[0.1, 0.1, 0.9, 0.2]])
        self.assertEqual(retrieval.score_sum(words, vectors)[0].argmax(), 2)
        same = retrieval.score_sum(words, np.ones((1, 4)))  # says nothing
        np.testing.assert_allclose(same, retrieval.standardised(words))


class MeasureTest(unittest.TestCase):
    def test_report_of_two_languages(self) -> None:
        some = [
            {"language": "go", "doc": "read a file", "code": "func readFile()"},
            {"language": "go", "doc": "write it out", "code": "func writeOut()"},
            {"language": "rust", "doc": "counts", "code": "fn sum()"},
        ]
        vectors = np.eye(3, dtype=np.float32)
        report = measure.report(random_head(), some, vectors, vectors[[1, 0, 2]])
        found = report["held_out"]
        self.assertEqual(list(found), ["go", "rust", "mean", "all"])
        self.assertEqual([found[k]["functions"] for k in found], [2, 1, 3, 3])
        self.assertEqual(found["go"]["bm25"]["recall@1"], 1)
        self.assertEqual(found["go"]["embedding"]["recall@1"], 0)
        self.assertEqual(found["mean"]["embedding"]["recall@1"], 0.5)
        self.assertAlmostEqual(found["all"]["embedding"]["mrr"], (0.4 + 0.4 + 1) / 3)
        self.assertEqual(report["head"]["parameters"], 48 + 8 * 64)
        self.assertAlmostEqual(found["go"]["sum"]["mrr"], 2 / 3)  # one for, one against
        text = measure.table(report)
        self.assertIn("| go | 2 | 100.0 / 100.0 / 100.0 | 0.0 / 100.0 / 50.0 |", text)


class HeadTest(unittest.TestCase):
    def check_same(self, first: Head, second: Head) -> None:
        self.assertEqual(first.layers, second.layers)
        self.assertEqual(first.max_tokens, second.max_tokens)
        np.testing.assert_array_equal(first.token_weights, second.token_weights)
        np.testing.assert_array_equal(first.weight, second.weight)

    def test_reads_back_from_its_file_and_from_gguf(self) -> None:
        head = random_head()
        with tempfile.TemporaryDirectory() as folder:
            head.save(Path(folder) / "head.npz")
            self.check_same(embedding_head.load(Path(folder) / "head.npz"), head)
            path = Path(folder) / "m.gguf"
            write_gguf(path, GgufFile(to_values(head)))
            found = from_values(read_gguf(path).values)
            assert found is not None
            self.check_same(found, head)

    def test_a_file_without_head_and_one_of_another_kind(self) -> None:
        self.assertIsNone(from_values({"general.name": "x"}))
        values = to_values(random_head()) | {"krait.embedding.pooling": "last"}
        with self.assertRaisesRegex(ValueError, "pooling is 'last'"):
            from_values(values)

    def test_vectors_have_length_one_and_ignore_control_tokens(self) -> None:
        head = random_head()
        states = [np.random.default_rng(i).normal(size=(5, 32)) for i in range(2)]
        pooled = head.pool([1, 20, 30, 30, 40], states)
        self.assertEqual(pooled.shape, (2, 32))
        for state in states:
            state[0] += 7
        np.testing.assert_allclose(head.pool([1, 20, 30, 30, 40], states), pooled)
        vectors = head.project(np.stack([pooled, 2 * pooled]))
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-6)
        np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-6)
        self.assertEqual(float(np.abs(head.project(np.zeros((2, 32)))).max()), 0)


if __name__ == "__main__":
    unittest.main()
