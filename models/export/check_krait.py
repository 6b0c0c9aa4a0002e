# SPDX-License-Identifier: Apache-2.0
"""Compares an exported file in krait with the golden logits from PyTorch."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np


def krait_logits(program: str, model: Path, ids: list[int]) -> np.ndarray:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "logits.npy"
        command = [
            program,
            "debug",
            "logits",
            "--model",
            str(model),
            "--ids",
            ",".join(map(str, ids)),
            "--out",
            str(out),
        ]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return np.load(out)


def difference(expected: np.ndarray, actual: np.ndarray) -> tuple[float, float]:
    """Returns the relative error of all logits, and how often the best token agrees."""
    error = float(np.linalg.norm(actual - expected) / np.linalg.norm(expected))
    return error, float((actual.argmax(-1) == expected.argmax(-1)).mean())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--krait", default="krait", help="the program")
    parser.add_argument("--gguf", type=Path, required=True)
    parser.add_argument("--golden", type=Path, required=True, help="folder that export wrote")
    parser.add_argument(
        "--tolerance", type=float, default=1e-3, help="relative; about 0.02 for Q8_0"
    )
    args = parser.parse_args()
    golden = json.loads((args.golden / "golden.json").read_text(encoding="utf-8"))
    worst = 0.0
    for name, entry in golden.items():
        expected = np.load(args.golden / f"golden_{name}.npy")
        error, agreement = difference(expected, krait_logits(args.krait, args.gguf, entry["ids"]))
        print(f"{name}: off by {error:.1e}, best token alike {100 * agreement:.0f} %")
        worst = max(worst, error)
    return 0 if worst <= args.tolerance else 1


if __name__ == "__main__":
    sys.exit(main())
