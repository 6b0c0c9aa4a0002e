#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes krait's default model from nothing, by the steps of a profile.

  python3 -m models.recipe --profile rehearsal --work build/recipe

A step that is done is not done again: delete WORK/done/STEP to repeat it. Steps
that need another machine can be left to it: --only and --until.
"""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from pathlib import Path

MODELS = Path(__file__).parent
PROFILES = MODELS / "profiles"

Settings = dict[str, dict]

# The training frees and takes the same large tensors in every step. If glibc
# gives them back to the system each time, a fifth of the time goes into pages.
KEEP_MEMORY = ":".join(
    f"glibc.malloc.{name}"
    for name in (
        "hugetlb=1",
        "trim_threshold=8000000000",
        "mmap_threshold=8000000000",
        "top_pad=200000000",
    )
)


def flags(settings: dict) -> list[str]:
    """Turns {"batch_tokens": 4096} into ["--batch-tokens", "4096"]."""
    out: list[str] = []
    for key, value in settings.items():
        flag = "--" + key.replace("_", "-")
        if value is True:
            out.append(flag)
        elif isinstance(value, list):
            for item in value:
                out += [flag, str(item)]
        elif value is not False:
            out += [flag, str(value)]
    return out


class Recipe:
    """Knows the command of each step and where its results lie."""

    def __init__(
        self, settings: Settings, work: Path, cases: list[Path], resume: Path | None
    ) -> None:
        self._settings, self._work = settings, work
        self._cases, self._resume = cases, resume
        self._name = settings.get("export", {}).get("name", "krait-default")
        self.tokenizer = work / "tokenizer/tokenizer.model"
        self.steps: dict[str, Callable[[], list[str]]] = {
            "fetch": self._fetch,
            "corpus": self._corpus,
            "tokenizer": self._tokenizer,
            "shards": self._shards,
            "rows": self._rows,
            "train": self._train,
            "embed": self._embed,
            "export": self._export,
            "check": self._check,
            "cases": self._make_cases,
            "calibrate": self._calibrate,
            "evaluate": self._evaluate,
            "card": self._card,
        }

    def _command(self, module: str, section: str, *arguments: str | Path) -> list[str]:
        given = [str(argument) for argument in arguments]
        return [
            sys.executable,
            "-m",
            f"models.{module}",
            *given,
            *flags(self._settings.get(section, {})),
        ]

    def _packages(self) -> list[str]:
        return flags({"package": self._settings.get("packages", {}).get("names", [])})

    def _fetch(self) -> list[str]:
        return self._command(
            "corpus.fetch", "fetch", "--sources", self._work / "sources", *self._packages()
        )

    def _corpus(self) -> list[str]:
        excluded = flags({"exclude_cases": self._cases})
        return self._command(
            "corpus.build",
            "corpus",
            "--sources",
            self._work / "sources",
            "--target",
            self._work / "corpus",
            *self._packages(),
            *excluded,
        )

    def _tokenizer(self) -> list[str]:
        return self._command(
            "tokenizer.train",
            "tokenizer",
            "--corpus",
            self._work / "corpus",
            "--target",
            self.tokenizer,
        )

    def _shards(self) -> list[str]:
        return self._command(
            "train.shards",
            "shards",
            "pack",
            "--corpus",
            self._work / "corpus",
            "--shards",
            self._work / "shards",
        )

    def _rows(self) -> list[str]:
        return self._command(
            "train.prepare",
            "rows",
            "--corpus",
            self._work / "corpus",
            "--tokenizer",
            self.tokenizer,
            "--target",
            self._work / "rows",
        )

    def _train(self) -> list[str]:
        resume = ["--resume", str(self._resume)] if self._resume else []
        return self._command(
            "train.run",
            "train",
            "--rows",
            self._work / "rows",
            "--target",
            self._work / "train",
            *resume,
        )

    def _embed(self) -> list[str]:
        return self._command(
            "embed.run",
            "embed",
            "--sources",
            self._work / "sources",
            "--target",
            self._work / "embed",
            *self._packages(),
        )

    def _export(self) -> list[str]:
        table = self._work / "embed/terms.npz"
        memory = self._work / "memory.json"
        return self._command(
            "export.run",
            "export",
            "--checkpoint",
            self._work / "train/final.pt",
            "--tokenizer",
            self.tokenizer,
            "--target",
            self._work / "export",
            *(["--terms", table] if table.exists() else []),
            *(["--memory", memory] if memory.exists() else []),
        )

    def _check(self) -> list[str]:
        return self._command(
            "export.check_llama",
            "check",
            "--json",
            self._work / "check.json",
            "--gguf",
            self._work / f"export/{self._name}-f32.gguf",
            "--checkpoint",
            self._work / "train/final.pt",
            "--tokenizer",
            self.tokenizer,
        )

    def _make_cases(self) -> list[str]:
        return self._command(
            "evaluate.cases",
            "cases",
            "--corpus",
            self._work / "corpus",
            "--target",
            self._work / "cases",
        )

    def _calibrate(self) -> list[str]:
        """Writes in the new files how sure the model must be of what is shown."""
        files = [
            self._work / f"export/{self._name}-{kind}.gguf" for kind in ("q8_0", "f16", "f32")
        ]
        return self._command(
            "evaluate.calibrate",
            "calibrate",
            *(path for path in files if path.exists()),
            "--corpus",
            self._work / "corpus",
            "--blocks",
            self._work / "cases/block.jsonl",
            "--target",
            self._work / "shown.json",
        )

    def _evaluate(self) -> list[str]:
        """The new model and the one that krait ships with now get the same cases."""
        shipped = (MODELS / "default").read_text(encoding="utf-8").strip()
        return self._command(
            "evaluate.measure",
            "evaluate",
            self._work / f"export/{self._name}-q8_0.gguf",
            MODELS / shipped,
            "--cases",
            self._work / "cases",
            *(["--humaneval", self._cases[0]] if self._cases else []),
            "--target",
            self._work / "evaluation.json",
        )

    def _card(self) -> list[str]:
        return self._command(
            "card.run",
            "card",
            "--work",
            self._work,
            "--evaluation",
            self._work / "evaluation.json",
            "--check",
            self._work / "check.json",
            "--name",
            self._name,
            "--target",
            self._work / "card",
        )

    def run(self, step: str) -> None:
        done = self._work / "done" / step
        if done.exists():
            print(f"== {step}: done before", flush=True)
            return
        command = self.steps[step]()
        print(f"== {step}: {shlex.join(command)}", flush=True)
        begin = time.monotonic()
        status = run_command(command, KEEP_MEMORY if step == "train" else None)
        if status != 0:
            raise SystemExit(f"{step} ended with status {status}")
        done.parent.mkdir(parents=True, exist_ok=True)
        done.write_text(f"{time.monotonic() - begin:.1f} s\n", encoding="utf-8")
        print(f"== {step}: {time.monotonic() - begin:.0f} s", flush=True)


def run_command(command: list[str], tunables: str | None = None) -> int:
    """Runs a step to its end, even if told to stop: so is the step, which may
    want to save what it has before it ends. `tunables` are glibc's."""
    environment = {**os.environ}
    if tunables:
        environment.setdefault("GLIBC_TUNABLES", tunables)
    with subprocess.Popen(command, cwd=PROFILES.parents[1], env=environment) as process:

        def pass_on(number: int, _frame: object) -> None:
            process.send_signal(number)

        before = {
            number: signal.signal(number, pass_on) for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            return process.wait()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def load_profile(name: str) -> Settings:
    path = Path(name) if name.endswith(".toml") else PROFILES / f"{name}.toml"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = ", ".join(sorted(p.stem for p in PROFILES.glob("*.toml")))
        raise SystemExit(f"no profile {path}; there are: {known}") from None
    except tomllib.TOMLDecodeError as error:
        raise SystemExit(f"{path}: {error}") from None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--profile", default="rehearsal", help="rehearsal, cpu, gpu or a .toml file"
    )
    parser.add_argument(
        "--work", type=Path, required=True, help="folder for everything that is made"
    )
    parser.add_argument("--only", action="append", default=[], metavar="STEP", help="repeatable")
    parser.add_argument("--until", metavar="STEP", help="the last step to do")
    parser.add_argument(
        "--exclude-cases",
        type=Path,
        action="append",
        default=[],
        help="evaluation sets whose text must not train (repeatable)",
    )
    parser.add_argument("--resume", type=Path, help="checkpoint for the training to go on from")
    args = parser.parse_args()
    work = args.work.resolve()
    cases = [path.resolve() for path in args.exclude_cases]
    resume = args.resume.resolve() if args.resume else None
    recipe = Recipe(load_profile(args.profile), work, cases, resume)
    for name in [*args.only, *([args.until] if args.until else [])]:
        if name not in recipe.steps:
            raise SystemExit(f"no step {name!r}; there are: {', '.join(recipe.steps)}")
    for step in recipe.steps:
        if not args.only or step in args.only:
            recipe.run(step)
        if step == args.until:
            break
    return 0


if __name__ == "__main__":
    sys.exit(main())
