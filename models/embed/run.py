# SPDX-License-Identifier: Apache-2.0
"""Learns the table of terms by which `krait search` knows what is meant.

terms.npz   for the export (models/export/embedding.py puts it into a GGUF file)
embed.json  what it was learned from

Needs NumPy, SciPy and a krait program, no model.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import zlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from models.corpus.manifest import DEFAULT_MANIFEST, Package, load_manifest, select
from models.embed import passages
from models.embed.code_terms import terms
from models.embed.passages import HeldOut, Passage
from models.embed.term_table import TermTable
from models.embed.training import Examples, Trainer, TrainingOptions, counted

BUILT = Path(__file__).parents[2] / "build/release/daemon/krait"

Learned = list[tuple[str, list[Passage]]]  # by package


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sources", type=Path, required=True, help="what fetch unpacked")
    parser.add_argument("--manifest", type=Path, default=DEFAULT_MANIFEST)
    parser.add_argument("--target", type=Path, required=True, help="folder to write to")
    parser.add_argument("--krait", default=str(BUILT) if BUILT.exists() else "krait")
    parser.add_argument("--package", action="append", default=[], help="only this (repeatable)")
    parser.add_argument("--without", action="append", default=[], help="not this (repeatable)")
    parser.add_argument("--most", type=int, default=6000, help="passages of a package")
    parser.add_argument("--least", type=int, default=8, help="texts that have a term of the table")
    parser.add_argument("--max-terms", type=int, default=512, help="of a text")
    parser.add_argument("--jobs", type=int, default=2, help="packages read at once")
    for name in ("dimension", "epochs", "batch", "group", "seed"):
        parser.add_argument(f"--{name}", type=int, default=getattr(TrainingOptions, name))
    for name in ("rate", "dropped"):
        parser.add_argument(f"--{name}", type=float, default=getattr(TrainingOptions, name))
    return parser.parse_args()


def read_packages(args: argparse.Namespace, packages: list[Package]) -> Learned:
    there = [p for p in packages if (args.sources / p.key).is_dir()]
    kept_out = [p for p in there if p.role == "held-out"]
    with ThreadPoolExecutor(args.jobs) as pool:
        of = pool.map(
            lambda p: passages.of_package(args.krait, args.sources / p.key, None), kept_out
        )
        held_out = HeldOut(passage for found in of for passage in found)

        def read(package: Package) -> list[Passage]:
            folder = args.sources / package.key
            found = passages.of_package(args.krait, folder, held_out, args.most)
            print(f"{package.key}: {len(found)} passages", flush=True)
            return found

        train = [p for p in there if p.role == "train" and p.name not in args.without]
        return [(p.key, found) for p, found in zip(train, pool.map(read, train)) if found]


def make_examples(args: argparse.Namespace, learned: Learned) -> tuple[Examples, list[str]]:
    texts: list[list[str]] = []
    questions: list[list[str]] = []
    answers: list[int] = []
    names: list[int] = []
    packages: list[int] = []
    seen: set[str] = set()
    for number, (_, found) in enumerate(learned):
        for at in passages.with_comments(found):
            if found[at].comment not in seen:
                seen.add(found[at].comment)
                questions.append(terms(found[at].comment, args.max_terms))
                answers.append(len(texts) + at)
        texts += [terms(passage.text, args.max_terms) for passage in found]
        # A passage without a name is alike to none.
        names += [
            zlib.crc32(p.name.encode()) if p.name else -len(names) - i for i, p in enumerate(found)
        ]
        packages += [number] * len(found)
    having = Counter(term for some in (texts, questions) for text in some for term in set(text))
    table = [term for term, count in having.most_common() if count >= args.least]
    numbers = {term: number for number, term in enumerate(table)}
    examples = Examples(
        counted(questions, numbers),
        counted(texts, numbers),
        np.array(answers),
        np.array(names),
        np.array(packages),
    )
    return examples, table


def main() -> int:
    args = parse_arguments()
    begin = time.monotonic()
    args.target.mkdir(parents=True, exist_ok=True)
    learned = read_packages(args, select(load_manifest(args.manifest), args.package))
    if not any(passages.with_comments(found) for _, found in learned):
        raise SystemExit("the packages have no functions with comments to learn from")
    examples, table = make_examples(args, learned)
    print(
        f"{time.monotonic() - begin:.0f} s: {len(examples.answers)} comments, "
        f"{len(examples.names)} passages, {len(table)} terms",
        flush=True,
    )
    options = {
        name: getattr(args, name)
        for name in TrainingOptions.__dataclass_fields__
        if hasattr(args, name)
    }
    trainer = Trainer(examples, TrainingOptions(**options))
    metrics = trainer.run()
    TermTable(tuple(table), trainer.rows(), args.max_terms).save(args.target / "terms.npz")
    report = {
        "dimension": args.dimension,
        "terms": len(table),
        "max_terms": args.max_terms,
        "comments": len(examples.answers),
        "passages": len(examples.names),
        "packages": [key for key, _ in learned],
        "loss": metrics[-1]["loss"],
        "seconds": round(time.monotonic() - begin, 1),
    }
    (args.target / "embed.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
