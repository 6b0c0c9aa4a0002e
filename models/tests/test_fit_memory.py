# SPDX-License-Identifier: Apache-2.0
"""The weights of the memory of open files."""

import json
import tempfile
import unittest
from pathlib import Path
from random import Random

try:
    import numpy as np

    from models.evaluate import fit_memory
except ImportError:
    np = None


def row(model: float, *votes: list[float]) -> dict:
    return {"language": "c", "model": model, "votes": list(votes)}


def vote(length: int, share: float, certain: float) -> list[float]:
    return [length, share, 1.0, certain, 0.1, -0.5, 0.0, 0.0, 0.0]


@unittest.skipIf(np is None, "needs NumPy")
class FitMemoryTest(unittest.TestCase):
    def rows(self, records: list[dict]):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "rows.jsonl"
            path.write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf-8")
            return fit_memory.read_rows(path)

    def test_the_mixture_is_summed_from_the_longest_match_down(self) -> None:
        rows = self.rows([row(float(np.log(0.2)), vote(3, 0.5, 0.5), vote(1, 0.1, 0.1)), row(-1.0)])
        weight = np.array([[0.6, 0.3], [0.0, 0.0]])
        found, _ = fit_memory.mixture(rows, weight)
        self.assertAlmostEqual(found[0], 0.6 * 0.5 + 0.4 * (0.3 * 0.1 + 0.7 * 0.2))
        self.assertAlmostEqual(found[1], float(np.exp(-1.0)))

    def test_the_gradient_is_that_of_the_likelihood(self) -> None:
        rows = self.rows(
            [row(-2.0, vote(3, 0.9, 0.9), vote(1, 0.2, 0.3)), row(-0.5, vote(1, 0.0, 0.7))]
        )
        random = Random(1)
        at = np.array([random.gauss(0, 1) for _ in range(len(fit_memory.LENGTHS) + 7)])
        slope = fit_memory.gradient(rows, at) + fit_memory.HOLD_BACK * at
        for i in range(len(at)):
            step = np.zeros_like(at)
            step[i] = 1e-5
            ahead, behind = fit_memory.mean_log(rows, at + step), fit_memory.mean_log(rows, at - step)
            self.assertAlmostEqual(slope[i], (ahead - behind) / 2e-5, places=6)

    def test_matches_that_are_right_come_to_weigh_more(self) -> None:
        records = [row(-4.0, vote(6, 1.0, 1.0), vote(1, 0.1, 0.1)) for _ in range(40)]
        records += [row(-0.1, vote(1, 0.0, 0.4)) for _ in range(40)]
        rows = self.rows(records)
        values = fit_memory.to_values(fit_memory.fit(rows))
        self.assertEqual(values["krait.memory.lengths"], fit_memory.LENGTHS)
        bias = values["krait.memory.bias"]
        self.assertGreater(bias[6], bias[1])
        self.assertTrue(all(isinstance(value, float) for value in bias))


if __name__ == "__main__":
    unittest.main()
