# SPDX-License-Identifier: Apache-2.0
"""Measures model files with krait, as its users meet them, into one JSON file.

Every model gets the same cases: rests of lines, blocks and random spans of
packages that did not train, bits per byte of their files, and, where they are
given, HumanEval-Infilling's lines with their tests. Needs a krait program, but
neither PyTorch nor NumPy.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.evaluate import humaneval, sandbox
from models.evaluate.cases import KINDS
from models.evaluate.sandbox import Limits

BUILT = Path(__file__).parents[2] / "build/release/daemon/krait"


@dataclass(frozen=True)
class Krait:
    """The program, and how it is asked about one model."""

    program: str
    model: Path
    threads: int

    def ask(self, *arguments: str | Path) -> Any:
        command = [
            self.program,
            "eval",
            *map(str, arguments),
            "--model",
            str(self.model),
            "--threads",
            str(self.threads),
            "--json",
        ]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(command)}: ended with status {done.returncode}")
        return json.loads(done.stdout)


def measure_humaneval(krait: Krait, cases: Path, limit: int, workers: int) -> dict[str, Any]:
    """Exact match, and how many of the completed functions pass their tests."""
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "completions.jsonl"
        krait.ask("fim", cases, "--limit", str(limit), "--completions", found)
        completions = {r["task_id"]: r["completion"] for r in humaneval.read_rows(found)}
    asked = humaneval.read_rows(cases)[: limit or None]
    result = humaneval.score(asked, completions, Limits(), workers)
    del result["outcomes"]
    return result


def measure_reliability(krait: Krait, cases: Path) -> dict[str, Any]:
    """How good answers are by how sure the model is of them."""
    found = {}
    for kind in ("rest_of_line", "block"):
        print(f"{krait.model.name}: how sure it is, {kind}", flush=True)
        asked = krait.ask("fim", cases / f"{kind}.jsonl", "--extent", "auto", "--calibrate")
        found[f"{kind}_reliability"] = asked["reliability"]
    return found


def measure(krait: Krait, args: argparse.Namespace) -> dict[str, Any]:
    result: dict[str, Any] = {"file": krait.model.name, "bytes": krait.model.stat().st_size}
    for kind in KINDS:
        print(f"{krait.model.name}: {kind}", flush=True)
        # The model itself, as it was compared with others before.
        result[kind] = krait.ask("fim", args.cases / f"{kind}.jsonl", "--no-file-memory")
    print(f"{krait.model.name}: bits per byte", flush=True)
    result["text"] = krait.ask("text", args.cases / "texts.jsonl")
    if args.humaneval:
        print(f"{krait.model.name}: HumanEval-Infilling", flush=True)
        result["humaneval"] = measure_humaneval(
            krait, args.humaneval, args.humaneval_limit, args.threads
        )
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", type=Path, nargs="+", help="GGUF files, the new one first")
    parser.add_argument(
        "--krait", default=str(BUILT) if BUILT.exists() else "krait", help="the program"
    )
    parser.add_argument(
        "--cases", type=Path, required=True, help="folder that models.evaluate.cases wrote"
    )
    parser.add_argument("--humaneval", type=Path, help="its single lines, JSON lines")
    parser.add_argument("--humaneval-limit", type=int, default=0, help="the first N; 0: all")
    parser.add_argument("--target", type=Path, required=True, help="evaluation.json")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    if args.humaneval:
        sandbox.check()
    results = {}
    for path in args.models:
        krait = Krait(args.krait, path, args.threads)
        results[path.stem] = measure(krait, args)
        if path == args.models[0]:
            results[path.stem] |= measure_reliability(krait, args.cases)
        args.target.write_text(json.dumps(results, indent=1), encoding="utf-8")
    print(f"{args.target}: {len(results)} models")
    return 0


if __name__ == "__main__":
    sys.exit(main())
