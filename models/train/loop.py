# SPDX-License-Identifier: Apache-2.0
"""The training loop: steps until the schedule's end, within a time limit."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
import torch

from models.train import checkpoint
from models.train.checkpoint import Progress
from models.train.metrics import MetricsWriter
from models.train.model import LanguageModel
from models.train.optimizers import Optimizers
from models.train.rows import Batch
from models.train.schedule import UNKNOWN_STEPS, Schedule
from models.train.validation import Validation

MAX_BAD_STEPS = 20
MEASURED_STEPS = 8  # before the first estimate of the speed
REFIT_STEPS = 25


@dataclass(frozen=True)
class LoopOptions:
    micro_rows: int  # rows of one pass through the network
    seconds: float | None  # time limit; None: the schedule's steps alone
    reserve: float  # seconds to keep for the last validation and saving
    checkpoint_seconds: float
    validation_seconds: float
    middle_weight: int = 4


@dataclass
class StepResult:
    loss: float
    middle_loss: float
    norm: float
    finite: bool


class Trainer:
    """Owns model, optimizers and progress of one run."""

    def __init__(
        self,
        model: LanguageModel,
        optimizers: Optimizers,
        progress: Progress,
        schedule: Schedule,
        options: LoopOptions,
        target: Path,
    ) -> None:
        self.model, self.optimizers, self.progress = model, optimizers, progress
        self.schedule, self.options, self.target = schedule, options, target
        self.stopped = False  # set by a signal: save and end
        self._device = next(model.parameters()).device
        self._micro_rows = options.micro_rows
        self._durations: deque[float] = deque(maxlen=100)
        self._bad_steps = 0

    def _to_device(self, array: np.ndarray) -> torch.Tensor:
        tensor = torch.from_numpy(array)
        if self._device.type == "cuda":
            tensor = tensor.pin_memory()
        return tensor.to(self._device, non_blocking=True)

    def train_step(self, batch: Batch, factor: float) -> StepResult:
        """One update; passes get smaller if the device's memory is too small."""
        while True:
            try:
                return self._update(batch, factor)
            except torch.OutOfMemoryError:
                if self._micro_rows == 1:
                    raise
                self._micro_rows //= 2
                self._clear_gradients()
                torch.cuda.empty_cache()
                print(f"out of memory: {self._micro_rows} rows a pass from here on", flush=True)

    def _clear_gradients(self) -> None:
        for parameter in self.model.parameters():
            parameter.grad = None

    def _update(self, batch: Batch, factor: float) -> StepResult:
        """The loss is the weighted mean over the whole batch."""
        tokens = self._to_device(batch.tokens.astype(np.int64))
        weights = self._to_device(batch.weights.astype(np.float32))
        total = weights[:, 1:].sum()
        loss_sum = torch.zeros((), device=self._device)
        middle_sum, middle_count = torch.zeros_like(loss_sum), torch.zeros_like(loss_sum)
        for start in range(0, len(tokens), self._micro_rows):
            part = slice(start, start + self._micro_rows)
            weight = weights[part, 1:]
            losses = self.model.losses(tokens[part, :-1], tokens[part, 1:])
            loss = (losses * weight).sum() / total
            loss.backward()
            with torch.no_grad():
                loss_sum += loss
                middle = weight == self.options.middle_weight
                middle_sum += (losses * middle).sum()
                middle_count += middle.sum()
        value = float(loss_sum)
        finite = value == value and abs(value) != float("inf")
        norm = float(self.optimizers.step(factor)) if finite else float("nan")
        self._clear_gradients()
        return StepResult(value, float(middle_sum / middle_count.clamp(min=1)), norm, finite)

    def _count_bad(self, result: StepResult) -> None:
        self._bad_steps = 0 if result.finite else self._bad_steps + 1
        if self._bad_steps >= MAX_BAD_STEPS:
            raise RuntimeError(
                f"{MAX_BAD_STEPS} steps without a finite loss: lower the learning rates"
            )

    def save(self, name: str) -> None:
        state = self.optimizers.state_dict()
        checkpoint.save(self.target / f"{name}.pt", self.model, self.progress, state)

    def _save_before_decay(self) -> None:
        """Training can go on from here another day, whole or from bf16 weights."""
        self.save("predecay")
        path = self.target / "predecay-bf16.pt"
        checkpoint.save(path, self.model, self.progress, dtype=torch.bfloat16)
        print(
            f"before the decay: step {self.progress.step}, {self.progress.tokens} tokens",
            flush=True,
        )

    def _fit_schedule(self, left: float) -> None:
        """Sets the number of steps by the speed measured so far."""
        done = len(self._durations)
        if done == MEASURED_STEPS or (
            done > MEASURED_STEPS and self.progress.step % REFIT_STEPS == 0
        ):
            self.schedule.fit(
                self.progress.step, left - self.options.reserve, median(self._durations)
            )

    def _report(
        self, result: StepResult, factor: float, speed: float, metrics: MetricsWriter
    ) -> None:
        progress = self.progress
        metrics.write(
            {
                "step": progress.step,
                "tokens": progress.tokens,
                "seconds": progress.seconds,
                "loss": result.loss,
                "middle_loss": result.middle_loss,
                "rate": factor,
                "norm": result.norm,
                "tokens_per_second": speed,
            }
        )
        if progress.step % 10 == 0:
            total = self.schedule.total if self.schedule.total < UNKNOWN_STEPS else "?"
            print(
                f"step {progress.step}/{total} {progress.tokens / 1e6:.2f}M tokens "
                f"loss {result.loss:.3f} middle {result.middle_loss:.3f} rate {factor:.3f} "
                f"{speed:.0f} tokens/s",
                flush=True,
            )

    def validate(self, validation: Validation, metrics: MetricsWriter) -> None:
        scores = validation.bits_per_byte(self.model)
        metrics.write(
            {"step": self.progress.step, "tokens": self.progress.tokens, "bits_per_byte": scores}
        )
        print("bits per byte " + " ".join(f"{k} {v:.3f}" for k, v in scores.items()), flush=True)

    def run(
        self, batches: Iterator[Batch], validation: Validation, metrics: MetricsWriter
    ) -> None:
        progress, options = self.progress, self.options
        begin = last_save = last_validation = time.monotonic()
        before = progress.seconds
        decaying = progress.step > self.schedule.decay_start
        while progress.step < self.schedule.total and not self.stopped:
            if not decaying and progress.step >= self.schedule.decay_start:
                self._save_before_decay()
                decaying = True
            started = time.monotonic()
            batch = next(batches)
            factor = self.schedule.factor(progress.step)
            result = self.train_step(batch, factor)
            self._count_bad(result)
            now = time.monotonic()
            if progress.step > self.schedule.start:  # the first step compiles
                self._durations.append(now - started)
            progress.step += 1
            progress.rows += len(batch.tokens)
            progress.tokens += batch.tokens.shape[0] * (batch.tokens.shape[1] - 1)
            progress.seconds = before + now - begin
            speed = batch.tokens.shape[0] * (batch.tokens.shape[1] - 1) / (now - started)
            self._report(result, factor, speed, metrics)
            if options.seconds is not None:
                self._fit_schedule(options.seconds - (now - begin))
            if now - last_save > options.checkpoint_seconds:
                self.save("last")
                last_save = time.monotonic()
            if now - last_validation > options.validation_seconds:
                self.validate(validation, metrics)
                last_validation = time.monotonic()
        self.save("last")
        if not self.stopped:
            self.validate(validation, metrics)
            checkpoint.save(self.target / "final.pt", self.model, progress)
            checkpoint.save(
                self.target / "final-bf16.pt", self.model, progress, dtype=torch.bfloat16
            )
