# SPDX-License-Identifier: Apache-2.0
"""Turns a corpus into rows of tokens, in files that the training reads.

Each epoch has other spans, segments and runs, so that several passes over the
same text are not the same lesson. The result depends on corpus, tokenizer,
options and seed only, not on how many processes make it.

rows-EEE-SSS.tokens.npy    uint16 [rows, row + 1]
rows-EEE-SSS.weights.npy   uint8  [rows, row + 1]
val-LANGUAGE.tokens.npy    uint16 [rows, row + 1], plain text, for the loss
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from random import Random

import numpy as np
import sentencepiece

from models.tokenizer.control import BOS, EOS
from models.train.documents import Document, DocumentMaker, DocumentOptions
from models.train.imports import ProjectFile
from models.train.packing import pack

FILES_PER_TASK = 200  # of one project, neighbours by path
PIECE_ROWS = 4096  # rows of one output file

Task = tuple[str, list[ProjectFile]]  # a name for the seed, files

# One tokenizer per process: loading it for each task would cost more than the task.
_processor: sentencepiece.SentencePieceProcessor


def _start_worker(tokenizer: str) -> None:
    global _processor
    _processor = sentencepiece.SentencePieceProcessor(model_file=tokenizer)


def _make(job: tuple[Task, DocumentOptions, str]) -> list[tuple[np.ndarray, np.ndarray]]:
    (name, files), options, seed = job
    maker = DocumentMaker(_processor.encode, options, Random(f"{seed}:{name}"))
    documents: list[Document] = [d for d in maker.make(files) if len(d) > 16]
    return [(np.array(d.ids, np.uint16), np.array(d.weights, np.uint8)) for d in documents]


def read_corpus(path: Path) -> Iterator[tuple[str, ProjectFile]]:
    with path.open(encoding="utf-8") as rows:
        for row in rows:
            record = json.loads(row)
            yield record["package"], ProjectFile(
                record["path"], record["language"], record["text"]
            )


def tasks(corpus: Path, repeats: dict[str, int]) -> list[Task]:
    """Splits the corpus; languages in `repeats` are taken several times."""
    projects: dict[str, list[ProjectFile]] = defaultdict(list)
    for package, file in read_corpus(corpus):
        projects[package].append(file)
    result: list[Task] = []
    for package, files in sorted(projects.items()):
        for start in range(0, len(files), FILES_PER_TASK):
            result.append((f"{package}:{start}", files[start : start + FILES_PER_TASK]))
        for language, times in sorted(repeats.items()):
            some = [f for f in files if f.language == language]
            result += [(f"{package}:{language}:{n}", some) for n in range(1, times) if some]
    return result


def write_rows(
    documents: list[tuple[np.ndarray, np.ndarray]],
    target: Path,
    prefix: str,
    row: int,
    rng: Random,
) -> tuple[int, int]:
    """Packs and writes; returns the numbers of rows and of tokens in them."""
    rng.shuffle(documents)
    rows = pack([len(ids) for ids, _ in documents], row + 1)
    rng.shuffle(rows)
    for piece, start in enumerate(range(0, len(rows), PIECE_ROWS)):
        part = rows[start : start + PIECE_ROWS]
        tokens = np.full((len(part), row + 1), EOS, np.uint16)
        weights = np.zeros((len(part), row + 1), np.uint8)
        for i, members in enumerate(part):
            rng.shuffle(members)
            at = 0
            for number in members:
                ids, counts = documents[number]
                tokens[i, at : at + len(ids)] = ids
                weights[i, at : at + len(ids)] = counts
                at += len(ids)
        name = f"{prefix}-{piece:03d}"
        # Tokens last: a reader that sees them finds the weights, too.
        np.save(target / f"{name}.weights.npy", weights)
        np.save(target / f"{name}.tokens.npy", tokens)
    return len(rows), sum(len(ids) for ids, _ in documents)


def write_validation(corpus: Path, tokenizer: str, target: Path, row: int, limit: int) -> None:
    """Writes a few rows of plain text per language, and the bytes they stand for."""
    _start_worker(tokenizer)
    streams: dict[str, list[int]] = defaultdict(list)
    sizes: dict[str, int] = {}
    for _, file in read_corpus(corpus):
        streams[file.language] += [BOS] + _processor.encode(file.text)
    for language, ids in streams.items():
        count = min(limit, (len(ids) - 1) // row)
        if count == 0:
            continue
        rows = np.stack(
            [np.array(ids[i * row : (i + 1) * row + 1], np.uint16) for i in range(count)]
        )
        np.save(target / f"val-{language}.tokens.npy", rows)
        sizes[language] = len(
            _processor.decode([i for i in rows[:, 1:].reshape(-1).tolist() if i != BOS]).encode()
        )
    (target / "val-bytes.json").write_text(json.dumps(sizes), encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, required=True, help="folder of the corpus")
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--target", type=Path, required=True)
    parser.add_argument("--row", type=int, default=2048, help="tokens of a row")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--psm-share", type=float, default=DocumentOptions.psm_share)
    parser.add_argument(
        "--repeat",
        action="append",
        default=[],
        metavar="LANGUAGE=TIMES",
        help="take a rare language several times (repeatable)",
    )
    parser.add_argument("--processes", type=int, default=multiprocessing.cpu_count())
    args = parser.parse_args()
    args.target.mkdir(parents=True, exist_ok=True)
    options = DocumentOptions(tokens=args.row, psm_share=args.psm_share)
    repeats = {name: int(times) for name, _, times in (r.partition("=") for r in args.repeat)}
    work = tasks(args.corpus / "train.jsonl", repeats)
    write_validation(
        args.corpus / "val.jsonl", str(args.tokenizer), args.target, args.row, limit=64
    )
    totals = []
    with multiprocessing.Pool(args.processes, _start_worker, (str(args.tokenizer),)) as pool:
        for epoch in range(args.epochs):
            seed = f"{args.seed}:{epoch}"
            made = pool.imap(_make, [(task, options, seed) for task in work], chunksize=1)
            documents = [document for part in made for document in part]
            rows, tokens = write_rows(
                documents, args.target, f"rows-{epoch:03d}", args.row, Random(seed)
            )
            totals.append(
                {"rows": rows, "tokens": tokens, "fill": round(tokens / rows / (args.row + 1), 4)}
            )
            print(f"epoch {epoch}: {len(documents)} documents, {totals[-1]}", flush=True)
    _start_worker(str(args.tokenizer))
    vocab = _processor.get_piece_size()
    about = {
        "row": args.row,
        "vocab": vocab,
        "seed": args.seed,
        "repeat": repeats,
        "epochs": totals,
        "options": asdict(options),
    }
    (args.target / "rows.json").write_text(json.dumps(about, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
