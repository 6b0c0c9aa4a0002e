# SPDX-License-Identifier: Apache-2.0
"""Rows and training: the same order and the same weights after a resume."""

import contextlib
import io
import json
import tempfile
import unittest
from itertools import islice
from pathlib import Path

try:
    import numpy as np
    import torch
except ImportError as error:
    raise unittest.SkipTest("needs PyTorch and NumPy") from error

from models.tokenizer.control import BOS
from models.train import checkpoint
from models.train.checkpoint import Progress
from models.train.loop import LoopOptions, Trainer
from models.train.metrics import MetricsWriter, read
from models.train.model import LanguageModel
from models.train.optimizers import Optimizers, orthogonalize
from models.train.rows import RowStream
from models.train.schedule import Schedule
from models.train.shape import ModelShape
from models.train.validation import Validation

ROW = 32
torch.set_num_threads(1)  # more only wait for each other at these sizes

SHAPE = ModelShape(vocab=40, d_model=32, layers=2, d_state=8, head_dim=16)


def write_rows(folder: Path, counts: list[int]) -> None:
    rng = np.random.default_rng(1)
    number = 0
    for piece, count in enumerate(counts):
        # Counting up: something that can be learned.
        tokens = (rng.integers(16, 40, (count, 1)) + np.arange(ROW + 1)) % 24 + 16
        tokens[:, 0] = BOS
        tokens[:, 1] = 16 + (number + np.arange(count)) % 24
        number += count
        np.save(folder / f"rows-000-{piece:03d}.tokens.npy", tokens.astype(np.uint16))
        weights = np.ones_like(tokens, dtype=np.uint8)
        weights[:, -4:] = 4
        np.save(folder / f"rows-000-{piece:03d}.weights.npy", weights)
    np.save(folder / "val-c.tokens.npy", tokens[:2].astype(np.uint16))
    (folder / "val-bytes.json").write_text(json.dumps({"c": 2 * ROW}), encoding="utf-8")


class RowStreamTest(unittest.TestCase):
    def test_any_position_continues_the_same_order(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            write_rows(Path(folder), [7, 5, 6])
            whole = list(islice(RowStream(Path(folder), 1).batches(4), 12))
            for done in (1, 4, 9):
                rest = islice(RowStream(Path(folder), 1).batches(4, done * 4), 12 - done)
                for expected, batch in zip(whole[done:], rest, strict=True):
                    np.testing.assert_array_equal(expected.tokens, batch.tokens)
            first_pass = np.concatenate([b.tokens for b in whole])[:18]
            self.assertEqual(len(np.unique(first_pass, axis=0)), 18)

    def test_names_the_folder_that_has_no_rows(self) -> None:
        with (
            tempfile.TemporaryDirectory() as folder,
            self.assertRaisesRegex(FileNotFoundError, "prepare"),
        ):
            RowStream(Path(folder), 1)


class TrainingTest(unittest.TestCase):
    def train(
        self, folder: Path, target: Path, steps: int, stop_at: int, resume: Path | None = None
    ) -> Trainer:
        target.mkdir(exist_ok=True)
        state = None
        if resume:
            model, progress, state = checkpoint.load(resume, chunk=8)
        else:
            torch.manual_seed(0)
            model, progress = LanguageModel(SHAPE, chunk=8), Progress()
        optimizers = Optimizers(model, 0.02, 0.01)
        if state:
            optimizers.load_state_dict(state)
        options = LoopOptions(
            micro_rows=2, seconds=None, reserve=0, checkpoint_seconds=1e9, validation_seconds=1e9
        )
        trainer = Trainer(model, optimizers, progress, Schedule(steps, 0.5, 3), options, target)
        batches = RowStream(folder, 1).batches(4, progress.rows)

        def until_stop():
            for batch in batches:
                trainer.stopped = trainer.progress.step + 1 >= stop_at
                yield batch

        with contextlib.redirect_stdout(io.StringIO()):
            trainer.run(
                until_stop(), Validation(folder, 2, 2), MetricsWriter(target / "metrics.jsonl")
            )
        return trainer

    def test_learns_and_a_resumed_run_ends_at_the_same_weights(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            root = Path(name)
            write_rows(root, [20, 15])
            whole = self.train(root, root / "whole", steps=24, stop_at=99)
            self.train(root, root / "part", steps=24, stop_at=9)
            self.assertFalse((root / "part/final.pt").exists())
            resumed = self.train(
                root, root / "part", steps=24, stop_at=99, resume=root / "part/last.pt"
            )
            for one, other in zip(whole.model.parameters(), resumed.model.parameters()):
                torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)
            losses = [r["loss"] for r in read(root / "whole/metrics.jsonl") if "loss" in r]
            self.assertEqual(len(losses), 24)
            self.assertLess(losses[-1], 0.8 * losses[0])
            before = checkpoint.load(root / "whole/predecay.pt")[1]
            self.assertEqual(before.step, 12)
            half = torch.load(root / "whole/predecay-bf16.pt", weights_only=True)
            self.assertEqual(half["weights"]["embedding"].dtype, torch.bfloat16)

    def test_takes_fewer_rows_a_pass_when_memory_is_short(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            write_rows(Path(name), [8])
            trainer = self.train(Path(name), Path(name) / "run", steps=1, stop_at=99)
            whole = trainer.model.losses
            sizes: list[int] = []

            def short_of_memory(ids: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
                sizes.append(len(ids))
                if len(ids) > 1:
                    raise torch.OutOfMemoryError("no room")
                return whole(ids, targets)

            trainer.model.losses = short_of_memory
            batch = next(RowStream(Path(name), 1).batches(4))
            with contextlib.redirect_stdout(io.StringIO()) as printed:
                self.assertTrue(trainer.train_step(batch, 1.0).finite)
            self.assertEqual(sizes, [2, 1, 1, 1, 1])
            self.assertIn("1 rows a pass", printed.getvalue())

    def test_updates_of_muon_are_nearly_orthogonal(self) -> None:
        generator = torch.Generator().manual_seed(2)
        for rows, columns in ((24, 24), (48, 16), (16, 48)):
            update = orthogonalize(torch.randn(3, rows, columns, generator=generator)).float()
            values = torch.linalg.svdvals(update)
            self.assertGreater(float(values.min()), 0.3)
            self.assertLess(float(values.max()), 1.4)


if __name__ == "__main__":
    unittest.main()
