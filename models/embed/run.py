# SPDX-License-Identifier: Apache-2.0
"""Trains an embedding head on a frozen checkpoint and measures it against BM25.

pairs-PART.jsonl  train: what it learned from; held_out: what it is measured by
head.npz          for the export
embed.json        figures for the model card (see measure.py)
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
import sentencepiece
import torch

from models.embed import measure, pairs
from models.embed.features import pooled, token_weights
from models.embed.head import Head
from models.embed.pairs import Pair
from models.embed.train import TrainingOptions, train
from models.train import checkpoint
from models.train.model import LanguageModel

CHUNK = 64  # of the scan; changes the speed only


def token_ids(processor, some: list[Pair], key: str, limit: int) -> list[list[int]]:
    return [processor.encode(pair[key])[:limit] for pair in some]


def write_pairs(args: argparse.Namespace) -> dict[str, list[Pair]]:
    found = pairs.make_pairs(args.corpus, args.pairs, args.megabytes * 1e6, args.pool, args.seed)
    for part, some in found.items():
        pairs.write(args.target / f"pairs-{part}.jsonl", some)
        print(f"{part}: {len(some)} pairs, {pairs.per_language(some)}", flush=True)
    if not found["train"] or not found["held_out"]:
        raise SystemExit("the corpus has no documented functions to train on and measure by")
    return found


def make_head(
    args: argparse.Namespace, model: LanguageModel, docs: list[list[int]], codes: list[list[int]]
) -> tuple[Head, list[dict[str, float]]]:
    weights = token_weights(docs + codes, model.shape.vocab)
    states = [pooled(model, texts, args.layer, weights) for texts in (docs, codes)]
    options = TrainingOptions(
        args.dimension, args.steps, args.batch, args.rate, args.decay, seed=args.seed
    )
    matrix, metrics = train(states[0], states[1], options, args.device)
    return Head(tuple(args.layer), args.max_tokens, weights, matrix), metrics


def embed(model: LanguageModel, head: Head, processor, some: list[Pair]) -> list[np.ndarray]:
    """Returns the vectors of the comments and of the functions."""
    vectors = []
    for key in ("doc", "code"):
        ids = token_ids(processor, some, key, head.max_tokens)
        vectors.append(head.project(pooled(model, ids, head.layers, head.token_weights)))
    return vectors


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, required=True, help="folder of the corpus")
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--target", type=Path, required=True, help="folder to write to")
    parser.add_argument("--pairs", type=int, default=6000, help="to train on, at most")
    parser.add_argument("--pool", type=int, default=1000, help="held-out pairs of a language")
    parser.add_argument(
        "--megabytes", type=float, default=1000, help="of a language's source to look at, at most"
    )
    parser.add_argument("--max-tokens", type=int, default=192, help="of a text")
    parser.add_argument(
        "--layer", type=int, action="append", help="whose states are pooled (repeatable)"
    )
    parser.add_argument("--dimension", type=int, default=TrainingOptions.dimension)
    parser.add_argument("--steps", type=int, default=TrainingOptions.steps)
    parser.add_argument("--batch", type=int, default=TrainingOptions.batch)
    parser.add_argument("--rate", type=float, default=TrainingOptions.rate)
    parser.add_argument("--decay", type=float, default=TrainingOptions.decay)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    args = parser.parse_args()
    args.layer = sorted(set(args.layer or [0]))
    return args


def main() -> int:
    args = parse_arguments()
    begin = time.monotonic()
    args.target.mkdir(parents=True, exist_ok=True)
    found = write_pairs(args)
    processor = sentencepiece.SentencePieceProcessor(model_file=str(args.tokenizer))
    model, _, _ = checkpoint.load(args.checkpoint, CHUNK)
    if max(args.layer) > model.shape.layers:
        raise SystemExit(f"layer {max(args.layer)}: the model has {model.shape.layers}")
    model = model.to(args.device)
    texts = [token_ids(processor, found["train"], key, args.max_tokens) for key in ("doc", "code")]
    print(f"{time.monotonic() - begin:.0f} s: {sum(map(len, sum(texts, [])))} tokens", flush=True)
    head, metrics = make_head(args, model, *texts)
    for line in metrics[:: max(1, len(metrics) // 5)]:
        print(json.dumps(line), flush=True)
    head.save(args.target / "head.npz")
    vectors = embed(model, head, processor, found["held_out"])
    report = measure.report(head, found["held_out"], *vectors)
    report["training"] = {
        "pairs": pairs.per_language(found["train"]),
        "steps": args.steps,
        "batch": min(args.batch, len(found["train"])),
        "loss": metrics[-1]["loss"],
        "seconds": round(time.monotonic() - begin, 1),
    }
    (args.target / "embed.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
    print(measure.table(report), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
