# SPDX-License-Identifier: Apache-2.0
"""Mamba-2's state space, as matrix products over chunks and token by token.

Per head h with state S [head_dim, d_state], at each token

    S = exp(dt * a) * S + dt * x B^T        y = S C

A chunk of Q tokens is three products: within the chunk (C B^T, masked by the
decay between two tokens, times x), what each chunk adds to the state, and what
the state before a chunk gives to its tokens. The states between chunks are a
product, too, with the matrix of decays between chunks. Decays are float32.

Where `reset` is 1 (a document's first token), the state before is forgotten.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

FORGET = 30.0  # exp(-30) = 1e-13 of a state is left


def decay_matrix(log_decay: Tensor) -> Tensor:
    """Maps cumulated log decays [..., q] to exp(c_i - c_j) [..., q, q], 0 for j > i."""
    size = log_decay.shape[-1]
    lower = torch.ones(size, size, dtype=torch.bool, device=log_decay.device).tril()
    difference = log_decay.unsqueeze(-1) - log_decay.unsqueeze(-2)
    return torch.exp(difference.masked_fill(~lower, float("-inf")))


def states_between_chunks(added: Tensor, total: Tensor) -> tuple[Tensor, Tensor]:
    """Returns the state before each chunk and after the last.

    added [b, n, s, h, p] is what each chunk adds, total [b, n, h] its log decay.
    """
    b, n, s, h, p = added.shape
    # decay[j, i]: of what chunk i added, up to before chunk j (j = n: the end).
    cumulated = F.pad(total.cumsum(1), (0, 0, 1, 0))  # [b, n + 1, h]
    difference = cumulated.unsqueeze(2) - cumulated[:, 1:].unsqueeze(1)  # [b, n + 1, n, h]
    earlier = torch.ones(n + 1, n, dtype=torch.bool, device=added.device).tril(-1)
    decay = torch.exp(difference.masked_fill(~earlier[..., None], float("-inf")))
    decay = decay.permute(0, 3, 1, 2).to(added.dtype)  # [b, h, n + 1, n]
    flat = added.permute(0, 3, 1, 2, 4).reshape(b, h, n, s * p)
    states = (decay @ flat).view(b, h, n + 1, s, p)
    return states[:, :, :-1].permute(0, 2, 3, 1, 4), states[:, :, -1]


def ssd_chunked(
    x: Tensor,
    dt: Tensor,
    a: Tensor,
    b_in: Tensor,
    c_out: Tensor,
    reset: Tensor,
    chunk: int,
    dtype: torch.dtype,
) -> tuple[Tensor, Tensor]:
    """x [b, l, h, p], dt [b, l, h] (positive), a [h] (negative), b_in and c_out
    [b, l, s], reset [b, l]; l is a multiple of `chunk`. Products are in `dtype`.

    Returns y [b, l, h, p] and the state after the last token [b, h, p, s].
    """
    b, l, h, p = x.shape
    s = b_in.shape[-1]
    n = l // chunk
    log_decay = (dt * a - FORGET * reset.unsqueeze(-1)).view(b, n, chunk, h).cumsum(2)  # float32
    scaled = (x * dt.unsqueeze(-1)).view(b, n, chunk, h, p)
    b_chunks = b_in.reshape(b, n, chunk, s).to(dtype)
    c_chunks = c_out.reshape(b, n, chunk, s).to(dtype)

    within = (c_chunks @ b_chunks.transpose(-1, -2)).unsqueeze(
        2
    )  # [b, n, 1, q, q]: heads share it
    weights = (within.float() * decay_matrix(log_decay.transpose(2, 3))).to(
        dtype
    )  # [b, n, h, q, q]
    y = weights @ scaled.transpose(2, 3).to(dtype)  # [b, n, h, q, p]

    total = log_decay[:, :, -1]  # [b, n, h]
    to_end = torch.exp(total.unsqueeze(2) - log_decay)  # [b, n, q, h]
    decayed = (scaled * to_end.unsqueeze(-1)).to(dtype).view(b, n, chunk, h * p)
    added = (b_chunks.transpose(-1, -2) @ decayed).view(b, n, s, h, p)
    before, last = states_between_chunks(added, total)

    from_state = (c_chunks @ before.reshape(b, n, s, h * p)).view(b, n, chunk, h, p)
    from_state = from_state.float() * torch.exp(log_decay).unsqueeze(-1)
    y = y.transpose(2, 3).float() + from_state
    return y.reshape(b, l, h, p), last.float().transpose(-1, -2)


def ssd_step(
    state: Tensor, x: Tensor, dt: Tensor, a: Tensor, b_in: Tensor, c_out: Tensor
) -> tuple[Tensor, Tensor]:
    """One token: state [b, h, p, s], x [b, h, p], dt [b, h], b_in, c_out [b, s]."""
    decay = torch.exp(dt * a)[..., None, None]
    state = state * decay + (dt.unsqueeze(-1) * x).unsqueeze(-1) * b_in[:, None, None, :]
    return (state * c_out[:, None, None, :]).sum(-1), state


def ssd_recurrent(
    x: Tensor, dt: Tensor, a: Tensor, b_in: Tensor, c_out: Tensor, reset: Tensor
) -> tuple[Tensor, Tensor]:
    """Token by token, the definition that the chunked form must agree with."""
    b, l, h, p = x.shape
    state = x.new_zeros(b, h, p, b_in.shape[-1])
    outputs = []
    for t in range(l):
        state = state * (1 - reset[:, t])[:, None, None, None]
        y, state = ssd_step(state, x[:, t], dt[:, t], a, b_in[:, t], c_out[:, t])
        outputs.append(y)
    return torch.stack(outputs, 1), state
