#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A real model that nobody here trained, SmolLM2-135M-Instruct as a Q4_1 GGUF:
loads, reads and writes tokens, says what llama.cpp says, chats, and completes.
`./dev test-real` fetches it and runs this.

    real_model_test.py KRAIT MODEL.gguf
"""

import json
import math
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / 'tests' / 'daemon'))
from lsp_client import Client, Places  # noqa: E402  pylint: disable=wrong-import-position

KRAIT, MODEL = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
CONTROLS = 17  # the vocabulary's first tokens; llama.cpp was told not to end
# Both multiply 4-bit weights with 8-bit activations, each with its own order
# of sums and its own scales of activations. Where krait's best token is not
# llama.cpp's, it is so little better that this decides: seen are 626 of 640
# steps alike, and a difference of at most 0.29 in the logits of the others.
MARGIN = 0.6
LEAST_EQUAL = 0.95


def krait(*arguments, stdin=b'', code=0):
    done = subprocess.run([KRAIT, *arguments], input=stdin, capture_output=True, timeout=600,
                          check=False)
    if done.returncode != code:
        raise AssertionError('%s: %s' % (arguments, done))
    return done.stdout


def sources():
    """Texts of the repository itself."""
    for pattern in ('**/*.cc', '**/*.h', '**/*.py', '**/*.lua', '**/*.ts', '**/*.md'):
        for path in sorted(ROOT.glob(pattern)):
            inside = path.relative_to(ROOT).parts
            if inside[0] != 'build' and 'node_modules' not in inside:
                yield path


def read_logits(path):
    """Returns an .npy file's rows of float32."""
    data = pathlib.Path(path).read_bytes()
    length = struct.unpack('<H', data[8:10])[0]
    rows, columns = eval(data[10:10 + length])['shape']  # pylint: disable=eval-used
    values = memoryview(data)[10 + length:].cast('f')
    return [values[row * columns:(row + 1) * columns] for row in range(rows)]


class RealModelTest(unittest.TestCase):
    def test_loads_and_is_in_order(self):
        info = json.loads(krait('model', 'info', MODEL, '--json'))
        self.assertEqual(info['architecture'], 'llama')
        krait('model', 'verify', MODEL)

    def test_tokens_of_all_sources_and_back(self):
        texts = [path.read_bytes() for path in sources()]
        text = b''.join(texts)
        tokens = krait('debug', 'tokens', '--model', MODEL, stdin=text)
        back = krait('debug', 'tokens', '--model', MODEL, '--decode', stdin=tokens)
        # Not in the message: they are megabytes.
        self.assertTrue(back == text, 'the texts come back changed')
        self.assertGreater(len(texts), 500)

    def test_continues_as_llama_cpp_does(self):
        golden = json.loads((pathlib.Path(__file__).parent / 'greedy.json').read_text('utf-8'))
        steps = equal = 0
        worst = 0.0
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, 'logits.npy')
            for case in golden['cases']:
                fed = case['ids'] + case['tokens'][:-1]
                krait('debug', 'logits', '--model', MODEL, '--ids', ','.join(map(str, fed)),
                      '--out', out)
                rows = read_logits(out)[len(case['ids']) - 1:]
                self.assertEqual(len(rows), len(case['tokens']))
                for row, token in zip(rows, case['tokens']):
                    best = max(row[CONTROLS:])
                    self.assertTrue(math.isfinite(best))
                    steps += 1
                    equal += row[token] == best
                    worst = max(worst, best - row[token])
        print('%d of %d steps equal llama.cpp\'s; in the others krait\'s best is %.3f better '
              'at most' % (equal, steps, worst))
        self.assertEqual(steps, 640)
        self.assertGreaterEqual(equal, LEAST_EQUAL * steps)
        self.assertLess(worst, MARGIN)

    def test_tokens_are_llama_cpps(self):
        golden = json.loads((pathlib.Path(__file__).parent / 'greedy.json').read_text('utf-8'))
        compared = 0
        for case in golden['cases']:
            if '<|' in case['prompt']:
                continue  # control tokens, which text never becomes
            ids = json.loads(krait('debug', 'tokens', '--model', MODEL,
                                   stdin=case['prompt'].encode()))['ids']
            self.assertEqual(ids, case['ids'], case['prompt'])
            compared += 1
        self.assertEqual(compared, 16)

    def test_chat_answers_a_question(self):
        answers = krait('chat', '--model', MODEL, '--greedy', '--system',
                        'You are a helpful assistant.', '--max-tokens', '64',
                        stdin=b'What is the capital of France?\n').decode()
        self.assertIn('Paris', answers)

    def test_chat_remembers(self):
        answers = krait('chat', '--model', MODEL, '--greedy', '--system',
                        'You are a helpful assistant.', '--max-tokens', '50',
                        stdin=b'I have a dog called Rex.\nWhat is the name of my dog?\n').decode()
        self.assertIn('Rex', answers.splitlines()[-1])

    def complete(self, text, line, column):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'a.py')
            pathlib.Path(path).write_text(text, 'utf-8')
            place = '%s:%d:%d' % (path, line, column)
            return json.loads(krait('complete', place, '--model', MODEL, '--json',
                                    '--min-confidence', '-inf'))['completion']

    def test_completes_code(self):
        self.assertIn('a + b', self.complete('def add(a, b):\n    return ', 2, 12))
        # At a line's begin: the model has newline and indentation as one token.
        self.assertRegex(self.complete('def add(a, b):\n', 2, 1), '^ +[a-z]')
        text = 'import os\n\nfor name in os.listdir(path):\n    print('
        self.assertIn('name', self.complete(text, 4, 11))


class WarmTest(unittest.TestCase):
    """What is typed key by key gets what the whole text gets."""

    URI = 'file:///project/a.py'
    BEFORE = 'def area(width, height):\n    return width * height\n\n\ndef volume(width, height, depth):\n'
    TYPED = '    return area('

    def setUp(self):
        self.places = Places()
        self.addCleanup(self.places.remove)

    def client(self):
        client = Client([KRAIT, 'lsp', '--no-daemon', '--model', MODEL, '--min-confidence', '-inf'],
                        self.places.env)
        self.addCleanup(client.close)
        client.initialize()
        return client

    def ask(self, client):
        line = self.BEFORE.count('\n')
        return [item['insertText'] for item in client.inline(self.URI, line, len(self.TYPED))]

    def test_warm_equals_cold(self):
        warm = self.client()
        warm.open(self.URI, self.BEFORE)
        line = self.BEFORE.count('\n')
        for column, letter in enumerate(self.TYPED):
            warm.insert(self.URI, column + 2, line, column, letter)
            warm.inline(self.URI, line, column + 1)
        cold = self.client()
        cold.open(self.URI, self.BEFORE + self.TYPED)
        completions = self.ask(warm)
        self.assertTrue(completions)
        self.assertEqual(completions, self.ask(cold))


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1], verbosity=2)
