# SPDX-License-Identifier: Apache-2.0
"""Halves of the held-out files, and the table of what is shown."""

import argparse
import json
import tempfile
import unittest
from pathlib import Path

from models.card import shown
from models.evaluate import calibrate
from models.export import metadata

SCORE = {
    "places": 50,
    "shown_share": 0.1,
    "first_word": 0.8,
    "right": 0.4,
    "right_to_end": 0.3,
}
RESULT = {
    **SCORE,
    "line": -0.25,
    "block": 0.0,
    "token": -1.0,
    "languages": {"go": SCORE},
    "by_threshold": [
        {**SCORE, "threshold": -0.5},
        {**SCORE, "threshold": -1.0},
        {**SCORE, "shown_share": 0.2, "threshold": None},
    ],
}


class HalvesTest(unittest.TestCase):
    def test_each_file_is_in_one_half(self) -> None:
        records = [
            {"package": "p", "path": f"usr/a{i}.py", "language": "python", "text": f"x = {i}\r\n"}
            for i in range(40)
        ]
        with tempfile.TemporaryDirectory() as folder:
            corpus = Path(folder, "held_out.jsonl")
            corpus.write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf-8")
            calibrate.lay_out(corpus, Path(folder))
            found = {h: calibrate.files_below(Path(folder, h)) for h in calibrate.HALVES}
            self.assertEqual(sum(map(len, found.values())), 40)
            self.assertGreater(min(map(len, found.values())), 5)
            texts = [path.read_bytes() for paths in found.values() for path in paths]
            self.assertEqual(sorted(texts), sorted(r["text"].encode() for r in records))

    def test_what_languages_had_of_their_own_goes(self) -> None:
        header = metadata.Header(3, 0, {}, b"", 0)
        with tempfile.TemporaryDirectory() as folder:
            model = Path(folder, "m.gguf")
            old = {"krait.confidence.go.line": "-0.1", "krait.languages": "c,go"}
            model.write_bytes(metadata.edit(metadata.write_header(header), old))
            calibrate.write_keys(
                model, {"krait.confidence.line": -0.5, "krait.confidence.c.line": -0.25}
            )
            values = metadata.read_header(model.read_bytes()).values
            self.assertEqual(
                {key: metadata.show(raw) for key, raw in values.items()},
                {
                    "krait.confidence.line": "-0.5",
                    "krait.confidence.c.line": "-0.25",
                    "krait.languages": "c,go",
                },
            )

    def test_a_measurement_is_made_once(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            program, model, file = (Path(folder, name) for name in ("krait", "m.gguf", "a.c"))
            # Prints how often it ran.
            program.write_text(
                f'#!/bin/sh\necho >> {folder}/runs\necho "[$(wc -l < {folder}/runs)]"\n',
                encoding="utf-8",
            )
            program.chmod(0o755)
            model.write_bytes(b"m")
            file.write_bytes(b"a")
            krait = calibrate.Krait(str(program), 3, 1, Path(folder, "cache"))
            self.assertEqual(krait.shown(model, [file]), [1])
            self.assertEqual(krait.shown(model, [file]), [1])
            self.assertEqual(krait.shown(model, [file], "--calibrate"), [2])
            model.write_bytes(b"n")
            self.assertEqual(krait.shown(model, [file]), [3])
            file.write_bytes(b"b")
            self.assertEqual(krait.shown(model, [file]), [4])
            self.assertEqual(calibrate.Krait(str(program), 3, 1, None).shown(model, [file]), [5])

    def test_less_context_is_for_choosing(self) -> None:
        keys = {"krait.confidence.token": -1.0}
        with tempfile.TemporaryDirectory() as folder:
            program, model, file = (Path(folder, name) for name in ("krait", "m.gguf", "a.c"))
            answer = json.dumps({"calibration": {"keys": keys}})
            program.write_text(
                f"#!/bin/sh\necho \"$@\" > {folder}/asked\necho '{answer}'\n", encoding="utf-8"
            )
            program.chmod(0o755)
            krait = calibrate.Krait(str(program), 3, 1, None)
            for context, expected in ((None, False), (800, True)):
                args = argparse.Namespace(right=0.45, context=context, blocks=None)
                self.assertEqual(calibrate.choose(krait, model, args, [file]), keys)
                asked = Path(folder, "asked").read_text(encoding="utf-8")
                self.assertIn("--calibrate --right 0.45", asked)
                shorter = "--prefix-tokens 800 --suffix-tokens 200" in asked
                self.assertEqual(shorter, expected, asked)

    def test_the_threshold_for_blocks_is_that_of_the_same_tokens(self) -> None:
        choices = [
            {"token": None, "block": {"threshold": 0}},
            {"token": -1.0, "block": {"threshold": -0.2}},
        ]
        found = {"calibration": {"choices": choices}}
        self.assertEqual(calibrate.block_threshold(found, -1.0), -0.2)
        with self.assertRaises(SystemExit):
            calibrate.block_threshold(found, -5.0)


class ShownTableTest(unittest.TestCase):
    def test_stands_between_its_marks(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "MODEL_CARD.md")
            path.write_text(f"a\n{shown.BEGIN}\nstale\n{shown.END}\nb\n", encoding="utf-8")
            shown.insert(path, RESULT)
            shown.insert(path, RESULT)
            text = path.read_text(encoding="utf-8")
            self.assertTrue(text.startswith("a\n") and text.endswith("\nb\n"))
            self.assertNotIn("stale", text)
            self.assertEqual(text.count("| go | 50 | 10.0 | 80.0 | 40.0 | 30.0 |"), 1)
            self.assertIn("| >= -0.5 |", text)
            self.assertNotIn("| >= -1.0 |", text)  # shows no more
            self.assertIn("| all | 50 | 20.0 |", text)
            brief = Path(folder, "README.md")
            brief.write_text(f"{shown.BEGIN}\n{shown.END}\n", encoding="utf-8")
            shown.insert(brief, RESULT)
            self.assertNotIn("-0.5", brief.read_text(encoding="utf-8"))
            own = {**RESULT, "own": {"c": {"line": -0.3, "token": -0.5}}}
            self.assertIn("lines of c at least -0.30 and -0.50.", shown.render(own))
            path.write_text("no marks", encoding="utf-8")
            with self.assertRaises(SystemExit):
                shown.insert(path, RESULT)


if __name__ == "__main__":
    unittest.main()
