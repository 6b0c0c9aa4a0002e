# SPDX-License-Identifier: Apache-2.0
"""The sizes of models, and what each costs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ModelShape:
    """Mamba-2 blocks without MLPs, one group, tied embeddings."""

    vocab: int
    d_model: int
    layers: int
    d_state: int = 64
    head_dim: int = 64
    expand: int = 2
    conv: int = 4
    eps: float = 1e-5

    @property
    def d_inner(self) -> int:
        return self.expand * self.d_model

    @property
    def heads(self) -> int:
        return self.d_inner // self.head_dim

    @property
    def conv_dim(self) -> int:
        return self.d_inner + 2 * self.d_state

    @property
    def in_proj_rows(self) -> int:
        return self.d_inner + self.conv_dim + self.heads

    def matrix_parameters(self) -> int:
        """Parameters in the matrices of the blocks."""
        return self.layers * self.d_model * (self.in_proj_rows + self.d_inner)

    def parameters(self) -> int:
        vectors = self.conv_dim * (self.conv + 1) + 3 * self.heads + self.d_inner + self.d_model
        return (
            self.vocab * self.d_model
            + self.matrix_parameters()
            + self.layers * vectors
            + self.d_model
        )

    def state_bytes(self) -> int:
        """The recurrent state of one sequence, in float32."""
        ssm = self.d_inner * self.d_state
        return 4 * self.layers * (ssm + (self.conv - 1) * self.conv_dim)

    def q8_0_bytes(self) -> int:
        """About the size of a GGUF file: 34 bytes for 32 weights."""
        big = self.vocab * self.d_model + self.matrix_parameters()
        return big * 34 // 32 + 4 * (self.parameters() - big)

    def train_flops(self, chunk: int) -> float:
        """Floating-point operations of training on one token."""
        matrices = self.matrix_parameters() + self.vocab * self.d_model
        scan = self.layers * (
            chunk * (self.d_state + self.d_inner) + 2 * self.d_state * self.d_inner
        )
        return 6.0 * (matrices + scan)


# (d_model, layers) by name. The vocabulary comes from the tokenizer.
PRESETS = {
    "nano": (64, 2),
    "mini": (128, 4),
    "small": (256, 8),
    "base": (384, 14),
    "medium": (512, 16),
    "large": (640, 20),
    "huge": (768, 22),
}


def preset(name: str, vocab: int) -> ModelShape:
    d_model, layers = PRESETS[name]
    head_dim = 64 if d_model >= 128 else 32
    return ModelShape(vocab=vocab, d_model=d_model, layers=layers, head_dim=head_dim)
