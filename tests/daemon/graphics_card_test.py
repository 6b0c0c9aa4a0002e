# SPDX-License-Identifier: Apache-2.0
"""End to end: a model on a graphics card, or on the processor where that does not go.

    graphics_card_test.py KRAIT SOURCE_DIR

The card is Mesa's lavapipe, which the processor plays (Debian: mesa-vulkan-drivers).
"""

import json
import os
import sys

from daemon_case import main
from http_case import HttpCase

SOURCE = sys.argv[2]
with open(os.path.join(SOURCE, 'models', 'default'), encoding='utf-8') as name:
    DEFAULT_MODEL = os.path.join(SOURCE, 'models', name.read().strip())
LLAMA = os.path.join(SOURCE, 'tests', 'data', 'models', 'llama-tiny', 'gguf', 'model-f16.gguf')
MIXTRAL = os.path.join(SOURCE, 'tests', 'data', 'models', 'mixtral-kq', 'gguf',
                       'model-Q4_K_M.gguf')
ON_PROCESSOR = 'the processor runs the model, not a graphics card: '


class GraphicsCardTest(HttpCase):
    def setUp(self):
        super().setUp()
        self.file = os.path.join(self.places.config, 'a.py')
        os.makedirs(self.places.config, exist_ok=True)
        self.places.env['XDG_CACHE_HOME'] = self.places.config
        with open(self.file, 'w', encoding='utf-8') as file:
            file.write('def add(first, second):\n    return \n')

    def bench(self, device, *options, model=LLAMA):
        return self.run_krait('bench', 'decode', '--model', model, '--device', device,
                              '--tokens', '4', '--repetitions', '1', '--json', *options)

    def runs_on(self, *options, **model):
        done = self.bench(*options, **model)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)['device']

    def offload(self, *options):
        done = self.run_krait('doctor', '--json', '--model', LLAMA, *options)
        return [check['found'] for check in json.loads(done.stdout)['checks']
                if check['check'] == 'offload']

    def complete(self, *options):
        done = self.run_krait('complete', self.file + ':2:12', '--json', '--model', DEFAULT_MODEL,
                              *options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)['completion'], done.stderr

    def cards(self):
        done = self.run_krait('doctor', '--json', '--model', DEFAULT_MODEL)
        return [check['found'] for check in json.loads(done.stdout)['checks']
                if check['check'] in ('card', 'cards')]

    def need_lavapipe(self):
        if not any('llvmpipe' in card for card in self.cards()):
            self.skipTest(f'there is no lavapipe: {self.cards()}')

    def without_driver(self):
        for variable in ('VK_DRIVER_FILES', 'VK_ICD_FILENAMES'):
            self.places.env[variable] = '/nonexistent.json'

    def test_doctor_lists_cards_with_what_they_have(self):
        self.need_lavapipe()
        card = next(card for card in self.cards() if 'llvmpipe' in card)
        self.assertRegex(card, r'^\d+ llvmpipe .*\(cpu, \d.* [MG]i?B; Vulkan 1\.\d+\.\d+, '
                               r'llvmpipe .*; subgroups of \d+, fp16')

    def test_a_model_runs_there(self):
        self.need_lavapipe()
        done = self.bench('llvmpipe')
        self.assertEqual(done.returncode, 0, done.stderr)
        report = json.loads(done.stdout)
        self.assertIn('llvmpipe', report['device'])
        self.assertGreater(report['tokens_per_second']['median'], 0)
        # What the card's memory can do, which is measured in the same run.
        self.assertAlmostEqual(report['fraction_of_memory_bandwidth'],
                               report['gb_per_second'] / report['memory_gb_per_second'])
        # Of a part of a model no share is known.
        done = self.bench('llvmpipe', '--gpu-layers', '1')
        self.assertNotIn('fraction_of_memory_bandwidth', json.loads(done.stdout))

    def test_a_card_that_is_not_there_is_told(self):
        done = self.bench('voodoo')
        self.assertEqual(done.returncode, 2, done)
        self.assertRegex(done.stderr, "^krait: (no device is 'voodoo'|Vulkan).*\\n$")
        done = self.run_krait('complete', self.file + ':2:12', '--device', 'voodoo')
        self.assertEqual(done.returncode, 2, done)
        self.assertNotIn(ON_PROCESSOR, done.stderr)

    def test_a_part_of_the_model_runs_there(self):
        self.need_lavapipe()
        self.assertRegex(self.runs_on('llvmpipe', '--gpu-layers', '1'),
                         '^the first 1 of 3 layers on llvmpipe')
        self.assertEqual(self.runs_on('llvmpipe', '--gpu-layers', '0'), 'cpu')
        self.assertRegex(self.runs_on('llvmpipe', '--gpu-layers', 'all'), '^llvmpipe')
        self.assertRegex(self.runs_on('llvmpipe,llvmpipe', '--gpu-layers', 'all'),
                         '^the first 2 of 3 layers on llvmpipe.*, the next 1 on llvmpipe')
        self.assertIn(', experts on the processor',
                      self.runs_on('llvmpipe', '--gpu-experts', 'cpu', model=MIXTRAL))
        done = self.bench('llvmpipe', '--gpu-layers', 'most')
        self.assertEqual(done.returncode, 2)
        self.assertIn('expected auto', done.stderr)

    def test_doctor_says_what_would_run_there(self):
        self.need_lavapipe()
        self.assertRegex(self.offload('--device', 'llvmpipe')[0],
                         r'^all 3 layers on llvmpipe.*\(.* of weights\)$')
        self.assertRegex(self.offload('--device', 'llvmpipe', '--gpu-layers', '2')[0],
                         '^the first 2 of 3 layers on llvmpipe.*, 1 on the processor$')
        # Of what is no graphics card nothing is proposed.
        self.assertEqual(self.offload(), [])

    def test_without_a_driver_the_processor_runs_it(self):
        expected, _ = self.complete()
        self.without_driver()
        self.assertEqual(self.bench('auto').returncode, 2)
        completion, said = self.complete('--device', 'auto')
        self.assertEqual(completion, expected)
        self.assertIn(ON_PROCESSOR, said)
        self.assertTrue(self.cards()[0].startswith('none'), self.cards())

    def test_the_setting_has_the_default_model_run_there(self):
        self.need_lavapipe()
        self.config('[gpu]\ndevice = "llvmpipe"\n')
        _, said = self.complete()
        self.assertNotIn(ON_PROCESSOR, said)

    def test_probabilities_are_those_of_all_logits(self):
        """Of greedy answers the card's list of the largest logits comes back; who samples from
        all tokens gets all. At so low a temperature both choose the same."""
        self.need_lavapipe()
        self.config('[completion]\nfile_memory = false\n')
        self.serve('--model', DEFAULT_MODEL, '--device', 'llvmpipe')
        answers = [self.post('/v1/completions', {
            'prompt': 'def add(first, second):\n    return ', 'max_tokens': 8, 'logprobs': 5,
            'seed': 1, **sampling})['choices'][0]
            for sampling in ({'temperature': 0}, {'temperature': 1e-6, 'top_k': 0},
                             {'temperature': 1e-6, 'top_k': 40})]
        expected = answers[1]['logprobs']
        self.assertEqual(len(expected['tokens']), 8)
        for answer in answers:
            told = answer['logprobs']
            self.assertEqual(told['tokens'], expected['tokens'])
            for found, right in zip(told['token_logprobs'], expected['token_logprobs']):
                self.assertAlmostEqual(found, right, delta=1e-4)
            for found, right in zip(told['top_logprobs'], expected['top_logprobs']):
                self.assertEqual(list(found), list(right))
                self.assertEqual(len(found), 5)
                for token, logprob in found.items():
                    self.assertAlmostEqual(logprob, right[token], delta=1e-4)


if __name__ == '__main__':
    main()
