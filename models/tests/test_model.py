# SPDX-License-Identifier: Apache-2.0
"""The network: chunked equals recurrent, documents do not see each other."""

import unittest

try:
    import torch
except ImportError as error:
    raise unittest.SkipTest("needs PyTorch") from error

from models.tokenizer.control import BOS
from models.train.model import LanguageModel
from models.train.shape import ModelShape, preset
from models.train.ssd import ssd_chunked, ssd_recurrent

torch.set_num_threads(1)  # more only wait for each other at these sizes

SHAPE = ModelShape(vocab=64, d_model=32, layers=2, d_state=8, head_dim=16)


def random_model() -> LanguageModel:
    torch.manual_seed(0)
    model = LanguageModel(SHAPE, chunk=8)
    for parameter in model.parameters():  # nothing stays at its neutral start
        parameter.data += 0.05 * torch.randn_like(parameter)
    return model


class SsdTest(unittest.TestCase):
    def inputs(self, resets: list[int]) -> tuple:
        generator = torch.Generator().manual_seed(1)

        def normal(*size: int) -> torch.Tensor:
            return torch.randn(*size, generator=generator)

        reset = torch.zeros(2, 64)
        reset[:, resets] = 1
        dt = torch.nn.functional.softplus(normal(2, 64, 3) - 2)
        a = -torch.rand(3, generator=generator) * 15 - 1
        return normal(2, 64, 3, 4), dt, a, normal(2, 64, 8), normal(2, 64, 8), reset

    def test_chunked_equals_recurrent_for_every_chunk_size(self) -> None:
        for resets in ([0], [0, 5, 16, 17, 40]):
            arguments = self.inputs(resets)
            expected, expected_state = ssd_recurrent(*arguments)
            for chunk in (1, 4, 16, 64):
                y, state = ssd_chunked(*arguments, chunk, torch.float32)
                torch.testing.assert_close(y, expected, rtol=1e-4, atol=2e-5)
                torch.testing.assert_close(state, expected_state, rtol=1e-4, atol=2e-5)

    def test_gradients_agree_too(self) -> None:
        arguments = self.inputs([0, 20])
        gradients = []
        for run in (lambda *v: ssd_recurrent(*v), lambda *v: ssd_chunked(*v, 16, torch.float32)):
            leaves = [v.clone().requires_grad_() for v in arguments[:5]]
            (run(*leaves, arguments[5])[0] ** 2).sum().backward()
            gradients.append([leaf.grad for leaf in leaves])
        for one, other in zip(*gradients):
            torch.testing.assert_close(one, other, rtol=2e-3, atol=2e-3)


class ModelTest(unittest.TestCase):
    def test_counts_its_parameters(self) -> None:
        for shape in (SHAPE, preset("small", 8192)):
            count = sum(p.numel() for p in LanguageModel(shape).parameters())
            self.assertEqual(shape.parameters(), count)

    def test_steps_equal_the_parallel_form(self) -> None:
        model = random_model()
        ids = torch.randint(10, 64, (1, 21))
        ids[0, 0] = BOS
        expected = model.all_logits(ids)
        padded = torch.nn.functional.pad(ids[:, :11], (5, 0), value=7)
        logits, states = model.prefill(padded)
        torch.testing.assert_close(logits, expected[:, 10], rtol=1e-4, atol=1e-4)
        for position in range(11, 21):
            logits, states = model.step(ids[:, position], states)
            torch.testing.assert_close(logits, expected[:, position], rtol=1e-4, atol=1e-4)

    def test_a_document_does_not_see_the_one_before(self) -> None:
        model = random_model()
        first = torch.randint(10, 64, (1, 13))
        second = torch.randint(10, 64, (1, 11))
        first[0, 0] = second[0, 0] = BOS
        together = model.all_logits(torch.cat([first, second], 1))[:, 13:]
        torch.testing.assert_close(together, model.all_logits(second), rtol=1e-4, atol=1e-4)

    def test_a_prompt_of_one_token_has_an_empty_past(self) -> None:
        model = random_model()
        ids = torch.tensor([[BOS]])
        logits, states = model.prefill(torch.tensor([[9] * 7 + [BOS]]))
        torch.testing.assert_close(logits, model.all_logits(ids)[:, 0], rtol=1e-4, atol=1e-4)
        self.assertEqual(float(states[0][0][:, :2].abs().sum()), 0.0)


if __name__ == "__main__":
    unittest.main()
