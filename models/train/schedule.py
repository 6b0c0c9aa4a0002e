# SPDX-License-Identifier: Apache-2.0
"""Warm-up, constant, linear decay to zero (WSD), over a number of steps.

The number of steps comes from a time limit and the measured speed. If the speed
falls later, the decay can be brought forward so that it still ends in time.
"""

from __future__ import annotations

from dataclasses import dataclass

UNKNOWN_STEPS = 1 << 40  # until the speed is measured


@dataclass
class Schedule:
    total: int  # steps, including those before `start`
    decay_share: float  # of the steps from `start` on
    warmup: int = 30
    start: int = 0  # the step that this run began at

    @property
    def decay_start(self) -> int:
        return self.total - self.decay_steps

    @property
    def decay_steps(self) -> int:
        return max(1, round((self.total - self.start) * self.decay_share))

    def factor(self, step: int) -> float:
        """The learning rate at 0-based `step`, as a part of the full one."""
        rising = min(1.0, (step - self.start + 1) / max(1, self.warmup))
        falling = min(1.0, max(0.0, (self.total - step) / (self.decay_steps + 1)))
        return min(rising, falling)

    def fit(self, step: int, seconds_left: float, seconds_per_step: float) -> None:
        """Sets the end by what is possible from `step` on. Once the decay has
        begun, its slope is left alone unless time would run out."""
        possible = step + max(1, int(seconds_left / seconds_per_step))
        if step < self.decay_start or possible < self.total:
            self.total = possible
