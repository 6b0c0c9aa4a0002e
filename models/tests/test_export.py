# SPDX-License-Identifier: Apache-2.0
"""Export: vocabulary reader, Q8_0, and a GGUF file read back."""

import struct
import tempfile
import unittest
from pathlib import Path

from models.export import vocabulary

try:
    import numpy as np
except ImportError as error:
    raise unittest.SkipTest("needs NumPy") from error

from models.export.gguf_file import F16, F32, Q4_0, Q8_0, GgufFile, Tensor, read_gguf, write_gguf
from models.export.mamba2 import to_gguf
from models.export.quantize import decode_q8_0, encode_q4_0, encode_q8_0, rounded
from models.tokenizer import control
from models.train.shape import ModelShape

SHAPE = ModelShape(vocab=48, d_model=32, layers=2, d_state=8, head_dim=16)


def pieces() -> list[vocabulary.Piece]:
    names = ["<unk>", "<s>", "</s>", *control.NAMED, *control.RESERVED]
    kinds = [vocabulary.UNKNOWN] + [vocabulary.CONTROL] * (len(names) - 1)
    found = [vocabulary.Piece(n, 0.0, k) for n, k in zip(names, kinds)]
    rest = range(len(found), SHAPE.vocab)
    return found + [vocabulary.Piece(f"▁p{i}", -float(i), vocabulary.NORMAL) for i in rest]


def random_weights() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    inner, conv = SHAPE.d_inner, SHAPE.conv_dim
    sizes = {
        "norm": (32,),
        "in_z": (inner, 32),
        "in_x": (inner, 32),
        "in_bc": (16, 32),
        "in_dt": (SHAPE.heads, 32),
        "conv_weight": (conv, 4),
        "conv_bias": (conv,),
        "dt_bias": (SHAPE.heads,),
        "a_log": (SHAPE.heads,),
        "skip": (SHAPE.heads,),
        "gate_norm": (inner,),
        "out": (32, inner),
    }
    weights = {f"blocks.{i}.{n}": rng.normal(size=s) for i in range(2) for n, s in sizes.items()}
    weights |= {"embedding": rng.normal(size=(48, 32)), "norm": rng.normal(size=32)}
    return {name: w.astype(np.float32) for name, w in weights.items()}


class VocabularyTest(unittest.TestCase):
    def test_reads_text_score_and_type(self) -> None:
        text = "▁if".encode()
        piece = (
            b"\x0a" + bytes([len(text)]) + text + b"\x15" + struct.pack("<f", -2.5) + b"\x18\x04"
        )
        plain = b"\x0a\x01a"
        data = (
            b"".join(b"\x0a" + bytes([len(p)]) + p for p in (piece, plain)) + b"\x12\x02\x08\x01"
        )
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "t.model"
            path.write_bytes(data)
            found = vocabulary.read_vocabulary(path)
            self.assertEqual(found[0], vocabulary.Piece("▁if", -2.5, vocabulary.USER_DEFINED))
            self.assertEqual(found[1], vocabulary.Piece("a", 0.0, vocabulary.NORMAL))
            path.write_bytes(data[:5])
            with self.assertRaisesRegex(vocabulary.VocabularyError, "t.model: no SentencePiece"):
                vocabulary.read_vocabulary(path)


class QuantizeTest(unittest.TestCase):
    def test_q8_0_is_within_half_a_step(self) -> None:
        values = np.random.default_rng(2).normal(size=(7, 64)).astype(np.float32)
        values[3] = 0
        error = np.abs(decode_q8_0(encode_q8_0(values)).reshape(7, 64) - values).reshape(-1, 32)
        step = np.abs(values).reshape(-1, 32).max(1) / 127
        self.assertTrue((error.max(1) <= step * 0.57 + 1e-6).all())  # the scale is a half float
        self.assertEqual(len(encode_q8_0(values)), 7 * 2 * 34)

    def test_q4_0_keeps_the_largest_and_is_within_a_step(self) -> None:
        values = np.random.default_rng(3).normal(size=(5, 64)).astype(np.float16)
        values = values.astype(np.float32)
        values[2] = 0
        again = rounded(values, Q4_0).reshape(-1, 32)
        blocks = values.reshape(-1, 32)
        largest = np.abs(blocks).argmax(1)[:, None]
        np.testing.assert_allclose(
            np.take_along_axis(again, largest, 1),
            np.take_along_axis(blocks, largest, 1),
            rtol=1e-3,
        )
        # The side without the largest ends at 7/8 of it.
        step = np.abs(blocks).max(1) / 8
        self.assertTrue((np.abs(again - blocks).max(1) <= step * 1.001).all())
        self.assertEqual(len(encode_q4_0(values)), 10 * 18)
        # By hand: scale 1, weight 0 in the low half of the first byte, 16 in the high.
        ramp = np.zeros(32, np.float32)
        ramp[0], ramp[16] = -8, 5
        self.assertEqual(encode_q4_0(ramp)[:4], bytes([0x00, 0x3C, 0xD0, 0x88]))

    def test_refuses_rows_that_are_no_whole_blocks(self) -> None:
        with self.assertRaisesRegex(ValueError, "multiple of 32, not 30"):
            Tensor(np.zeros((2, 30), np.float32), Q8_0)


class GgufTest(unittest.TestCase):
    def round_trip(self, file: GgufFile) -> GgufFile:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "m.gguf"
            write_gguf(path, file)
            return read_gguf(path)

    def test_a_model_reads_back_as_it_was(self) -> None:
        weights = random_weights()
        for kind, tolerance in ((F32, 0), (F16, 2e-3), (Q8_0, 2e-2), (Q4_0, 0.6)):
            file = self.round_trip(to_gguf(SHAPE, weights, pieces(), kind, "name", "what"))
            self.assertEqual(file.values["krait.fim.order"], "spm")
            self.assertEqual(file.values["krait.file_token_id"], control.FILE)
            self.assertEqual(file.values["mamba2.ssm.time_step_rank"], SHAPE.heads)
            self.assertEqual(file.values["tokenizer.ggml.tokens"], [p.text for p in pieces()])
            self.assertEqual(file.values["tokenizer.ggml.token_type"], [p.type for p in pieces()])
            in_proj = file.tensors["blk.1.ssm_in.weight"]
            self.assertEqual(in_proj.type, kind)
            expected = np.concatenate(
                [weights[f"blocks.1.in_{n}"] for n in ("z", "x", "bc", "dt")]
            )
            self.assertEqual(in_proj.values.shape, (SHAPE.in_proj_rows, SHAPE.d_model))
            self.assertLessEqual(np.abs(in_proj.values - expected).max(), tolerance)
            decay = file.tensors["blk.0.ssm_a"]
            self.assertEqual((decay.type, decay.values.shape), (F32, (SHAPE.heads, 1)))
            np.testing.assert_allclose(
                decay.values[:, 0], -np.exp(weights["blocks.0.a_log"]), rtol=1e-6
            )

    def test_a_wrong_tokenizer_is_refused(self) -> None:
        with self.assertRaisesRegex(ValueError, "47 pieces, the model 48"):
            to_gguf(SHAPE, random_weights(), pieces()[:-1], F32, "name", "what")
        swapped = pieces()
        swapped[control.FILE] = swapped[-1]
        with self.assertRaisesRegex(ValueError, r"expected '\[FILE\]'"):
            to_gguf(SHAPE, random_weights(), swapped, F32, "name", "what")


if __name__ == "__main__":
    unittest.main()
