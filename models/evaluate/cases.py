# SPDX-License-Identifier: Apache-2.0
"""Builds evaluation cases from files that did not train.

One JSON object a line, as `krait eval fim` reads it: language, path, prefix,
suffix, middle. A file of cases for each kind of span, so that each gets a score
of its own; and texts.jsonl, whole files for `krait eval text`. The same corpus
and seed give the same cases. With --whole a case has all of its file around the
cursor, for what krait remembers of it beyond the prompt; --half takes one half
of the files, so that weights are fitted on others than those that tell how good
they are.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import defaultdict
from pathlib import Path
from random import Random

from models.train.spans import choose_span

KINDS = ("rest_of_line", "block", "random")
MAX_PREFIX, MAX_SUFFIX = 6000, 2000  # characters
MIN_MIDDLE, MAX_MIDDLE = 3, 500
PER_FILE = 8
COMMENTS = ("#", "//", "*", "/*", '"""', "'''", "--")

Case = dict[str, str]
Files = dict[str, list[dict[str, str]]]  # by language


def begin_at_line(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    cut = text[-most:]
    return cut[cut.find("\n") + 1 :]


def end_at_line(text: str, most: int) -> str:
    return text if len(text) <= most else text[: text.rfind("\n", 0, most) + 1]


def is_worth_asking(text: str, begin: int, end: int) -> bool:
    """Comments and lone brackets say nothing about a model."""
    line = text[text.rfind("\n", 0, begin) + 1 :].lstrip()
    middle = text[begin:end].strip()
    letters = sum(map(str.isalnum, middle))
    return (
        MIN_MIDDLE <= len(middle) <= MAX_MIDDLE and letters >= 2 and not line.startswith(COMMENTS)
    )


def is_in_half(record: dict[str, str], half: str | None) -> bool:
    """Halves files by their text, whatever else is there."""
    if half is None:
        return True
    odd = hashlib.sha256(record["text"].encode()).digest()[-1] % 2 == 1
    return odd == (half == "report")


def make_case(
    record: dict[str, str], kind: str, rng: Random, whole: bool = False
) -> Case | None:
    text = record["text"]
    for _ in range(10):
        span = choose_span(text, rng, kind)
        if span and is_worth_asking(text, span.begin, span.end):
            prefix, suffix = text[: span.begin], text[span.end :]
            return {
                "language": record["language"],
                "path": record["path"],
                "prefix": prefix if whole else begin_at_line(prefix, MAX_PREFIX),
                "suffix": suffix if whole else end_at_line(suffix, MAX_SUFFIX),
                "middle": text[span.begin : span.end],
            }
    return None


def read_files(corpus: Path, half: str | None = None) -> Files:
    """Returns the files of each language, in an order that says nothing."""
    files: Files = defaultdict(list)
    with corpus.open(encoding="utf-8") as rows:
        for row in rows:
            record = json.loads(row)
            if is_in_half(record, half):
                files[record["language"]].append(record)
    for records in files.values():
        records.sort(key=lambda r: hashlib.sha256(r["text"].encode()).digest())
    return dict(sorted(files.items()))


def build(files: Files, kind: str, count: int, seed: int, whole: bool = False) -> list[Case]:
    """Returns up to `count` cases of each language, few from one file."""
    cases: list[Case] = []
    for language, records in files.items():
        rng = Random(f"{seed}:{kind}:{language}")
        found: list[Case] = []
        for record in records * PER_FILE:
            if len(found) >= count:
                break
            case = make_case(record, kind, rng, whole)
            if case and case not in found:
                found.append(case)
        cases += found
    return cases


def write(path: Path, records: list[dict[str, str]]) -> None:
    lines = [json.dumps(record, ensure_ascii=False) + "\n" for record in records]
    path.write_text("".join(lines), encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, required=True, help="folder of the corpus")
    parser.add_argument("--part", default="held_out", choices=["held_out", "val"])
    parser.add_argument("--target", type=Path, required=True, help="folder for KIND.jsonl")
    parser.add_argument("--count", type=int, default=200, help="cases of each language and kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--whole", action="store_true", help="all of the file around the cursor")
    parser.add_argument("--half", choices=["fit", "report"], help="of the files; default: all")
    args = parser.parse_args()
    args.target.mkdir(parents=True, exist_ok=True)
    files = read_files(args.corpus / f"{args.part}.jsonl", args.half)
    texts = [record for records in files.values() for record in records[: args.count]]
    write(args.target / "texts.jsonl", texts)
    for kind in KINDS:
        cases = build(files, kind, args.count, args.seed, args.whole)
        write(args.target / f"{kind}.jsonl", cases)
        counts = {c["language"]: 0 for c in cases}
        for case in cases:
            counts[case["language"]] += 1
        print(f"{kind}: {counts}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
