# SPDX-License-Identifier: Apache-2.0
"""The frozen model's view of texts: hidden states pooled to one vector a layer.

The model does not change, so this is computed once, and the head trains on it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F

from models.embed.head import EPSILON
from models.tokenizer.control import BOS, CONTROL_END, EOS
from models.train.model import Block, LanguageModel, document_age
from models.train.packing import pack


def token_weights(texts: Sequence[list[int]], vocab: int) -> np.ndarray:
    """Returns how much a token tells, [vocab]: its inverse document frequency
    among the texts; control tokens tell nothing."""
    frequency = np.zeros(vocab)
    for ids in texts:
        frequency[list(set(ids))] += 1
    weights = np.log(1 + (len(texts) + 0.5) / (frequency + 0.5))
    weights[:CONTROL_END] = 0
    return weights.astype(np.float32)


@torch.no_grad()
def _row_states(model: LanguageModel, ids: torch.Tensor, layers: Sequence[int]) -> torch.Tensor:
    """ids [b, l]; returns [b, l, layers, d_model], each of root mean square 1."""
    reset, age = document_age(ids)
    u = F.embedding(ids, model.embedding).float()
    found = []
    for layer in range(max(layers) + 1):
        if layer in layers:
            found.append(u * torch.rsqrt(u.pow(2).mean(-1, keepdim=True) + EPSILON))
        if layer < max(layers):
            block = model.blocks[layer]
            u, _, _ = Block.forward(block, u, reset, age, model.chunk, torch.float32)
    return torch.stack(found, 2)


def _fill(
    texts: Sequence[list[int]], rows: list[list[int]], row: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Returns ids [b, row], and the number of the text that each is of."""
    ids = np.full((len(rows), row), EOS, np.int64)
    owner = np.zeros((len(rows), row), np.int64)  # of padding any: its weight is 0
    for number, members in enumerate(rows):
        at = 0
        for member in members:
            text = [BOS, *texts[member]]
            ids[number, at : at + len(text)] = text
            owner[number, at : at + len(text)] = member
            at += len(text)
    return torch.from_numpy(ids), torch.from_numpy(owner)


@torch.no_grad()
def pooled(
    model: LanguageModel,
    texts: Sequence[list[int]],
    layers: Sequence[int],
    weights: np.ndarray,
    row: int = 512,
    batch: int = 8,
) -> np.ndarray:
    """Returns float16 [texts, layers, d_model]: the weighted means of the states.

    Texts are packed into rows without padding: <s> forgets what was before it.
    """
    device = model.embedding.device
    token_weight = torch.from_numpy(weights).to(device)
    total = torch.zeros(len(texts), len(layers), model.shape.d_model, device=device)
    weight = torch.zeros(len(texts), device=device)
    rows = pack([len(ids) + 1 for ids in texts], row)
    begin = last = time.monotonic()
    for start in range(0, len(rows), batch):
        ids, owner = (x.to(device) for x in _fill(texts, rows[start : start + batch], row))
        share = token_weight[ids].flatten()
        states = _row_states(model, ids, layers).flatten(0, 1) * share[:, None, None]
        total.index_add_(0, owner.flatten(), states)
        weight.index_add_(0, owner.flatten(), share)
        if time.monotonic() - last > 20:
            last = time.monotonic()
            speed = (start + len(ids)) * row / (last - begin)
            print(f"  {start + len(ids)} of {len(rows)} rows, {speed:.0f} tokens/s", flush=True)
    return (total / weight.clamp(min=EPSILON)[:, None, None]).half().cpu().numpy()
