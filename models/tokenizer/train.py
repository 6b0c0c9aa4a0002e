# SPDX-License-Identifier: Apache-2.0
"""Trains the tokenizer: SentencePiece BPE with byte fallback on code lines.

No piece crosses a line's end (lines are trained on one by one, and a line feed
is the byte piece <0x0A>), and no dummy space is put in front, so each line is
tokenised the same wherever it stands. Warm model states rely on that.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import sentencepiece

from models.tokenizer import control
from models.tokenizer.check import check

# The share of each language in the sample. What the corpus lacks is not made up
# for by the others.
SHARES = {
    "python": 0.22,
    "cpp": 0.13,
    "c": 0.12,
    "javascript": 0.12,
    "typescript": 0.12,
    "go": 0.11,
    "rust": 0.09,
    "java": 0.06,
    "shell": 0.03,
}
MAX_LINE = 400


def sample_lines(corpus: Path, characters: int, seed: int) -> list[str]:
    """Returns shuffled lines of the training part, by language shares."""
    files: dict[str, list[str]] = defaultdict(list)
    with corpus.open(encoding="utf-8") as rows:
        for row in rows:
            record = json.loads(row)
            files[record["language"]].append(record["text"])
    rng = random.Random(seed)
    lines: list[str] = []
    for language, share in SHARES.items():
        rng.shuffle(files[language])
        left = characters * share
        for text in files[language]:
            if left <= 0:
                break
            left -= len(text)
            lines += [x for x in text.split("\n") if x.strip() and len(x) <= MAX_LINE]
    rng.shuffle(lines)
    return lines


def train(lines: Iterable[str], target: Path, vocabulary: int, threads: int) -> None:
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines),
        model_prefix=str(target.with_suffix("")),
        model_type="bpe",
        vocab_size=vocabulary,
        byte_fallback=True,
        character_coverage=0.9995,
        normalization_rule_name="identity",
        add_dummy_prefix=False,
        remove_extra_whitespaces=False,
        allow_whitespace_only_pieces=True,  # pieces for runs of spaces: indentation
        split_digits=True,
        max_sentencepiece_length=20,
        max_sentence_length=4192,
        num_threads=threads,
        unk_id=control.UNK,
        bos_id=control.BOS,
        eos_id=control.EOS,
        pad_id=-1,
        control_symbols=control.NAMED + control.RESERVED,
        # Runs of tabs, which BPE over words would leave apart.
        user_defined_symbols=["\t\t", "\t\t\t", "\t\t\t\t"],
        minloglevel=1,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, required=True, help="folder of the corpus")
    parser.add_argument("--target", type=Path, required=True, help="the .model file to write")
    parser.add_argument("--vocabulary", type=int, default=16384)
    parser.add_argument("--characters", type=float, default=40e6, help="size of the sample")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    args.target.parent.mkdir(parents=True, exist_ok=True)
    lines = sample_lines(args.corpus / "train.jsonl", int(args.characters), args.seed)
    print(f"{len(lines)} lines, {sum(map(len, lines))} characters", flush=True)
    train(lines, args.target, args.vocabulary, args.threads)
    processor = sentencepiece.SentencePieceProcessor(model_file=str(args.target))
    check(processor, [x for x in lines[:2000]])
    size = sum(len(line.encode()) for line in lines[:20000])
    tokens = sum(len(ids) for ids in processor.encode(lines[:20000]))
    print(f"{processor.get_piece_size()} pieces, {size / tokens:.3f} bytes a token on the sample")
    return 0


if __name__ == "__main__":
    sys.exit(main())
