# SPDX-License-Identifier: Apache-2.0
"""The Mamba-2 language model: float32 parameters, products in bfloat16.

The matrices of in_proj are separate parameters here, so that the optimizer sees
each as the map it is; the export joins them in the order z, x, B, C, dt.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.tokenizer.control import BOS
from models.train.shape import ModelShape
from models.train.ssd import ssd_chunked, ssd_step

State = list[
    tuple[Tensor, Tensor]
]  # per layer: conv inputs [b, conv - 1, conv_dim], SSM [b, h, p, s]


def rms_norm(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    x = x.float()
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps) * weight


def document_age(ids: Tensor) -> tuple[Tensor, Tensor]:
    """Returns where documents begin, and for each token how many of its own
    document came before (both [b, l])."""
    reset = ids == BOS
    position = torch.arange(ids.shape[1], device=ids.device).expand_as(ids)
    begin = torch.where(reset, position, torch.zeros_like(position)).cummax(1).values
    return reset.float(), position - begin


class Block(nn.Module):
    def __init__(self, shape: ModelShape) -> None:
        super().__init__()
        self.shape = shape
        d, inner = shape.d_model, shape.d_inner
        self.norm = nn.Parameter(torch.ones(d))
        self.in_z = nn.Parameter(torch.randn(inner, d) / math.sqrt(d))
        self.in_x = nn.Parameter(torch.randn(inner, d) / math.sqrt(d))
        self.in_bc = nn.Parameter(torch.randn(2 * shape.d_state, d) / math.sqrt(d))
        self.in_dt = nn.Parameter(torch.randn(shape.heads, d) / math.sqrt(d))
        bound = 1 / math.sqrt(shape.conv)
        self.conv_weight = nn.Parameter(
            torch.empty(shape.conv_dim, shape.conv).uniform_(-bound, bound)
        )
        self.conv_bias = nn.Parameter(torch.zeros(shape.conv_dim))
        # softplus(dt_bias) is log-uniform in [0.001, 0.1]
        dt = torch.exp(torch.empty(shape.heads).uniform_(math.log(0.001), math.log(0.1)))
        self.dt_bias = nn.Parameter(dt + torch.log(-torch.expm1(-dt)))
        self.a_log = nn.Parameter(torch.log(torch.empty(shape.heads).uniform_(1, 16)))
        self.skip = nn.Parameter(torch.ones(shape.heads))
        self.gate_norm = nn.Parameter(torch.ones(inner))
        self.out = nn.Parameter(torch.randn(d, inner) / math.sqrt(inner * 2 * shape.layers))

    def in_proj(self) -> Tensor:
        return torch.cat([self.in_z, self.in_x, self.in_bc, self.in_dt])

    def _project(self, u: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
        """Returns z, what goes through the convolution, and dt before softplus."""
        x = rms_norm(u, self.norm, self.shape.eps).to(dtype)
        sizes = [self.shape.d_inner, self.shape.conv_dim, self.shape.heads]
        z, xbc, dt = F.linear(x, self.in_proj().to(dtype)).split(sizes, -1)
        return z, xbc, dt

    def _finish(self, u: Tensor, y: Tensor, z: Tensor, dtype: torch.dtype) -> Tensor:
        gated = rms_norm(y * F.silu(z.float()), self.gate_norm, self.shape.eps).to(dtype)
        return u + F.linear(gated, self.out.to(dtype)).float()

    def forward(
        self, u: Tensor, reset: Tensor, age: Tensor, chunk: int, dtype: torch.dtype
    ) -> tuple[Tensor, Tensor, Tensor]:
        """u [b, l, d_model], float32. Returns the next u and the layer's state."""
        shape = self.shape
        b, l, _ = u.shape
        z, xbc, dt = self._project(u, dtype)
        padded = F.pad(xbc, (0, 0, shape.conv - 1, 0)).float()
        conv = self.conv_bias
        for lag in range(shape.conv):
            at = shape.conv - 1 - lag
            inside = (age >= lag).unsqueeze(-1)  # a document sees nothing of the one before
            conv = conv + padded[:, at : at + l] * inside * self.conv_weight[:, at]
        x, b_in, c_out = F.silu(conv).split([shape.d_inner, shape.d_state, shape.d_state], -1)
        x = x.reshape(b, l, shape.heads, shape.head_dim)
        dt = F.softplus(dt.float() + self.dt_bias)
        y, state = ssd_chunked(x, dt, -torch.exp(self.a_log), b_in, c_out, reset, chunk, dtype)
        y = (y + x * self.skip[:, None]).reshape(b, l, shape.d_inner)
        lags = torch.arange(shape.conv - 2, -1, -1, device=u.device)
        conv_state = padded[:, l:] * (age[:, -1:] >= lags).unsqueeze(-1)
        return self._finish(u, y, z, dtype), conv_state, state

    def step(self, u: Tensor, conv_state: Tensor, state: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """One token in float32: u [b, d_model]."""
        shape = self.shape
        z, xbc, dt = self._project(u, torch.float32)
        window = torch.cat([conv_state, xbc.unsqueeze(1)], 1)
        conv = F.silu((window * self.conv_weight.t()).sum(1) + self.conv_bias)
        x, b_in, c_out = conv.split([shape.d_inner, shape.d_state, shape.d_state], -1)
        x = x.reshape(-1, shape.heads, shape.head_dim)
        dt = F.softplus(dt + self.dt_bias)
        y, state = ssd_step(state, x, dt, -torch.exp(self.a_log), b_in, c_out)
        y = (y + x * self.skip[:, None]).reshape(-1, shape.d_inner)
        return self._finish(u, y, z, torch.float32), window[:, 1:], state


# The compiler repeats a product's inputs in each of its readers unless told to
# store them early; on a CPU a block's gradient takes a sixth less time so.
CPU_FUSION = {"realize_opcount_threshold": 15, "realize_reads_threshold": 2}

BlockCall = Callable[..., tuple[Tensor, Tensor, Tensor]]


def head_loss(
    u: Tensor, norm: Tensor, embedding: Tensor, targets: Tensor, eps: float, dtype: torch.dtype
) -> Tensor:
    """Returns the cross entropy of each token, [b, l]."""
    hidden = rms_norm(u, norm, eps).to(dtype)
    logits = F.linear(hidden.flatten(0, 1), embedding.to(dtype)).float()
    return F.cross_entropy(logits, targets.flatten(), reduction="none").view_as(targets)


class LanguageModel(nn.Module):
    def __init__(self, shape: ModelShape, chunk: int = 64) -> None:
        super().__init__()
        self.shape = shape
        self.chunk = chunk
        self.embedding = nn.Parameter(torch.randn(shape.vocab, shape.d_model) * 0.02)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = nn.Parameter(torch.ones(shape.d_model))
        self._run_block: BlockCall = Block.forward
        self._run_head = head_loss

    def compile(self) -> None:  # type: ignore[override]
        """One block is compiled once and serves all layers: they are alike."""
        options = None if self.embedding.is_cuda else CPU_FUSION
        self._run_block = torch.compile(Block.forward, dynamic=False, options=options)
        self._run_head = torch.compile(head_loss, dynamic=False, options=options)

    def _blocks(
        self, ids: Tensor, dtype: torch.dtype, eager: bool = False
    ) -> tuple[Tensor, State]:
        reset, age = document_age(ids)
        run = Block.forward if eager else self._run_block
        u = F.embedding(ids, self.embedding).float()
        states: State = []
        for block in self.blocks:
            u, conv_state, state = run(block, u, reset, age, self.chunk, dtype)
            states.append((conv_state, state))
        return u, states

    def losses(
        self,
        ids: Tensor,
        targets: Tensor,
        dtype: torch.dtype = torch.bfloat16,
        eager: bool = False,
    ) -> Tensor:
        """ids [b, l] with l a multiple of the chunk; returns losses [b, l].

        `eager` avoids compiling anew for a shape that comes rarely.
        """
        u, _ = self._blocks(ids, dtype, eager)
        run_head = head_loss if eager else self._run_head
        return run_head(u, self.norm, self.embedding, targets, self.shape.eps, dtype)

    def logits(self, u: Tensor) -> Tensor:
        return F.linear(rms_norm(u, self.norm, self.shape.eps), self.embedding)

    @torch.no_grad()
    def all_logits(self, ids: Tensor) -> Tensor:
        """Logits after each token, in float32; any length."""
        padding = -ids.shape[1] % self.chunk
        u, _ = self._blocks(F.pad(ids, (0, padding)), torch.float32, eager=True)
        return self.logits(u[:, : ids.shape[1]])

    @torch.no_grad()
    def prefill(self, ids: Tensor, dtype: torch.dtype = torch.float32) -> tuple[Tensor, State]:
        """ids [b, l], l a multiple of the chunk, prompts padded on the left: <s>
        forgets what was before it. Returns the last logits and the states."""
        u, states = self._blocks(ids, dtype, eager=True)
        return self.logits(u[:, -1]), states

    @torch.no_grad()
    def step(self, ids: Tensor, states: State) -> tuple[Tensor, State]:
        u = F.embedding(ids, self.embedding)
        following: State = []
        for block, (conv_state, state) in zip(self.blocks, states):
            u, conv_state, state = block.step(u, conv_state, state)
            following.append((conv_state, state))
        return self.logits(u), following
