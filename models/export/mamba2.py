# SPDX-License-Identifier: Apache-2.0
"""A Mamba-2 checkpoint as a GGUF file that krait and llama.cpp load."""

from __future__ import annotations

import numpy as np

from models.export.gguf_file import F16, F32, Q4_0, Q8_0, GgufFile, Tensor
from models.export.vocabulary import Piece
from models.tokenizer import control
from models.train.shape import ModelShape

FILE_TYPES = {F32: 0, F16: 1, Q4_0: 2, Q8_0: 7}  # general.file_type
CONTEXT_LENGTH = 1 << 20  # a recurrent state knows no limit

Weights = dict[str, np.ndarray]  # by the names of models.train.model


def header_values(shape: ModelShape, name: str, description: str, kind: int) -> dict:
    return {
        "general.architecture": "mamba2",
        "general.name": name,
        "general.description": description,
        "general.license": "apache-2.0",
        "general.tags": ["code", "fim", "text-generation"],
        "general.file_type": FILE_TYPES[kind],
        "general.quantization_version": 2,
        "mamba2.context_length": CONTEXT_LENGTH,
        "mamba2.embedding_length": shape.d_model,
        "mamba2.feed_forward_length": 0,
        "mamba2.attention.head_count": 0,
        "mamba2.block_count": shape.layers,
        "mamba2.vocab_size": shape.vocab,
        "mamba2.ssm.conv_kernel": shape.conv,
        "mamba2.ssm.inner_size": shape.d_inner,
        "mamba2.ssm.state_size": shape.d_state,
        "mamba2.ssm.time_step_rank": shape.heads,
        "mamba2.ssm.group_count": 1,
        "mamba2.attention.layer_norm_rms_epsilon": float(shape.eps),
        "krait.fim.order": "spm",
        "krait.file_token_id": control.FILE,
    }


def tokenizer_values(pieces: list[Piece]) -> dict:
    return {
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.pre": "default",
        "tokenizer.ggml.tokens": [piece.text for piece in pieces],
        "tokenizer.ggml.scores": [float(piece.score) for piece in pieces],
        "tokenizer.ggml.token_type": [piece.type for piece in pieces],
        "tokenizer.ggml.bos_token_id": control.BOS,
        "tokenizer.ggml.eos_token_id": control.EOS,
        "tokenizer.ggml.unknown_token_id": control.UNK,
        "tokenizer.ggml.add_bos_token": True,
        "tokenizer.ggml.add_eos_token": False,
        "tokenizer.ggml.add_space_prefix": False,
        "tokenizer.ggml.fim_pre_token_id": control.PREFIX,
        "tokenizer.ggml.fim_suf_token_id": control.SUFFIX,
        "tokenizer.ggml.fim_mid_token_id": control.MIDDLE,
    }


def layer_tensors(weights: Weights, layer: int, kind: int) -> dict[str, Tensor]:
    def get(name: str) -> np.ndarray:
        return weights[f"blocks.{layer}.{name}"].astype(np.float32)

    in_proj = np.concatenate([get("in_z"), get("in_x"), get("in_bc"), get("in_dt")])
    tensors = {
        "attn_norm.weight": Tensor(get("norm")),
        "ssm_in.weight": Tensor(in_proj, kind),
        "ssm_conv1d.weight": Tensor(get("conv_weight")),
        "ssm_conv1d.bias": Tensor(get("conv_bias")),
        "ssm_dt.bias": Tensor(get("dt_bias")),
        "ssm_a": Tensor(-np.exp(get("a_log")).reshape(-1, 1)),
        "ssm_d": Tensor(get("skip").reshape(-1, 1)),
        "ssm_norm.weight": Tensor(get("gate_norm").reshape(1, -1)),
        "ssm_out.weight": Tensor(get("out"), kind),
    }
    return {f"blk.{layer}.{name}": tensor for name, tensor in tensors.items()}


def to_gguf(
    shape: ModelShape,
    weights: Weights,
    pieces: list[Piece],
    kind: int,
    name: str,
    description: str,
) -> GgufFile:
    """Large matrices get the type `kind`, small tensors stay F32."""
    if len(pieces) != shape.vocab:
        raise ValueError(f"the tokenizer has {len(pieces)} pieces, the model {shape.vocab}")
    expected = {f"[{n}]": i for n, i in (("PREFIX", control.PREFIX), ("FILE", control.FILE))}
    for text, piece_id in expected.items():
        if pieces[piece_id].text != text:
            raise ValueError(f"piece {piece_id} is {pieces[piece_id].text!r}, expected {text!r}")
    tensors = {
        "token_embd.weight": Tensor(weights["embedding"].astype(np.float32), kind),
        "output_norm.weight": Tensor(weights["norm"].astype(np.float32)),
    }
    for layer in range(shape.layers):
        tensors |= layer_tensors(weights, layer, kind)
    values = header_values(shape, name, description, kind) | tokenizer_values(pieces)
    return GgufFile(values, tensors)
