# SPDX-License-Identifier: Apache-2.0
"""The tensor types that are exported: F32, F16, Q8_0, Q4_0."""

from __future__ import annotations

import numpy as np

F32, F16, Q4_0, Q8_0 = 0, 1, 2, 8
BLOCK = 32  # weights of a Q8_0 or Q4_0 block: a half-float scale, then integers
BLOCK_BYTES = {Q8_0: 2 + BLOCK, Q4_0: 2 + BLOCK // 2}


def encoded_size(count: int, kind: int) -> int:
    if kind in BLOCK_BYTES:
        return count // BLOCK * BLOCK_BYTES[kind]
    return count * {F32: 4, F16: 2}[kind]


def _inverse(scales: np.ndarray) -> np.ndarray:
    return np.divide(1.0, scales, out=np.zeros_like(scales), where=scales != 0)


def _blocks(scales: np.ndarray, quants: np.ndarray) -> bytes:
    """Joins half-float scales and bytes, block by block."""
    return np.hstack([scales.astype(np.float16).view(np.uint8), quants]).tobytes()


def encode_q8_0(values: np.ndarray) -> bytes:
    blocks = values.astype(np.float32).reshape(-1, BLOCK)
    scales = np.abs(blocks).max(1, keepdims=True) / 127.0
    # Halves round away from zero, as C's roundf does.
    scaled = blocks * _inverse(scales)
    quants = np.trunc(scaled + np.copysign(0.5, scaled)).astype(np.int8)
    return _blocks(scales, quants.view(np.uint8))


def decode_q8_0(data: bytes) -> np.ndarray:
    blocks = np.frombuffer(data, np.uint8).reshape(-1, BLOCK_BYTES[Q8_0])
    scales = blocks[:, :2].copy().view(np.float16).astype(np.float32)
    return (blocks[:, 2:].view(np.int8) * scales).reshape(-1)


def encode_q4_0(values: np.ndarray) -> bytes:
    """Each weight is scale * (q - 8), q in 0..15. The largest, with its sign, is
    -8, so that it is exact. A byte holds weights i (low half) and i + 16."""
    blocks = values.astype(np.float32).reshape(-1, BLOCK)
    largest = np.take_along_axis(blocks, np.abs(blocks).argmax(1)[:, None], 1)
    scales = largest / -8.0
    quants = np.minimum(15, (blocks * _inverse(scales) + 8.5).astype(np.uint8))
    half = BLOCK // 2
    return _blocks(scales, quants[:, :half] | quants[:, half:] << 4)


def decode_q4_0(data: bytes) -> np.ndarray:
    blocks = np.frombuffer(data, np.uint8).reshape(-1, BLOCK_BYTES[Q4_0])
    scales = blocks[:, :2].copy().view(np.float16).astype(np.float32)
    quants = np.hstack([blocks[:, 2:] & 15, blocks[:, 2:] >> 4]).astype(np.int8) - 8
    return (quants * scales).reshape(-1)


def encode(values: np.ndarray, kind: int) -> bytes:
    if kind == Q8_0:
        return encode_q8_0(values)
    if kind == Q4_0:
        return encode_q4_0(values)
    return np.ascontiguousarray(values, {F32: "<f4", F16: "<f2"}[kind]).tobytes()


def decode(data: bytes, kind: int) -> np.ndarray:
    if kind == Q8_0:
        return decode_q8_0(data)
    if kind == Q4_0:
        return decode_q4_0(data)
    return np.frombuffer(data, {F32: "<f4", F16: "<f2"}[kind]).astype(np.float32)


def rounded(values: np.ndarray, kind: int) -> np.ndarray:
    """What is left of float32 `values` in that type."""
    return decode(encode(values, kind), kind).reshape(values.shape)
