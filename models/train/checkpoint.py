# SPDX-License-Identifier: Apache-2.0
"""Saves and loads training: whole, to resume, or weights alone, to keep."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from models.train.model import LanguageModel
from models.train.shape import ModelShape


@dataclass
class Progress:
    """Where a training is. `runs` tells how it came there, for the model card."""

    step: int = 0
    tokens: int = 0
    rows: int = 0
    seconds: float = 0.0
    runs: list[dict[str, Any]] = field(default_factory=list)


def save(
    path: Path,
    model: LanguageModel,
    progress: Progress,
    optimizers: dict[str, Any] | None = None,
    dtype: torch.dtype = torch.float32,
) -> None:
    """With the optimizers' state training can be resumed exactly."""
    weights = {name: p.detach().cpu().to(dtype) for name, p in model.state_dict().items()}
    record = {"shape": asdict(model.shape), "weights": weights, "progress": asdict(progress)}
    if optimizers is not None:
        record["optimizers"] = optimizers
    partial = path.with_suffix(".partial")
    torch.save(record, partial)
    os.replace(partial, path)


def load(path: Path, chunk: int = 64) -> tuple[LanguageModel, Progress, dict[str, Any] | None]:
    record = torch.load(path, map_location="cpu", weights_only=True)
    model = LanguageModel(ModelShape(**record["shape"]), chunk)
    model.load_state_dict({name: p.float() for name, p in record["weights"].items()})
    return model, Progress(**record["progress"]), record.get("optimizers")
