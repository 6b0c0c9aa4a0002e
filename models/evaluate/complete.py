# SPDX-License-Identifier: Apache-2.0
"""Completes evaluation cases with a checkpoint and scores them.

Reads `krait eval fim` cases and HumanEval-Infilling's alike. A completion ends
at </s>, and at the line's end if the middle is within one line. This is for
training machines; what counts is the exported model in krait.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import sentencepiece
import torch

from models.evaluate.generate import greedy
from models.evaluate.scores import table
from models.tokenizer.check import newline_id
from models.tokenizer.control import BOS, CONTROL_END, EOS, FILE, MIDDLE, PREFIX, SUFFIX
from models.train import checkpoint
from models.train.model import LanguageModel


class Encoder(Protocol):
    def encode(self, text: str) -> list[int]: ...

    def decode(self, ids: list[int]) -> str: ...


@dataclass(frozen=True)
class Case:
    name: str
    language: str
    path: str
    prefix: str
    suffix: str
    middle: str

    @property
    def single_line(self) -> bool:
        return "\n" not in self.middle.strip("\n")


def parse_case(row: str, number: int) -> Case:
    record = json.loads(row)
    human_eval = "canonical_solution" in record
    return Case(
        name=record.get("task_id", str(number)),
        language=record.get("language", "python"),
        path=record.get("path", ""),
        prefix=record["prompt" if human_eval else "prefix"],
        suffix=record["suffix"],
        middle=record["canonical_solution" if human_eval else "middle"],
    )


def read_cases(path: Path, limit: int | None) -> list[Case]:
    rows = path.read_text(encoding="utf-8").splitlines()
    return [parse_case(row, number) for number, row in enumerate(rows[:limit])]


def case_prompt(
    case: Case, encoder: Encoder, layout: str, prefix_tokens: int, suffix_tokens: int
) -> list[int]:
    prefix, suffix = encoder.encode(case.prefix), encoder.encode(case.suffix)
    if len(prefix) > prefix_tokens:  # from a line's begin on, as in training
        kept = encoder.decode(prefix[-prefix_tokens:])
        prefix = encoder.encode(kept[kept.find("\n") + 1 :])
    suffix = suffix[:suffix_tokens]
    header = [BOS] + ([FILE] + encoder.encode(case.path) if case.path else [])
    if layout == "psm":
        return header + [PREFIX] + prefix + [SUFFIX] + suffix + [MIDDLE]
    if layout == "prefix":
        return header + ([PREFIX] if len(header) > 1 else []) + prefix
    return header + [SUFFIX] + suffix + [PREFIX] + prefix


def complete(
    model: LanguageModel, processor, cases: list[Case], args: argparse.Namespace
) -> list[str]:
    """Returns a completion for each case; cases of like length run together."""
    newline = newline_id(processor)
    prompts = [
        case_prompt(c, processor, args.layout, args.prefix_tokens, args.suffix_tokens)
        for c in cases
    ]
    completions = [""] * len(cases)
    for single in (True, False):
        chosen = [i for i, case in enumerate(cases) if case.single_line == single]
        chosen.sort(key=lambda i: len(prompts[i]))
        limit = args.line_tokens if single else args.block_tokens

        def stop(new: list[int], ends_at_newline: bool = single) -> bool:
            if new[-1] == EOS:
                return True
            # HumanEval's line may begin with a line feed of its own.
            return ends_at_newline and new[-1] == newline and any(i != newline for i in new)

        for start in range(0, len(chosen), args.batch):
            part = chosen[start : start + args.batch]
            for i, ids in zip(part, greedy(model, [prompts[i] for i in part], limit, stop)):
                completions[i] = processor.decode([token for token in ids if token >= CONTROL_END])
    return completions


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--cases", type=Path, required=True, help="JSON lines")
    parser.add_argument("--completions", type=Path, help="JSON lines to write, for humaneval")
    parser.add_argument("--layout", default="spm", choices=["spm", "psm", "prefix"])
    parser.add_argument("--limit", type=int, help="only so many cases, from the first on")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--prefix-tokens", type=int, default=1400)
    parser.add_argument("--suffix-tokens", type=int, default=512)
    parser.add_argument("--line-tokens", type=int, default=64)
    parser.add_argument("--block-tokens", type=int, default=192)
    parser.add_argument("--chunk", type=int, default=64)
    parser.add_argument("--threads", type=int, default=0)
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    model, _, _ = checkpoint.load(args.checkpoint, args.chunk)
    model.to("cuda" if torch.cuda.is_available() else "cpu")
    processor = sentencepiece.SentencePieceProcessor(model_file=str(args.tokenizer))
    cases = read_cases(args.cases, args.limit)
    completions = complete(model, processor, cases, args)
    if args.completions:
        rows = [{"task_id": c.name, "completion": text} for c, text in zip(cases, completions)]
        args.completions.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    scores = table((c.language, text, c.middle) for c, text in zip(cases, completions))
    for language, score in scores.items():
        print(
            f"{language:12} {score['cases']:5.0f} cases  exact {100 * score['exact']:5.1f} %  "
            f"similarity {100 * score['similarity']:5.1f} %"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
