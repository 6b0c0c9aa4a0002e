# SPDX-License-Identifier: Apache-2.0
"""Fits how a model is mixed with its memory of open files (krait.memory.*).

Reads what `krait debug memory CASES.jsonl` prints: for each token that was to
be found, the model's log-probability of it and the votes of the memory, the
longest matches first. A vote weighs sigmoid(bias of its length + features *
weights); the rest is left to the votes after it and at last to the model. The
weights are those that make the tokens likeliest, by gradient ascent (Adam), held
back a little. Cases must be of files that neither trained the model nor are
reported on.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

LENGTHS = [0, 1, 2, 3, 4, 6, 8, 12, 16]  # as daemon/tools/eval/memory_rows.cc has them
STEPS = 1500
RATE = 0.05
HOLD_BACK = 1e-4  # of the mean square of the parameters


@dataclass(frozen=True)
class Rows:
    model: np.ndarray  # [rows] probability of the token
    used: np.ndarray  # [rows, votes] 1 where there is a vote, else 0
    length: np.ndarray  # [rows, votes] index into LENGTHS
    share: np.ndarray  # [rows, votes] of the token among the places
    features: np.ndarray  # [rows, votes, features]


def read_rows(path: Path) -> Rows:
    with path.open(encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    if not records:
        raise SystemExit(f"{path}: no rows")
    most = max(1, max(len(r["votes"]) for r in records))
    width = next((len(v) - 2 for r in records for v in r["votes"]), 1)
    used = np.zeros((len(records), most))
    length = np.zeros((len(records), most), np.int64)
    share = np.zeros((len(records), most))
    features = np.zeros((len(records), most, width))
    for i, record in enumerate(records):
        for j, vote in enumerate(record["votes"]):
            used[i, j] = 1
            length[i, j], share[i, j] = int(vote[0]), vote[1]
            features[i, j] = vote[2:]
    model = np.exp([r["model"] if r["model"] is not None else -50.0 for r in records])
    return Rows(np.maximum(model, 1e-20), used, length, share, features)


def mixture(rows: Rows, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the tokens' probabilities and their derivatives by the weights."""
    below = rows.model
    rests = np.empty_like(weight)
    for j in reversed(range(weight.shape[1])):
        rests[:, j] = below
        below = weight[:, j] * rows.share[:, j] + (1 - weight[:, j]) * below
    slope = np.empty_like(weight)
    left = np.ones(len(rows.model))
    for j in range(weight.shape[1]):
        slope[:, j] = left * (rows.share[:, j] - rests[:, j])
        left = left * (1 - weight[:, j])
    return below, slope


def weights_of(rows: Rows, bias: np.ndarray, features: np.ndarray) -> np.ndarray:
    return rows.used / (1 + np.exp(-(bias[rows.length] + rows.features @ features)))


def mean_log(rows: Rows, parameters: np.ndarray) -> float:
    bias, features = np.split(parameters, [len(LENGTHS)])
    return float(np.log(mixture(rows, weights_of(rows, bias, features))[0]).mean())


def gradient(rows: Rows, parameters: np.ndarray) -> np.ndarray:
    bias, features = np.split(parameters, [len(LENGTHS)])
    weight = weights_of(rows, bias, features)
    found, slope = mixture(rows, weight)
    inner = slope / found[:, None] * weight * (1 - weight) / len(found)
    by_bias = np.bincount(rows.length.ravel(), inner.ravel(), len(LENGTHS))
    by_feature = np.einsum("rv,rvf->f", inner, rows.features)
    return np.concatenate([by_bias, by_feature]) - HOLD_BACK * parameters


def fit(rows: Rows) -> np.ndarray:
    parameters = np.zeros(len(LENGTHS) + rows.features.shape[-1])
    mean, square = np.zeros_like(parameters), np.zeros_like(parameters)
    for step in range(1, STEPS + 1):
        slope = gradient(rows, parameters)
        mean = 0.9 * mean + 0.1 * slope
        square = 0.999 * square + 0.001 * slope**2
        rate = RATE * min(1.0, 2 * (1 - step / (STEPS + 1)))
        parameters = parameters + rate * (mean / (1 - 0.9**step)) / (
            np.sqrt(square / (1 - 0.999**step)) + 1e-9
        )
    return parameters


def to_values(parameters: np.ndarray) -> dict:
    """Returns the metadata of a GGUF file."""
    bias, features = np.split(parameters, [len(LENGTHS)])
    return {
        "krait.memory.lengths": LENGTHS,
        "krait.memory.bias": [round(float(b), 4) for b in bias],
        "krait.memory.features": [round(float(f), 4) for f in features],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", type=Path, help="what `krait debug memory` printed")
    parser.add_argument("--check", type=Path, help="rows of other files, to be told how it does there")
    parser.add_argument("--json", type=Path, required=True, help="where to write the keys")
    args = parser.parse_args()
    rows = read_rows(args.rows)
    parameters = fit(rows)
    for name, some in [("fitted", rows)] + ([("check", read_rows(args.check))] if args.check else []):
        print(
            f"{name}: {len(some.model)} tokens, mean log-probability "
            f"{np.log(some.model).mean():.4f} of the model, {mean_log(some, parameters):.4f} mixed"
        )
    values = to_values(parameters)
    args.json.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
    for key, numbers in values.items():  # as models.export.metadata sets them
        print(f"{key}={','.join(map(str, numbers))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
