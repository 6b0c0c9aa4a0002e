# SPDX-License-Identifier: Apache-2.0
"""Schedule, choice of the size, shards, plot: what needs no numerics."""

import json
import lzma
import random
import tempfile
import unittest
from pathlib import Path

from models.train import budget, metrics, parts, shards
from models.train.schedule import Schedule
from models.train.shape import PRESETS, preset


class ScheduleTest(unittest.TestCase):
    def test_rises_stays_and_falls_to_nearly_zero(self) -> None:
        schedule = Schedule(total=100, decay_share=0.4, warmup=10)
        factors = [schedule.factor(step) for step in range(100)]
        self.assertAlmostEqual(factors[0], 0.1)
        self.assertEqual(set(factors[9:60]), {1.0})
        self.assertTrue(all(a > b > 0 for a, b in zip(factors[60:], factors[61:])))
        self.assertLess(factors[-1], 0.03)

    def test_fits_the_steps_to_the_time_and_only_shortens_a_decay(self) -> None:
        schedule = Schedule(total=1 << 40, decay_share=0.5, start=100)
        schedule.fit(step=110, seconds_left=90, seconds_per_step=1.0)
        self.assertEqual((schedule.total, schedule.decay_start), (200, 150))
        schedule.fit(step=160, seconds_left=400, seconds_per_step=1.0)
        self.assertEqual(schedule.total, 200)
        schedule.fit(step=160, seconds_left=20, seconds_per_step=1.0)
        self.assertEqual(schedule.total, 180)


class BudgetTest(unittest.TestCase):
    def rank(self, speed: float, seconds: float, unique: float = 1e9) -> list[budget.Choice]:
        shapes = [(name, preset(name, 16384)) for name in PRESETS]
        return budget.rank(shapes, preset("medium", 16384), speed, seconds, unique, chunk=128)

    def test_more_time_and_more_text_make_larger_models(self) -> None:
        sizes = [self.rank(speed, 1200)[0].shape.parameters() for speed in (2e3, 4e4, 6e5)]
        self.assertEqual(sizes, sorted(sizes))
        self.assertLess(sizes[0], sizes[-1])

    def test_offers_only_what_the_daemon_can_use(self) -> None:
        for choice in self.rank(1e9, 1e6):
            self.assertLessEqual(choice.shape.q8_0_bytes(), budget.MAX_FILE_BYTES)
            self.assertLessEqual(choice.shape.state_bytes(), budget.MAX_STATE_BYTES)

    def test_repeated_text_is_worth_less_and_less(self) -> None:
        self.assertEqual(budget.effective_tokens(5, 10), 5)
        self.assertGreater(budget.effective_tokens(20, 10), 19)
        self.assertLess(budget.effective_tokens(1000, 10), 170)


class ShardTest(unittest.TestCase):
    def test_shards_are_small_and_join_to_the_same_corpus(self) -> None:
        rng = random.Random(1)
        lines = [json.dumps({"text": rng.randbytes(400).hex()}) + "\n" for _ in range(800)]
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "a").mkdir()
            (root / "a/train.jsonl").write_text("".join(lines), encoding="utf-8")
            (root / "a/val.jsonl").write_text("{}\n", encoding="utf-8")
            paths = shards.pack(root / "a", root / "shards", limit=150_000, preset=0)
            self.assertGreater(len(paths), 2)
            for path in paths:
                self.assertLessEqual(path.stat().st_size, 150_000)
                self.assertTrue(lzma.decompress(path.read_bytes()).endswith(b"\n"))
            self.assertEqual(shards.unpack(root / "shards", root / "b"), len(paths))
            self.assertEqual((root / "b/train.jsonl").read_text(), "".join(lines))


class PartTest(unittest.TestCase):
    def test_parts_join_and_a_missing_one_is_noticed(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "w.pt").write_bytes(random.Random(3).randbytes(2500))
            made = parts.split(folder / "w.pt", folder / "out", 1000)
            self.assertEqual([p.stat().st_size for p in made], [1000, 1000, 500])
            parts.join(folder / "out", "w.pt", folder / "again.pt")
            self.assertEqual((folder / "again.pt").read_bytes(), (folder / "w.pt").read_bytes())
            made[1].unlink()
            with self.assertRaisesRegex(ValueError, "2 parts"):
                parts.join(folder / "out", "w.pt", folder / "again.pt")


class MetricsTest(unittest.TestCase):
    def test_draws_what_was_written(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "metrics.jsonl"
            writer = metrics.MetricsWriter(path)
            for step in range(5):
                writer.write(
                    {
                        "step": step,
                        "tokens": step * 100,
                        "loss": 5.0 - step,
                        "middle_loss": 4.0 - step / 2,
                        "rate": 1.0,
                    }
                )
            writer.write({"step": 5, "tokens": 500, "bits_per_byte": {"c": 1.0}})
            svg = metrics.draw(metrics.read(path))
            self.assertEqual(svg.count("<polyline"), 3)
            with self.assertRaises(ValueError):
                metrics.draw([])


if __name__ == "__main__":
    unittest.main()
