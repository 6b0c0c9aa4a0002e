# SPDX-License-Identifier: Apache-2.0
"""Chooses the size of the model for the time that there is.

One size is measured; the speed of the others follows from their operations a
token. Each size's loss is then predicted for the tokens that it would see, with
the scaling law of Hoffmann et al. (2022) and, for text seen several times, the
discount of Muennighoff et al. (2023). Both were fitted to natural language and
larger models: they rank sizes here, their values mean nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from models.train.shape import ModelShape

MAX_STATE_BYTES = 16 << 20
MAX_FILE_BYTES = 100 << 20
# Larger models use a GPU better, by about this power of their operations.
EFFICIENCY_POWER = 0.15
REPETITION_HALF_LIFE = 15.4


@dataclass(frozen=True)
class Choice:
    name: str
    shape: ModelShape
    tokens_per_second: float
    tokens: float
    predicted_loss: float


def effective_tokens(tokens: float, unique: float) -> float:
    """What `tokens` of which only `unique` are different are worth."""
    if tokens <= unique:
        return tokens
    repeats = tokens / unique - 1
    return unique * (1 + REPETITION_HALF_LIFE * (1 - math.exp(-repeats / REPETITION_HALF_LIFE)))


def predicted_loss(parameters: float, tokens: float) -> float:
    return 1.69 + 406.4 / parameters**0.34 + 410.7 / tokens**0.28


def fits_the_daemon(shape: ModelShape) -> bool:
    return shape.state_bytes() <= MAX_STATE_BYTES and shape.q8_0_bytes() <= MAX_FILE_BYTES


def estimate_speed(shape: ModelShape, measured: ModelShape, speed: float, chunk: int) -> float:
    ratio = shape.train_flops(chunk) / measured.train_flops(chunk)
    return speed / ratio ** (1 - EFFICIENCY_POWER)


def rank(
    shapes: Iterable[tuple[str, ModelShape]],
    measured: ModelShape,
    speed: float,
    seconds: float,
    unique: float,
    chunk: int,
) -> list[Choice]:
    """Returns the sizes that the daemon can use, the best first."""
    choices = []
    for name, shape in shapes:
        if not fits_the_daemon(shape):
            continue
        tokens_per_second = estimate_speed(shape, measured, speed, chunk)
        tokens = tokens_per_second * seconds
        loss = predicted_loss(shape.parameters(), effective_tokens(tokens, unique))
        choices.append(Choice(name, shape, tokens_per_second, tokens, loss))
    return sorted(choices, key=lambda c: c.predicted_loss)
