# SPDX-License-Identifier: Apache-2.0
"""Embeds tokens with nothing but a GGUF file and NumPy: the reference for other programs.

One token after the other through the Mamba-2 blocks, as far as the head needs them.
"""

from __future__ import annotations

import numpy as np

from models.export.embedding import from_values
from models.export.gguf_file import GgufFile
from models.tokenizer.control import BOS


def _silu(x: np.ndarray) -> np.ndarray:
    return x / (1 + np.exp(-x))


def _rms_norm(x: np.ndarray, weight: np.ndarray, eps: float) -> np.ndarray:
    return x / np.sqrt((x**2).mean(-1, keepdims=True) + eps) * weight.reshape(-1)


def _scan(
    x: np.ndarray, dt: np.ndarray, a: np.ndarray, b: np.ndarray, c: np.ndarray
) -> np.ndarray:
    """x [tokens, heads, head_dim], dt [tokens, heads], a [heads], b and c [tokens, d_state]."""
    state = np.zeros((x.shape[1], x.shape[2], b.shape[1]), np.float32)
    y = np.empty_like(x)
    for t in range(len(x)):
        inputs = dt[t, :, None, None] * x[t, :, :, None] * b[t]
        state = np.exp(dt[t] * a)[:, None, None] * state + inputs
        y[t] = state @ c[t]
    return y


def _block(file: GgufFile, layer: int, u: np.ndarray) -> np.ndarray:
    """u [tokens, d_model], from the begin of a text; returns the next u."""

    def tensor(name: str) -> np.ndarray:
        return file.tensors[f"blk.{layer}.{name}"].values

    inner = file.values["mamba2.ssm.inner_size"]
    d_state = file.values["mamba2.ssm.state_size"]
    heads = file.values["mamba2.ssm.time_step_rank"]
    eps = file.values["mamba2.attention.layer_norm_rms_epsilon"]
    projected = _rms_norm(u, tensor("attn_norm.weight"), eps) @ tensor("ssm_in.weight").T
    z, xbc, dt = np.split(projected, [inner, 2 * inner + 2 * d_state], axis=-1)
    taps = tensor("ssm_conv1d.weight")  # [channels, lags], the token itself last
    width = taps.shape[1]
    padded = np.concatenate([np.zeros((width - 1, xbc.shape[1]), np.float32), xbc])
    conv = sum(padded[lag : lag + len(u)] * taps[:, lag] for lag in range(width))
    conv = _silu(conv + tensor("ssm_conv1d.bias"))
    x, b, c = np.split(conv, [inner, inner + d_state], axis=-1)
    x = x.reshape(len(u), heads, -1)
    dt = np.logaddexp(0, dt + tensor("ssm_dt.bias"))
    y = _scan(x, dt, tensor("ssm_a").reshape(-1), b, c) + x * tensor("ssm_d").reshape(-1, 1)
    gated = _rms_norm(y.reshape(len(u), inner) * _silu(z), tensor("ssm_norm.weight"), eps)
    return u + gated @ tensor("ssm_out.weight").T


def embed(file: GgufFile, text: str) -> np.ndarray:
    """Returns the unit vector of a text."""
    table = from_values(file.values)
    if table is None:
        raise ValueError("the file has no table of terms")
    return table.encode(text)
