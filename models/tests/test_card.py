# SPDX-License-Identifier: Apache-2.0
"""The model card says what the making of a model left behind."""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from models.card import tables
from models.evaluate.cases import KINDS

ROOT = Path(__file__).parents[2]


def scores(exact: float) -> dict:
    by_language = {
        name: {"cases": 10, "exact_match": exact + more, "edit_similarity": 0.5}
        for name, more in (("c", 0.0), ("go", 0.1))
    }
    text = {name: {"bytes": 100, "bits_per_byte": 2 - exact} for name in by_language}
    reliability = [
        {"threshold": -0.4, "answers": 3, "exact_match": exact, "edit_similarity": 0.6},
        {"threshold": None, "answers": 7, "exact_match": 0.0, "edit_similarity": 0.1},
    ]
    return {
        **{kind: {"languages": by_language} for kind in KINDS},
        "rest_of_line_reliability": reliability,
        "block_reliability": reliability,
        "text": {"texts": 40, "languages": text},
        "humaneval": {"cases": 20, "exact": exact, "pass_at_1": exact / 2},
    }


SHOWN_SCORE = {
    "places": 50,
    "shown_share": 0.1,
    "first_word": 0.8,
    "right": 0.42,
    "right_to_end": 0.3,
}
SHOWN = {
    **SHOWN_SCORE,
    "line": -0.25,
    "block": 0.0,
    "token": -1.0,
    "languages": {"go": SHOWN_SCORE},
    "by_threshold": [{**SHOWN_SCORE, "threshold": -0.5}],
}


def write_work(work: Path) -> None:
    """What the recipe's steps leave behind, as small as it can be."""
    shape = {"vocab": 512, "d_model": 64, "layers": 2, "head_dim": 32}
    runs = [
        {"step": 0, "tokens": 0, "device": "CPU", "batch_tokens": 4096, "seed": 1},
        {"step": 30, "tokens": 122880, "device": "a GPU", "batch_tokens": 8192, "seed": 1},
    ]
    progress = {"step": 50, "tokens": 286720, "rows": 280, "seconds": 5400.0, "runs": runs}
    packages = {
        "flask": {
            "source": "debian-source",
            "name": "flask",
            "version": "2.2.2",
            "licence": "BSD-3-Clause",
            "role": "held-out",
            "kept": {"python": 341726},
        }
    }
    report = {"characters": {"train": {"c": 5e6}}, "packages": packages, "refused": {"size": 1}}
    files = {
        "train/progress.json": {"shape": shape, "progress": progress},
        "rows/rows.json": {"repeat": {"c": 2, "shell": 6}, "epochs": [{"tokens": 3_000_000}]},
        "corpus/report.json": report,
        "evaluation.json": {"new": scores(0.25), "old": scores(0.125)},
        "check.json": {"text": "5 of 5 alike."},
        "shown.json": SHOWN,
    }
    for name, content in files.items():
        (work / name).parent.mkdir(exist_ok=True)
        (work / name).write_text(json.dumps(content), encoding="utf-8")


class TablesTest(unittest.TestCase):
    def test_every_model_has_a_column_and_the_mean_is_over_languages(self) -> None:
        text = tables.completion_table({"new": scores(0.25), "old": scores(0.125)}, "block")
        self.assertEqual(
            text.splitlines(),
            [
                "| block | cases | new | old |",
                "| --- | --- | --- | --- |",
                "| c | 10 | 25.0 / 50.0 | 12.5 / 50.0 |",
                "| go | 10 | 35.0 / 50.0 | 22.5 / 50.0 |",
                "| mean |  | 30.0 / 50.0 | 17.5 / 50.0 |",
            ],
        )

    def test_a_model_without_tests_has_no_row(self) -> None:
        without = scores(0.5)
        del without["humaneval"]
        text = tables.humaneval_table({"new": scores(0.25), "old": without})
        self.assertIn("| new | 20 | 25.0 | 12.5 |", text)
        self.assertNotIn("old", text)

    def test_answers_below_every_threshold_have_a_row(self) -> None:
        text = tables.reliability_table(scores(0.25))
        self.assertIn("| >= -0.4 | 3 | 25.0 | 60.0 | 3 | 25.0 | 60.0 |", text)
        self.assertIn("| all others | 7 | 0.0 | 10.0 | 7 | 0.0 | 10.0 |", text)


class CardTest(unittest.TestCase):
    def test_card_and_manifest(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            work = Path(folder)
            write_work(work)
            command = [sys.executable, "-m", "models.card.run", "--work", folder]
            command += ["--evaluation", str(work / "evaluation.json"), "--name", "krait-test"]
            command += ["--check", str(work / "check.json"), "--target", str(work / "card")]
            subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
            card = (work / "card/MODEL_CARD.md").read_text(encoding="utf-8")
            manifest = json.loads((work / "card/manifest.json").read_text(encoding="utf-8"))
        self.assertTrue(card.startswith("# krait-test\n"))
        for part in (
            "steps 0-30 with 4096 tokens each (CPU); steps 30-50 with 8192 tokens each (a GPU)",
            "1 h 30 min",
            "Held out whole, by name: flask.",
            "One pass over it is 3.00M tokens, with shell 6 times, c 2 times.",
            "| mean |  | 30.0 / 50.0 | 17.5 / 50.0 |",
            "each of 40 held-out files",
            "| go | 50 | 10.0 | 80.0 | 42.0 | 30.0 |",
            "no table of terms",
            "5 of 5 alike.",
        ):
            self.assertIn(part, card)
        self.assertNotIn("{{", card)
        self.assertEqual([p["name"] for p in manifest["packages"]], ["flask"])


if __name__ == "__main__":
    unittest.main()
