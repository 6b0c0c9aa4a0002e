# SPDX-License-Identifier: Apache-2.0
"""Muon for the blocks' matrices, AdamW for everything else.

Muon makes the update of a matrix nearly orthogonal by a few steps of a
Newton-Schulz iteration. Matrices of one shape are stacked, so that all layers
are done by a few batched products.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import torch
from torch import Tensor, nn

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
NEWTON_SCHULZ_STEPS = 5


def orthogonalize(matrices: Tensor) -> Tensor:
    """matrices [n, r, c]; returns them with singular values near 1, in bfloat16."""
    a, b, c = NEWTON_SCHULZ
    x = matrices.bfloat16()
    tall = x.shape[1] > x.shape[2]
    if tall:
        x = x.mT
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(NEWTON_SCHULZ_STEPS):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.mT if tall else x


class Muon:
    """Nesterov momentum, orthogonalised."""

    def __init__(self, parameters: list[nn.Parameter], momentum: float, decay: float) -> None:
        by_shape: dict[tuple[int, ...], list[nn.Parameter]] = defaultdict(list)
        for parameter in parameters:
            by_shape[tuple(parameter.shape)].append(parameter)
        self._groups = list(by_shape.values())
        self._momenta = [
            torch.zeros(len(g), *g[0].shape, device=g[0].device) for g in self._groups
        ]
        self._momentum = momentum
        self._decay = decay

    @torch.no_grad()
    def step(self, rate: float) -> None:
        for group, momentum in zip(self._groups, self._momenta):
            gradient = torch.stack([p.grad for p in group if p.grad is not None])
            momentum.lerp_(gradient, 1 - self._momentum)
            update = orthogonalize(gradient.lerp(momentum, self._momentum)).float()
            rows, columns = group[0].shape
            scale = rate * max(1.0, rows / columns) ** 0.5
            torch._foreach_mul_(group, 1 - rate * self._decay)
            torch._foreach_add_(group, list(update.unbind()), alpha=-scale)

    def state_dict(self) -> list[Tensor]:
        return self._momenta

    def load_state_dict(self, state: list[Tensor]) -> None:
        for mine, theirs in zip(self._momenta, state, strict=True):
            mine.copy_(theirs)


def is_matrix_of_block(name: str) -> bool:
    return name.rpartition(".")[2] in ("in_z", "in_x", "in_bc", "out")


class Optimizers:
    """Both, behind one learning rate: a factor of each one's own."""

    def __init__(self, model: nn.Module, muon_rate: float, adam_rate: float) -> None:
        self._muon_rate, self._adam_rate = muon_rate, adam_rate
        named = list(model.named_parameters())
        self._muon = Muon(
            [p for n, p in named if is_matrix_of_block(n)], momentum=0.95, decay=0.05
        )
        embedding = [p for n, p in named if n == "embedding"]
        self._others = [p for n, p in named if not is_matrix_of_block(n)]
        vectors = [p for n, p in named if not is_matrix_of_block(n) and n != "embedding"]
        self._adam = torch.optim.AdamW(
            [
                {"params": embedding, "weight_decay": 0.01},
                {"params": vectors, "weight_decay": 0.0},
            ],
            lr=adam_rate,
            betas=(0.9, 0.95),
            eps=1e-9,
            fused=embedding[0].is_cuda,
        )

    def step(self, factor: float) -> Tensor:
        """Updates all; returns the gradient norm of AdamW's parameters."""
        norm = nn.utils.clip_grad_norm_(self._others, 1.0)
        self._muon.step(self._muon_rate * factor)
        for group in self._adam.param_groups:
            group["lr"] = self._adam_rate * factor
        self._adam.step()
        return norm

    def state_dict(self) -> dict[str, Any]:
        return {"muon": self._muon.state_dict(), "adam": self._adam.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._muon.load_state_dict(state["muon"])
        self._adam.load_state_dict(state["adam"])
