# SPDX-License-Identifier: Apache-2.0
"""Makes pairs of (doc comment, function) from a corpus.

A pair has language, package, path, name, doc, code. The comment is not in the
code; the function's name is in the code, as in an index, but not in the
comment. Pairs to train on come from files that train, those for the evaluation
from packages held out by name. The same corpus, options and seed give the same.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from models.embed.comments import describes, plain, without_name
from models.embed.functions import documented_functions

MIN_CODE = 40  # characters without white space
MAX_CODE = 20_000
COMMON = 3  # a comment that more functions have than these says nothing of one

_LANGUAGE = re.compile(r'"language": "(\w+)"')

Pair = dict[str, str]


def stable_hash(*parts: object) -> bytes:
    return hashlib.blake2b(":".join(map(str, parts)).encode(), digest_size=8).digest()


def sample(corpus: Path, characters: float, seed: int) -> Iterable[dict[str, str]]:
    """Yields the files of a corpus, of each language some `characters` at most,
    chosen by hash; reads the file twice rather than keep it."""
    places: dict[str, list[tuple[bytes, int, int]]] = defaultdict(list)
    with corpus.open("rb") as rows:
        at = 0
        for row in rows:
            language = _LANGUAGE.search(row[:1000].decode("utf-8", "replace"))
            digest = hashlib.blake2b(row, digest_size=8, salt=seed.to_bytes(8, "little")).digest()
            places[language.group(1) if language else ""].append((digest, at, len(row)))
            at += len(row)
        chosen: list[int] = []
        for _, found in sorted(places.items()):
            left = characters
            for _, at, size in sorted(found):
                if left <= 0:
                    break
                chosen.append(at)
                left -= size
        for at in sorted(chosen):
            rows.seek(at)
            yield json.loads(rows.readline())


def pairs_of(record: dict[str, str]) -> Iterable[Pair]:
    for function in documented_functions(record["language"], record["text"]):
        doc = without_name(plain(function.comment), function.name)
        size = sum(not char.isspace() for char in function.code)
        if MIN_CODE <= size and len(function.code) <= MAX_CODE and describes(doc):
            yield {
                "language": record["language"],
                "package": record["package"],
                "path": record["path"],
                "name": function.name,
                "doc": doc,
                "code": function.code,
            }


def doc_key(pair: Pair) -> str:
    return " ".join(re.findall(r"\w+", pair["doc"].lower()))


def code_key(pair: Pair) -> str:
    return "".join(pair["code"].split())


def distinct(pairs: list[Pair], taken: Iterable[Pair] = ()) -> list[Pair]:
    """Returns the pairs without doubles: each comment and each code once, none
    that is in `taken`, no comment that more than `COMMON` functions have."""
    counts = Counter(map(doc_key, pairs))
    docs = {doc_key(pair) for pair in taken}
    codes = {code_key(pair) for pair in taken}
    kept: list[Pair] = []
    for pair in pairs:
        doc, code = doc_key(pair), code_key(pair)
        if counts[doc] > COMMON or doc in docs or code in codes:
            continue
        docs.add(doc)
        codes.add(code)
        kept.append(pair)
    return kept


def balanced(pairs: list[Pair], count: int, seed: int) -> list[Pair]:
    """Returns at most `count` pairs by hash, as many of each language as there
    are; what a rare language leaves goes to the others."""
    by_language: dict[str, list[Pair]] = defaultdict(list)
    for pair in sorted(pairs, key=lambda p: stable_hash(seed, doc_key(p), code_key(p))):
        by_language[pair["language"]].append(pair)
    chosen: list[Pair] = []
    rest = sorted(by_language.values(), key=len)
    for number, group in enumerate(rest):
        chosen += group[: (count - len(chosen)) // (len(rest) - number)]
    return sorted(chosen, key=lambda p: stable_hash(seed, doc_key(p), code_key(p)))


def per_language(pairs: list[Pair]) -> dict[str, int]:
    return dict(sorted(Counter(pair["language"] for pair in pairs).items()))


def write(path: Path, pairs: list[Pair]) -> None:
    lines = [json.dumps(pair, ensure_ascii=False) + "\n" for pair in pairs]
    path.write_text("".join(lines), encoding="utf-8")


def read(path: Path) -> list[Pair]:
    with path.open(encoding="utf-8") as rows:
        return [json.loads(row) for row in rows]


def collect(corpus: Path, part: str, characters: float, seed: int) -> list[Pair]:
    files = sample(corpus / f"{part}.jsonl", characters, seed)
    return [pair for record in files for pair in pairs_of(record)]


def make_pairs(
    corpus: Path, count: int, characters: float, pool: int, seed: int
) -> dict[str, list[Pair]]:
    """Returns "train": at most `count` pairs from `characters` of source of each
    language, and "held_out": at most `pool` pairs of each language. No comment and
    no code is in both."""
    held_out = distinct(collect(corpus, "held_out", characters, seed))
    train = distinct(collect(corpus, "train", characters, seed), held_out)
    groups = [[p for p in held_out if p["language"] == name] for name in per_language(held_out)]
    return {
        "held_out": [pair for group in groups for pair in balanced(group, pool, seed)],
        "train": balanced(train, count, seed),
    }
