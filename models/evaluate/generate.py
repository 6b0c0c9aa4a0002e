# SPDX-License-Identifier: Apache-2.0
"""Greedy generation in PyTorch, many prompts at a time, for evaluation."""

from __future__ import annotations

from collections.abc import Callable

import torch

from models.train.model import LanguageModel

Stop = Callable[[list[int]], bool]


def left_padded(prompts: list[list[int]], chunk: int) -> torch.Tensor:
    """Pads on the left: each prompt's <s> forgets what is before it."""
    length = -(-max(map(len, prompts)) // chunk) * chunk
    ids = torch.zeros(len(prompts), length, dtype=torch.long)
    for row, prompt in zip(ids, prompts):
        row[length - len(prompt) :] = torch.tensor(prompt)
    return ids


def greedy(
    model: LanguageModel, prompts: list[list[int]], limit: int, stop: Stop
) -> list[list[int]]:
    """Returns up to `limit` new tokens for each prompt, up to and with the one
    after which `stop` says so."""
    device = next(model.parameters()).device
    logits, states = model.prefill(left_padded(prompts, model.chunk).to(device))
    out: list[list[int]] = [[] for _ in prompts]
    alive = list(range(len(prompts)))
    for count in range(limit):
        chosen = logits.argmax(-1).tolist()
        keep = []
        for position, (row, token) in enumerate(zip(alive, chosen)):
            out[row].append(token)
            if not stop(out[row]):
                keep.append(position)
        if not keep or count + 1 == limit:
            break
        if len(keep) < len(alive):
            states = [(conv[keep], ssm[keep]) for conv, ssm in states]
            chosen = [chosen[k] for k in keep]
            alive = [alive[k] for k in keep]
        logits, states = model.step(torch.tensor(chosen, device=device), states)
    return out
