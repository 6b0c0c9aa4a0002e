# SPDX-License-Identifier: Apache-2.0
"""Writes the model card and the manifest of a model from what its making left."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from models.card import shown, tables
from models.corpus.manifest import load_manifest
from models.train.shape import ModelShape

TEMPLATE = Path(__file__).with_name("template.md")


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def millions(number: float) -> str:
    return f"{number / 1e6:.2f}M"


def duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"


def describe_shape(shape: ModelShape) -> str:
    return (
        f"d_model {shape.d_model}, {shape.layers} layers, d_inner {shape.d_inner}, "
        f"{shape.heads} heads of {shape.head_dim}, d_state {shape.d_state}, 1 group, "
        f"convolution {shape.conv}, vocabulary {shape.vocab}: "
        f"{millions(shape.parameters())} parameters, of them "
        f"{millions(shape.vocab * shape.d_model)} embeddings (tied). "
        f"State of one file: {shape.state_bytes() / 1024:.0f} KiB."
    )


def describe_runs(progress: dict[str, Any]) -> str:
    """Says what ran where; a run that went on as the one before is none of its own."""
    runs: list[dict[str, Any]] = []
    for run in progress["runs"]:
        last = runs[-1] if runs else {}
        if any(last.get(key) != run[key] for key in ("device", "batch_tokens")):
            runs.append(run)
    ends = [run["step"] for run in runs[1:]] + [progress["step"]]
    parts = [
        f"steps {run['step']}-{end} with {run['batch_tokens']} tokens each ({run['device']})"
        for run, end in zip(runs, ends)
    ]
    return (
        f"{progress['step']} steps, {millions(progress['tokens'])} token positions, "
        f"{duration(progress['seconds'])} by the clock, pauses included: " + "; ".join(parts) + "."
    )


def describe_rows(rows: dict[str, Any]) -> str:
    tokens = millions(sum(epoch["tokens"] for epoch in rows["epochs"]))
    repeat = sorted(rows["repeat"].items(), key=lambda item: (-item[1], item[0]))
    often = ", ".join(f"{name} {times} times" for name, times in repeat)
    return f"{tokens} tokens" + (f", with {often}" if often else "")


def describe_corpus(report: dict[str, Any]) -> dict[str, str]:
    characters = report["characters"]
    packages = report["packages"].values()
    held_out = sorted(p["name"] for p in packages if p["role"] == "held-out")
    sizes = sorted(characters["train"].items(), key=lambda item: -item[1])
    return {
        "packages": str(sum(p["role"] == "train" for p in packages)),
        "characters": f"{sum(characters['train'].values()) / 1e6:.0f} MB",
        "languages": ", ".join(f"{name} {size / 1e6:.1f}" for name, size in sizes),
        "held_out": ", ".join(held_out),
        "licences": ", ".join(sorted({p["licence"] for p in packages})),
    }


def describe_embedding(path: Path) -> str:
    if not path.exists():
        return "This model has no table of terms."
    found = read_json(path)
    return (
        f"{found['terms']} terms (parts of names, words without their endings) have a vector of "
        f"{found['dimension']} numbers each; a text's is the sum over its first "
        f"{found['max_terms']} terms. By them a repository is searched. They learned from "
        f"{found['comments']} comments to find their functions among {found['passages']} passages "
        f"of {len(found['packages'])} packages, which are among those that train the model; "
        "nothing of the packages held out is among them. The table is in the GGUF file as metadata "
        "(`krait.embedding.*`, four bits a number); how well it finds what is in the "
        "packages held out is in docs/repository.md."
    )


def render(args: argparse.Namespace) -> str:
    progress = read_json(args.work / "train/progress.json")
    evaluation = read_json(args.evaluation)
    best = evaluation[next(iter(evaluation))]
    check = read_json(args.check) if args.check and args.check.exists() else None
    values = {
        "name": args.name,
        "shape": describe_shape(ModelShape(**progress["shape"])),
        "runs": describe_runs(progress["progress"]),
        "rows": describe_rows(read_json(args.work / "rows/rows.json")),
        **describe_corpus(read_json(args.work / "corpus/report.json")),
        "rest_of_line": tables.completion_table(evaluation, "rest_of_line"),
        "block": tables.completion_table(evaluation, "block"),
        "random": tables.completion_table(evaluation, "random"),
        "remark": args.remark,
        "text": tables.text_table(evaluation),
        "text_count": str(best["text"]["texts"]),
        "humaneval": tables.humaneval_table(evaluation),
        "reliability": tables.reliability_table(best),
        "shown": shown.render(read_json(args.work / "shown.json")),
        "embedding": describe_embedding(args.work / "embed/embed.json"),
        "check": check["text"] if check else "Not checked against llama.cpp.",
    }
    text = TEMPLATE.read_text(encoding="utf-8")
    for key, value in values.items():
        text = text.replace(f"{{{{{key}}}}}", value)
    if "{{" in text:
        raise SystemExit(f"{TEMPLATE}: {text[text.index('{{'):][:40]!r} is not known")
    return text


def manifest(report: dict[str, Any]) -> dict[str, Any]:
    """All packages that were read: their versions, licences and what was kept."""
    known = {package.name for package in load_manifest()}
    packages = [
        {
            "name": package["name"],
            "version": package["version"],
            "licence": package["licence"],
            "source": package["source"],
            "held_out": package["role"] == "held-out",
            "chars_kept": package["kept"],
        }
        for package in report["packages"].values()
        if package["name"] in known
    ]
    return {"packages": packages, "characters": report["characters"], "refused": report["refused"]}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True, help="folder of the recipe")
    parser.add_argument("--evaluation", type=Path, required=True, help="evaluation.json")
    parser.add_argument("--check", type=Path, help="what models.export.check_llama wrote")
    parser.add_argument("--remark", default="", help="on the comparison, a line")
    parser.add_argument("--name", default="krait-default")
    parser.add_argument("--target", type=Path, required=True, help="folder to write to")
    args = parser.parse_args()
    args.target.mkdir(parents=True, exist_ok=True)
    (args.target / "MODEL_CARD.md").write_text(render(args), encoding="utf-8")
    packages = manifest(read_json(args.work / "corpus/report.json"))
    text = json.dumps(packages, indent=1, ensure_ascii=False) + "\n"
    (args.target / "manifest.json").write_text(text, encoding="utf-8")
    print(f"{args.target}: MODEL_CARD.md, manifest.json of {len(packages['packages'])} packages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
