# SPDX-License-Identifier: Apache-2.0
"""Bits per byte of plain text that did not train, per language."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import torch

from models.tokenizer.control import BOS
from models.train.model import LanguageModel


class Validation:
    def __init__(self, folder: Path, rows: int, micro_rows: int) -> None:
        """Takes up to `rows` rows of each language."""
        self._micro_rows = micro_rows
        self._rows: dict[str, np.ndarray] = {}
        self._bytes: dict[str, float] = {}
        sizes = folder / "val-bytes.json"
        all_bytes = json.loads(sizes.read_text(encoding="utf-8")) if sizes.exists() else {}
        for path in sorted(folder.glob("val-*.tokens.npy")):
            language = path.name.removeprefix("val-").removesuffix(".tokens.npy")
            tokens = np.load(path)
            self._rows[language] = tokens[:rows]
            self._bytes[language] = all_bytes[language] * min(rows, len(tokens)) / len(tokens)

    @torch.no_grad()
    def bits_per_byte(self, model: LanguageModel) -> dict[str, float]:
        device = next(model.parameters()).device
        scores: dict[str, float] = {}
        for language, rows in self._rows.items():
            nats = 0.0
            for start in range(0, len(rows), self._micro_rows):
                tokens = torch.from_numpy(
                    rows[start : start + self._micro_rows].astype(np.int64)
                ).to(device)
                targets = tokens[:, 1:]
                losses = model.losses(tokens[:, :-1], targets, eager=True)
                nats += float((losses * (targets != BOS)).sum())
            scores[language] = nats / math.log(2) / self._bytes[language]
        if scores:
            scores["mean"] = sum(scores.values()) / len(scores)
        return scores
