# SPDX-License-Identifier: Apache-2.0
"""Cases, scores and the programs that HumanEval-Infilling runs."""

import json
import tempfile
import unittest
from pathlib import Path

from models.evaluate import cases, humaneval, scores
from models.tests.test_documents import SOURCE


class CaseTest(unittest.TestCase):
    def test_cases_join_to_their_files_and_are_the_same_each_time(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "held_out.jsonl"
            record = {"package": "p", "path": "a.py", "language": "python", "text": SOURCE * 8}
            path.write_text(json.dumps(record) + "\n", encoding="utf-8")
            files = cases.read_files(path)
            for kind in cases.KINDS:
                found = cases.build(files, kind, 3, seed=1)
                self.assertEqual(len(found), 3)
                self.assertEqual(found, cases.build(files, kind, 3, seed=1))
                for case in found:
                    self.assertIn(case["prefix"] + case["middle"] + case["suffix"], SOURCE * 8)
                    self.assertLessEqual(len(case["prefix"]), cases.MAX_PREFIX)

    def test_whole_cases_have_all_of_their_file(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "held_out.jsonl"
            rows = [
                {"path": f"{i}.py", "language": "python", "text": f"# {i}\n" + SOURCE * 40}
                for i in range(8)
            ]
            path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
            halves = [cases.read_files(path, half) for half in ("fit", "report")]
            paths = [{row["path"] for row in half.get("python", [])} for half in halves]
            self.assertFalse(paths[0] & paths[1])
            self.assertEqual(len(paths[0] | paths[1]), 8)
            found = cases.build(cases.read_files(path), "rest_of_line", 5, seed=1, whole=True)
            texts = {row["text"] for row in rows}
            for case in found:
                self.assertIn(case["prefix"] + case["middle"] + case["suffix"], texts)

    def test_comments_and_brackets_are_not_asked(self) -> None:
        self.assertFalse(cases.is_worth_asking("# a comment here\n", 4, 16))
        self.assertFalse(cases.is_worth_asking("  });\n", 2, 5))
        self.assertTrue(cases.is_worth_asking("x = call(y)\n", 4, 11))


class ScoreTest(unittest.TestCase):
    def test_distance_and_similarity(self) -> None:
        self.assertEqual(scores.edit_distance("kitten", "sitting"), 3)
        self.assertEqual(scores.edit_similarity("", ""), 1.0)
        self.assertAlmostEqual(scores.edit_similarity("abcd", "abxd"), 0.75)

    def test_the_mean_is_over_languages(self) -> None:
        rows = [("c", "a", "a "), ("c", "b", "a"), ("go", "x", "x")]
        result = scores.table(rows)
        self.assertEqual(result["c"]["exact"], 0.5)
        self.assertEqual(result["mean"]["exact"], 0.75)
        self.assertEqual(result["mean"]["cases"], 3)


class HumanEvalTest(unittest.TestCase):
    CASE = {
        "task_id": "t/1",
        "entry_point": "f",
        "prompt": "def f(x):\n",
        "suffix": "    return y\n",
        "canonical_solution": "    y = x + 1\n",
        "test": "def check(f):\n    assert f(1) == 2\n",
    }

    def run_program(self, completion: str) -> None:
        exec(humaneval.program(self.CASE, humaneval.with_line_end(self.CASE, completion)), {})

    def test_a_solution_passes_with_and_without_its_line_end(self) -> None:
        self.run_program("    y = x + 1\n")
        self.run_program("    y = 1 + x")
        with self.assertRaises(AssertionError):
            self.run_program("    y = x")


if __name__ == "__main__":
    unittest.main()
