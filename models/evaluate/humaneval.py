# SPDX-License-Identifier: Apache-2.0
"""Scores completions of HumanEval-Infilling: exact match and pass@1.

Each completion is put between the case's prompt and suffix and the case's tests
are run in a sandbox. Completions are JSON lines {"task_id", "completion"}.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from models.evaluate import sandbox
from models.evaluate.sandbox import Limits, Outcome
from models.evaluate.scores import is_exact


def read_rows(path: Path) -> list[dict[str, str]]:
    return [
        json.loads(row) for row in path.read_text(encoding="utf-8").splitlines() if row.strip()
    ]


def program(case: dict[str, str], completion: str) -> str:
    """The function as completed, its tests, and their call."""
    solution = case["prompt"] + completion + case["suffix"]
    return f"{solution}\n{case['test']}\ncheck({case['entry_point']})\n"


def with_line_end(case: dict[str, str], completion: str) -> str:
    """A line's completion may come without the line feed that its case has."""
    needs = case["canonical_solution"].endswith("\n") and not case["suffix"].startswith("\n")
    return completion + "\n" if needs and not completion.endswith("\n") else completion


def score(
    cases: list[dict[str, str]], completions: dict[str, str], limits: Limits, workers: int
) -> dict:
    """Runs all cases that have a completion."""
    asked = [case for case in cases if case["task_id"] in completions]
    texts = [with_line_end(case, completions[case["task_id"]]) for case in asked]
    with ThreadPoolExecutor(workers) as pool:
        outcomes: list[Outcome] = list(
            pool.map(lambda pair: sandbox.run_python(program(*pair), limits), zip(asked, texts))
        )
    count = max(1, len(asked))
    exact = sum(is_exact(t, case["canonical_solution"]) for t, case in zip(texts, asked))
    reasons = Counter(o.reason.split(":")[0] for o in outcomes)
    return {
        "cases": len(asked),
        "exact": exact / count,
        "pass_at_1": sum(o.passed for o in outcomes) / count,
        "reasons": dict(reasons.most_common(8)),
        "outcomes": {case["task_id"]: o.passed for case, o in zip(asked, outcomes)},
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--cases", type=Path, required=True, help="HumanEval-Infilling, JSON lines"
    )
    parser.add_argument(
        "--completions", type=Path, help="what a model gave; without: the solutions"
    )
    parser.add_argument("--json", type=Path, help="write all results there")
    parser.add_argument("--limit", type=int, help="only so many cases, from the first on")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--memory-mib", type=int, default=512)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    args = parser.parse_args()
    sandbox.check()
    cases = read_rows(args.cases)[: args.limit]
    if args.completions:
        completions = {r["task_id"]: r["completion"] for r in read_rows(args.completions)}
    else:  # a check of the method itself: all must pass
        completions = {case["task_id"]: case["canonical_solution"] for case in cases}
    limits = Limits(seconds=args.seconds, memory_mib=args.memory_mib)
    result = score(cases, completions, limits, args.workers)
    if args.json:
        args.json.write_text(json.dumps(result, indent=1), encoding="utf-8")
    print(
        f"{result['cases']} cases  pass@1 {100 * result['pass_at_1']:.1f} %  "
        f"exact {100 * result['exact']:.1f} %  {result['reasons']}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
