# SPDX-License-Identifier: Apache-2.0
"""Trains a model on prepared rows, for a number of minutes or of steps.

With a time limit the first steps are measured and the number of steps is set by
their speed; with --shape auto so is the size of the model. --resume goes on from
a checkpoint with its optimizers (predecay.pt, last.pt), --init from weights
alone (predecay-bf16.pt).
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from dataclasses import asdict
from pathlib import Path

import torch

from models.train import budget, checkpoint
from models.train.checkpoint import Progress
from models.train.loop import LoopOptions, Trainer
from models.train.metrics import MetricsWriter, draw, read
from models.train.model import LanguageModel
from models.train.optimizers import Optimizers
from models.train.rows import Batch, RowStream, ahead
from models.train.schedule import UNKNOWN_STEPS, Schedule
from models.train.shape import PRESETS, ModelShape, preset
from models.train.validation import Validation

REFERENCE = "medium"  # the size whose speed is measured to choose one
MEASURE_STEPS = 4
STOPPED = 3  # exit status: saved, but not at the end


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=Path, required=True, help="folder that prepare wrote")
    parser.add_argument(
        "--target", type=Path, required=True, help="folder of checkpoints and metrics"
    )
    parser.add_argument("--shape", default="auto", choices=["auto", *PRESETS])
    parser.add_argument("--reference", default=REFERENCE, choices=list(PRESETS))
    limit = parser.add_mutually_exclusive_group(required=True)
    limit.add_argument("--minutes", type=float, help="time limit of this run, compiling included")
    limit.add_argument("--steps", type=int, help="number of steps from the very first on")
    parser.add_argument(
        "--reserve", type=float, default=20, help="seconds for the last validation"
    )
    parser.add_argument("--batch-tokens", type=int, default=131072)
    parser.add_argument("--micro-rows", type=int, default=16)
    parser.add_argument("--chunk", type=int, default=128)
    parser.add_argument("--muon-rate", type=float, default=0.02)
    parser.add_argument("--adam-rate", type=float, default=0.003)
    parser.add_argument("--decay-share", type=float, default=0.4)
    parser.add_argument("--warmup", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-compile", dest="compile", action="store_false")
    parser.add_argument("--threads", type=int, default=0, help="of the CPU; 0: all")
    parser.add_argument("--validation-rows", type=int, default=16)
    parser.add_argument("--validation-minutes", type=float, default=5)
    parser.add_argument("--checkpoint-minutes", type=float, default=5)
    start = parser.add_mutually_exclusive_group()
    start.add_argument("--resume", type=Path, help="checkpoint with optimizers")
    start.add_argument("--init", type=Path, help="checkpoint whose weights to start from")
    return parser.parse_args()


def make_trainer(
    model: LanguageModel,
    progress: Progress,
    schedule: Schedule,
    args: argparse.Namespace,
    device: torch.device,
    seconds: float | None,
) -> Trainer:
    model.to(device)
    if args.compile:
        model.compile()
    options = LoopOptions(
        micro_rows=args.micro_rows,
        seconds=seconds,
        reserve=args.reserve,
        checkpoint_seconds=args.checkpoint_minutes * 60,
        validation_seconds=args.validation_minutes * 60,
    )
    optimizers = Optimizers(model, args.muon_rate, args.adam_rate)
    return Trainer(model, optimizers, progress, schedule, options, args.target)


def measure(
    shape: ModelShape, batch: Batch, args: argparse.Namespace, device: torch.device
) -> float:
    """Returns the tokens per second of a size; its first step compiles."""
    schedule = Schedule(total=MEASURE_STEPS + 1, decay_share=0.1)
    trainer = make_trainer(
        LanguageModel(shape, args.chunk), Progress(), schedule, args, device, None
    )
    for step in range(MEASURE_STEPS + 1):
        if step == 1:
            started = time.monotonic()
        trainer.train_step(batch, 0.01)
    tokens = MEASURE_STEPS * batch.tokens.shape[0] * (batch.tokens.shape[1] - 1)
    return tokens / (time.monotonic() - started)


def choose_shape(
    stream: RowStream, vocab: int, seconds: float, args: argparse.Namespace, device: torch.device
) -> ModelShape:
    begin = time.monotonic()
    reference = preset(args.reference, vocab)
    batch = next(stream.batches(max(1, args.batch_tokens // stream.row)))
    speed = measure(reference, batch, args, device)
    shapes = [(name, preset(name, vocab)) for name in PRESETS]
    left = max(1.0, seconds - (time.monotonic() - begin))
    choices = budget.rank(shapes, reference, speed, left, stream.unique_tokens, args.chunk)
    print(f"{args.reference}: {speed:.0f} tokens/s measured")
    for choice in choices:
        print(
            f"  {choice.name:7} {choice.shape.parameters() / 1e6:6.1f}M parameters "
            f"{choice.tokens / 1e6:8.2f}M tokens, predicted loss {choice.predicted_loss:.3f}",
            flush=True,
        )
    return choices[0].shape


def start_model(
    args: argparse.Namespace,
    stream: RowStream,
    device: torch.device,
    seconds: float | None,
) -> tuple[LanguageModel, Progress, dict | None]:
    if args.resume or args.init:
        model, progress, state = checkpoint.load(args.resume or args.init, args.chunk)
        if args.resume and state is None:
            raise SystemExit(f"{args.resume}: has no optimizers; use --init")
        return model, progress, state if args.resume else None
    vocab = json.loads((args.rows / "rows.json").read_text(encoding="utf-8"))["vocab"]
    if args.shape == "auto":
        if seconds is None:
            raise SystemExit("--shape auto needs --minutes")
        shape = choose_shape(stream, vocab, seconds, args, device)
    else:
        shape = preset(args.shape, vocab)
    torch.manual_seed(args.seed)
    return LanguageModel(shape, args.chunk), Progress(), None


def make_schedule(args: argparse.Namespace, progress: Progress) -> Schedule:
    warmup = 1 if args.resume else args.warmup
    if args.steps is not None:
        return Schedule(args.steps, args.decay_share, args.warmup)
    return Schedule(UNKNOWN_STEPS, args.decay_share, warmup, start=progress.step)


def main() -> int:
    args = parse_arguments()
    begin = time.monotonic()
    args.target.mkdir(parents=True, exist_ok=True)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if args.threads:
        torch.set_num_threads(args.threads)
    torch.set_float32_matmul_precision("high")
    stream = RowStream(args.rows, args.seed)
    if stream.row % args.chunk:
        raise SystemExit(
            f"rows have {stream.row} tokens, which is no multiple of --chunk {args.chunk}"
        )
    seconds = args.minutes * 60 if args.minutes is not None else None
    model, progress, state = start_model(args, stream, device, seconds)
    if seconds is not None:
        seconds -= time.monotonic() - begin
    trainer = make_trainer(model, progress, make_schedule(args, progress), args, device, seconds)
    if state is not None:
        trainer.optimizers.load_state_dict(state)
    print(
        f"{model.shape}: {model.shape.parameters() / 1e6:.2f}M parameters on {device}", flush=True
    )

    def stop(_signal: int, _frame: object) -> None:
        trainer.stopped = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    run_began = {"step": progress.step, "tokens": progress.tokens}
    rows = max(1, args.batch_tokens // stream.row)
    metrics_path = args.target / "metrics.jsonl"
    validation = Validation(args.rows, args.validation_rows, args.micro_rows)
    name = torch.cuda.get_device_name() if device.type == "cuda" else "CPU"
    progress.runs.append(
        {**run_began, "device": name, "batch_tokens": rows * stream.row, "seed": args.seed}
    )
    trainer.run(
        ahead(stream.batches(rows, progress.rows)), validation, MetricsWriter(metrics_path)
    )
    (args.target / "progress.json").write_text(
        json.dumps({"shape": asdict(model.shape), "progress": asdict(progress)}, indent=1),
        encoding="utf-8",
    )
    records = read(metrics_path)
    if sum("loss" in r for r in records) > 1:
        (args.target / "metrics.svg").write_text(draw(records), encoding="utf-8")
    if trainer.stopped:
        last = args.target / "last.pt"
        print(
            f"stopped at step {progress.step} of {trainer.schedule.total}; "
            f"go on with --resume {last}"
        )
        return STOPPED
    return 0


if __name__ == "__main__":
    sys.exit(main())
