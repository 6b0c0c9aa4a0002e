# SPDX-License-Identifier: Apache-2.0
"""Chooses how sure a model must be of what is shown, and writes that in its file.

  python3 -m models.evaluate.calibrate MODEL.gguf... --corpus DIR --target shown.json

The thresholds (krait.confidence.*) are chosen on one half of the held-out files so
that enough of what an editor shows unasked is right, and measured on the other.
To be repeated whenever what krait makes of a model changes. Needs a krait program,
but neither PyTorch nor NumPy.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path, PurePosixPath
from typing import Any

from models.card import shown
from models.evaluate.measure import BUILT
from models.export import metadata

HALVES = ("fit", "report")

# For a model that is not worth showing: the logarithm of certainty.
NOTHING_UNASKED = dict.fromkeys(metadata.THRESHOLDS[:2], 0.0)


def half_of(record: dict[str, str]) -> str:
    """The same half for the same file, whatever others there are."""
    name = f"{record['package']}/{record['path']}"
    return HALVES[hashlib.sha256(name.encode("utf-8")).digest()[0] & 1]


def lay_out(corpus: Path, target: Path) -> None:
    """Writes the held-out files of a corpus to TARGET/HALF/LANGUAGE."""
    with corpus.open(encoding="utf-8") as rows:
        for number, row in enumerate(rows):
            record = json.loads(row)
            folder = target / half_of(record) / record["language"]
            folder.mkdir(parents=True, exist_ok=True)
            name = f"{number:05d}-{PurePosixPath(record['path']).name}"
            (folder / name).write_text(record["text"], encoding="utf-8", newline="")


def files_below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def digest_of(options: list[str], files: list[Path]) -> str:
    """Tells apart all that a measurement depends on."""
    whole = hashlib.sha256(json.dumps(options).encode("utf-8"))
    for path in files:
        whole.update(path.name.encode("utf-8"))
        whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


class Krait:
    """The program, and what all its measurements have in common.

    What it found is kept in `cache`, if there is one: a run that was broken off
    goes on with the next measurement.
    """

    def __init__(self, program: str, places: int, threads: int, cache: Path | None) -> None:
        self._program = program
        self._places = ["--places", str(places)]
        self._threads = ["--threads", str(threads)]
        self._cache = cache

    def shown(self, model: Path, files: list[Path], *options: str) -> Any:
        if self._cache is None:
            return json.loads(self._measure(model, files, *options))
        program = Path(shutil.which(self._program) or self._program)
        name = digest_of([*options, *self._places], [program, model, *files])
        kept = self._cache / f"{name}.json"
        if not kept.exists():
            self._cache.mkdir(parents=True, exist_ok=True)
            found = self._measure(model, files, *options)
            metadata.replace(kept, found.encode("utf-8"))
        return json.loads(kept.read_text(encoding="utf-8"))

    def _measure(self, model: Path, files: list[Path], *options: str) -> str:
        command = [self._program, "eval", "shown", *map(str, files), *options]
        command += ["--model", str(model), *self._places, *self._threads, "--json"]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"krait eval shown ended with status {done.returncode}")
        return done.stdout


def block_threshold(found: Any, token: float) -> float:
    """That of blocks, with the threshold for tokens that suits lines best."""
    for choice in found["calibration"]["choices"]:
        if choice["token"] == token:
            return choice["block"]["threshold"]
    raise SystemExit(f"no threshold {token} for tokens among those that were tried")


def best_block(found: Any) -> str:
    """With which thresholds most that is right would be shown of blocks."""
    choices = [choice for choice in found["calibration"]["choices"] if choice["block"]["shown"]]
    if not choices:
        return "with no thresholds is enough of what is shown right"
    best = max(choices, key=lambda choice: choice["block"]["right"] * choice["block"]["shown"])
    block = best["block"]
    return (
        f"{100 * block['right']:.1f} % of {block['shown']} right with a mean of at least "
        f"{block['threshold']:.2f} and tokens of {best['token']}"
    )


def choose(
    krait: Krait, model: Path, args: argparse.Namespace, fit: list[Path]
) -> dict[str, float]:
    options = ["--calibrate", "--right", str(args.right)]
    if args.context:
        options += ["--prefix-tokens", str(args.context)]
        options += ["--suffix-tokens", str(args.context // 4)]
    keys = krait.shown(model, fit, *options)["calibration"]["keys"]
    if keys is None:
        print(f"{model}: with no thresholds is so much of what is shown right", flush=True)
        return NOTHING_UNASKED
    if args.blocks:
        found = krait.shown(model, [args.blocks], *options)
        token = keys["krait.confidence.token"]
        print(f"blocks: {best_block(found)}", flush=True)
        keys["krait.confidence.block"] = block_threshold(found, token)
    return keys


def write_keys(model: Path, keys: dict[str, float]) -> None:
    """What languages had of their own goes, if it is not among them."""
    data = model.read_bytes()
    changes = {key: f"{value:.2f}" for key, value in keys.items()}
    stale = filter(metadata.OWN_THRESHOLD.fullmatch, metadata.read_header(data).values)
    metadata.replace(model, metadata.edit(data, changes, stale))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "models", type=Path, nargs="+", help="GGUF files of one model; measured with the first"
    )
    parser.add_argument("--krait", default=str(BUILT) if BUILT.exists() else "krait")
    parser.add_argument("--corpus", type=Path, help="folder of the corpus, with held_out.jsonl")
    parser.add_argument("--fit", type=Path, help="folder of files to choose by, instead")
    parser.add_argument("--report", type=Path, help="folder of files to measure by, instead")
    parser.add_argument("--blocks", type=Path, help="cases of blocks to choose by (block.jsonl)")
    parser.add_argument("--places", type=int, default=150, help="the most of each language")
    parser.add_argument("--cache", type=Path, help="folder of what was measured before")
    parser.add_argument(
        "--right",
        type=float,
        default=0.45,
        help="share that is to be right; of other files it is less (0.4 is promised)",
    )
    parser.add_argument(
        "--context",
        type=int,
        help="tokens before the cursor to choose with, and a quarter of them behind it: quicker",
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--keep", action="store_true", help="measure with the keys that are there")
    parser.add_argument("--target", type=Path, required=True, help="shown.json")
    parser.add_argument(
        "--table", type=Path, action="append", default=[], help="Markdown to put the table in"
    )
    args = parser.parse_args()
    if not args.corpus and not (args.fit and args.report):
        parser.error("expected --corpus, or --fit and --report")
    krait = Krait(args.krait, args.places, args.threads, args.cache)
    with tempfile.TemporaryDirectory() as folder:
        if args.corpus:
            lay_out(args.corpus / "held_out.jsonl", Path(folder))
        fit, report = args.fit or Path(folder, "fit"), args.report or Path(folder, "report")
        if not args.keep:
            keys = choose(krait, args.models[0], args, files_below(fit))
            for model in args.models:
                write_keys(model, keys)
            print("\n".join(f"{key}={value:.2f}" for key, value in keys.items()), flush=True)
        result = krait.shown(args.models[0], files_below(report))
    args.target.write_text(json.dumps(result, indent=1), encoding="utf-8")
    for path in args.table:
        shown.insert(path, result)
    print(
        f"{args.target}: {100 * result['shown_share']:.1f} % shown, {100 * result['right']:.1f} % right"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
