# SPDX-License-Identifier: Apache-2.0
"""Trains the head's matrix: comment and function of a pair come close, others apart.

Symmetric InfoNCE: each comment has to pick its function among those of the
batch, each function its comment. The temperature is learned.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

FIRST_SCALE, LAST_SCALE = 20.0, 100.0  # 1 / temperature


@dataclass(frozen=True)
class TrainingOptions:
    dimension: int = 128
    steps: int = 1500
    batch: int = 1024
    rate: float = 2e-3
    decay: float = 1e-2
    warmup: int = 50
    seed: int = 1


def info_nce(docs: torch.Tensor, codes: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
    """docs and codes are unit vectors [batch, dimension], pair by pair."""
    logits = scale * docs @ codes.T
    answers = torch.arange(len(docs), device=docs.device)
    return (F.cross_entropy(logits, answers) + F.cross_entropy(logits.T, answers)) / 2


def train(
    docs: np.ndarray, codes: np.ndarray, options: TrainingOptions, device: str = "cpu"
) -> tuple[np.ndarray, list[dict[str, float]]]:
    """docs and codes: pooled states [pairs, layers, d_model].

    Returns the matrix, float32 [dimension, layers * d_model], and the metrics.
    """
    generator = torch.Generator().manual_seed(options.seed)
    texts = [torch.from_numpy(x).flatten(1).to(device) for x in (docs, codes)]
    width = texts[0].shape[1]
    weight = torch.randn(options.dimension, width, generator=generator) / math.sqrt(width)
    weight = weight.to(device).requires_grad_()
    log_scale = torch.tensor(math.log(FIRST_SCALE), device=device, requires_grad=True)
    optimizer = torch.optim.AdamW(
        [{"params": [weight]}, {"params": [log_scale], "weight_decay": 0.0}],
        lr=options.rate,
        weight_decay=options.decay,
    )
    batch = min(options.batch, len(docs))
    metrics: list[dict[str, float]] = []
    order = torch.randperm(len(docs), generator=generator)
    at = 0
    for step in range(options.steps):
        if at + batch > len(order):
            order, at = torch.randperm(len(docs), generator=generator), 0
        chosen = order[at : at + batch].to(device)
        at += batch
        rate = min(1.0, (step + 1) / options.warmup) * (1 - step / options.steps)
        for group in optimizer.param_groups:
            group["lr"] = options.rate * rate
        vectors = [F.normalize(F.linear(x[chosen].float(), weight), dim=1) for x in texts]
        scale = log_scale.exp().clamp(max=LAST_SCALE)
        loss = info_nce(vectors[0], vectors[1], scale)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 100 == 0 or step == options.steps - 1:
            metrics.append({"step": step, "loss": loss.item(), "scale": scale.item()})
    return weight.detach().cpu().numpy(), metrics
