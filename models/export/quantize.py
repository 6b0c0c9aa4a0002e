# SPDX-License-Identifier: Apache-2.0
"""The tensor types that are exported: F32, F16, Q8_0."""

from __future__ import annotations

import numpy as np

F32, F16, Q8_0 = 0, 1, 8
BLOCK = 32  # weights of a Q8_0 block: a half-float scale, then as many int8
BLOCK_BYTES = 2 + BLOCK


def encoded_size(count: int, kind: int) -> int:
    if kind == Q8_0:
        return count // BLOCK * BLOCK_BYTES
    return count * {F32: 4, F16: 2}[kind]


def encode_q8_0(values: np.ndarray) -> bytes:
    blocks = values.astype(np.float32).reshape(-1, BLOCK)
    scales = np.abs(blocks).max(1, keepdims=True) / 127.0
    inverse = np.divide(1.0, scales, out=np.zeros_like(scales), where=scales > 0)
    # Halves round away from zero, as C's roundf does.
    scaled = blocks * inverse
    quants = np.trunc(scaled + np.copysign(0.5, scaled)).astype(np.int8)
    out = np.empty((len(blocks), BLOCK_BYTES), np.uint8)
    out[:, :2] = scales.astype(np.float16).view(np.uint8)
    out[:, 2:] = quants.view(np.uint8)
    return out.tobytes()


def decode_q8_0(data: bytes) -> np.ndarray:
    blocks = np.frombuffer(data, np.uint8).reshape(-1, BLOCK_BYTES)
    scales = blocks[:, :2].copy().view(np.float16).astype(np.float32)
    return (blocks[:, 2:].view(np.int8) * scales).reshape(-1)


def encode(values: np.ndarray, kind: int) -> bytes:
    if kind == Q8_0:
        return encode_q8_0(values)
    return np.ascontiguousarray(values, {F32: "<f4", F16: "<f2"}[kind]).tobytes()


def decode(data: bytes, kind: int) -> np.ndarray:
    if kind == Q8_0:
        return decode_q8_0(data)
    return np.frombuffer(data, {F32: "<f4", F16: "<f2"}[kind]).astype(np.float32)
