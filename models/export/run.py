# SPDX-License-Identifier: Apache-2.0
"""Exports a checkpoint to GGUF, and golden logits to check other programs by."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import sentencepiece
import torch

from models.corpus.languages import LANGUAGES
from models.embed import term_table
from models.export.embedding import to_values
from models.export.gguf_file import F16, F32, Q4_0, Q8_0, write_gguf
from models.export.mamba2 import to_gguf
from models.export.metadata import LANGUAGES as LANGUAGES_KEY
from models.export.prompts import PROMPTS, prompt_ids
from models.export.quantize import rounded
from models.export.vocabulary import read_vocabulary
from models.train import checkpoint

TYPES = {"f32": F32, "f16": F16, "q8_0": Q8_0, "q4_0": Q4_0}
MATRICES = ("embedding", "in_z", "in_x", "in_bc", "in_dt", "out")  # the rest stays F32
DESCRIPTION = "Mamba-2 code model with fill-in-the-middle, made by krait's own recipe"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--target", type=Path, required=True, help="folder to write to")
    parser.add_argument("--name", default="krait-default")
    parser.add_argument(
        "--type", action="append", choices=list(TYPES), help="repeatable; default: all"
    )
    parser.add_argument(
        "--rounded-as",
        choices=["q8_0", "q4_0"],
        help="with what that type leaves of the weights: for a program that reads another",
    )
    parser.add_argument("--memory", type=Path, help="weights of models.evaluate.fit_memory")
    parser.add_argument("--terms", type=Path, help="table of terms (terms.npz); default: none")
    args = parser.parse_args()
    args.target.mkdir(parents=True, exist_ok=True)
    model, _, _ = checkpoint.load(args.checkpoint)
    weights = {name: p.float().numpy() for name, p in model.state_dict().items()}
    if args.rounded_as:
        for name in weights:
            if name.rpartition(".")[2] in MATRICES:
                weights[name] = rounded(weights[name], TYPES[args.rounded_as])
    pieces = read_vocabulary(args.tokenizer)
    table = to_values(term_table.load(args.terms)) if args.terms else {}
    for name in args.type or TYPES:
        path = args.target / f"{args.name}-{name}.gguf"
        file = to_gguf(model.shape, weights, pieces, TYPES[name], args.name, DESCRIPTION)
        file.values |= table
        file.values[LANGUAGES_KEY] = list(LANGUAGES)
        if args.memory:
            file.values |= json.loads(args.memory.read_text(encoding="utf-8"))
        write_gguf(path, file)
        print(f"{path} {path.stat().st_size / 2**20:.2f} MiB", flush=True)
    processor = sentencepiece.SentencePieceProcessor(model_file=str(args.tokenizer))
    golden = {}
    for name, prompt in PROMPTS.items():
        ids = prompt_ids(prompt, processor.encode)
        logits = model.all_logits(torch.tensor([ids]))[0].numpy()
        np.save(args.target / f"golden_{name}.npy", logits.astype(np.float32))
        golden[name] = {"ids": ids}
    (args.target / "golden.json").write_text(json.dumps(golden), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
