# SPDX-License-Identifier: Apache-2.0
"""Embedding: pooled states, training, and the NumPy reference against PyTorch."""

import tempfile
import unittest
from pathlib import Path

try:
    import numpy as np
    import torch
except ImportError as error:
    raise unittest.SkipTest("needs PyTorch and NumPy") from error

from models.embed.features import pooled, token_weights
from models.embed.head import Head
from models.embed.train import TrainingOptions, train
from models.export import vocabulary
from models.export.embedding import to_values
from models.export.gguf_file import F32, read_gguf, write_gguf
from models.export.mamba2 import to_gguf
from models.export.reference import embed
from models.tokenizer import control
from models.train.model import LanguageModel
from models.train.shape import ModelShape

torch.set_num_threads(1)  # more only wait for each other at these sizes

SHAPE = ModelShape(vocab=48, d_model=32, layers=3, d_state=8, head_dim=16)
LAYERS = (0, 2, 3)
TEXTS = [[20, 21, 22], [30] * 9, [17, 40, 41, 42, 43], [47]]


def random_model() -> LanguageModel:
    torch.manual_seed(5)
    model = LanguageModel(SHAPE, chunk=8)
    with torch.no_grad():
        model.embedding.normal_()
        for block in model.blocks:
            block.norm.uniform_(0.5, 1.5)
            block.gate_norm.uniform_(0.5, 1.5)
            block.conv_bias.normal_()
    return model


def pieces() -> list[vocabulary.Piece]:
    names = ["<unk>", "<s>", "</s>", *control.NAMED, *control.RESERVED]
    names += [f"p{i}" for i in range(len(names), SHAPE.vocab)]
    return [vocabulary.Piece(name, 0.0, vocabulary.NORMAL) for name in names]


class FeaturesTest(unittest.TestCase):
    def test_rare_tokens_tell_more_and_control_tokens_nothing(self) -> None:
        weights = token_weights(TEXTS + [[30, 31]], SHAPE.vocab)
        self.assertGreater(weights[31], weights[30])
        self.assertGreater(weights[44], weights[31])  # of no text
        self.assertEqual(float(weights[: control.CONTROL_END].max()), 0)

    def test_texts_in_one_row_do_not_see_each_other(self) -> None:
        model, weights = random_model(), token_weights(TEXTS, SHAPE.vocab)
        together = pooled(model, TEXTS, LAYERS, weights, row=24)
        self.assertEqual(together.shape, (4, 3, 32))
        for number, text in enumerate(TEXTS):
            alone = pooled(model, [text], LAYERS, weights, row=16)
            np.testing.assert_allclose(alone[0], together[number], atol=2e-3)

    def test_the_model_stays_as_it_was(self) -> None:
        model = random_model()
        before = {name: p.clone() for name, p in model.state_dict().items()}
        pooled(model, TEXTS, LAYERS, token_weights(TEXTS, SHAPE.vocab), row=24)
        for name, p in model.state_dict().items():
            self.assertTrue(torch.equal(p, before[name]), name)


class TrainingTest(unittest.TestCase):
    def run_training(self, seed: int) -> tuple[np.ndarray, list[dict[str, float]]]:
        """Both texts of a pair share a signal under noise in other directions."""
        rng = np.random.default_rng(7)
        signal = rng.normal(size=(256, 1, 32)) * (np.arange(32) < 6)
        texts = [signal + rng.normal(size=(256, 1, 32)) * (np.arange(32) >= 6) for _ in range(2)]
        options = TrainingOptions(dimension=6, steps=80, batch=64, rate=2e-2, warmup=5, seed=seed)
        return train(texts[0].astype(np.float16), texts[1].astype(np.float16), options)

    def test_learns_what_pairs_have_in_common(self) -> None:
        weight, metrics = self.run_training(1)
        self.assertEqual(weight.shape, (6, 32))
        self.assertLess(metrics[-1]["loss"], 0.2 * metrics[0]["loss"])
        self.assertGreater(np.abs(weight[:, :6]).mean(), 3 * np.abs(weight[:, 6:]).mean())

    def test_the_seed_decides(self) -> None:
        first, _ = self.run_training(1)
        np.testing.assert_array_equal(first, self.run_training(1)[0])
        self.assertGreater(float(np.abs(first - self.run_training(2)[0]).max()), 0.01)


class ReferenceTest(unittest.TestCase):
    def test_numpy_from_gguf_gives_the_vectors_of_pytorch(self) -> None:
        model = random_model()
        weights = token_weights(TEXTS, SHAPE.vocab)
        matrix = np.random.default_rng(2).normal(size=(16, len(LAYERS) * 32)).astype(np.float32)
        head = Head(LAYERS, 7, weights, matrix)  # TEXTS[1] is longer
        file = to_gguf(
            SHAPE,
            {name: p.detach().numpy() for name, p in model.state_dict().items()},
            pieces(),
            F32,
            "name",
            "what",
        )
        file.values |= to_values(head)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "m.gguf"
            write_gguf(path, file)
            found = read_gguf(path)
        cut = [text[: head.max_tokens] for text in TEXTS]
        expected = head.project(pooled(model, cut, LAYERS, weights, row=24))
        for number, text in enumerate(TEXTS):
            vector = embed(found, text)
            self.assertEqual(vector.shape, (16,))
            # Pooled states are kept as half floats.
            np.testing.assert_allclose(vector, expected[number], atol=2e-3)

    def test_a_file_without_head_is_refused(self) -> None:
        model = random_model()
        weights = {name: p.detach().numpy() for name, p in model.state_dict().items()}
        with self.assertRaisesRegex(ValueError, "no embedding head"):
            embed(to_gguf(SHAPE, weights, pieces(), F32, "name", "what"), [20])


if __name__ == "__main__":
    unittest.main()
