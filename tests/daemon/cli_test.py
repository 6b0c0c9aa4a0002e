# SPDX-License-Identifier: Apache-2.0
"""End to end: the command line of the real `krait` with the default model.

    cli_test.py KRAIT SOURCE_DIR
"""

import glob
import json
import os
import struct
import subprocess
import sys
import tempfile
import unittest

KRAIT, SOURCE = sys.argv[1], sys.argv[2]
with open(os.path.join(SOURCE, 'models', 'default'), encoding='utf-8') as name:
    MODEL = os.path.join(SOURCE, 'models', name.read().strip())
DATA = os.path.join(SOURCE, 'tests', 'data')
COMMANDS = (['complete'], ['chat'], ['lsp'], ['model', 'info'], ['model', 'list'], ['model', 'verify'],
             ['model', 'quantize'], ['model', 'get'], ['model', 'add'], ['model', 'remove'], ['setup'],
            ['doctor'], ['eval', 'fim'], ['eval', 'text'], ['bench', 'decode'], ['bench', 'prefill'],
            ['debug', 'tokens'], ['debug', 'logits'], ['debug', 'generate'], ['daemon'], ['status'],
            ['stop'], ['config'], ['log'], ['index'], ['search'], ['ask'], ['eval', 'retrieval'], ['eval', 'ask'])


def krait(*arguments, **options):
    env = dict(os.environ)
    env.pop('KRAIT_MODEL', None)
    env.update(options.pop('env', {}))
    return subprocess.run([KRAIT, *arguments], capture_output=True, timeout=200, env=env,
                          check=False, **options)


def read_npy(path):
    with open(path, 'rb') as file:
        data = file.read()
    length = struct.unpack('<H', data[8:10])[0]
    header = eval(data[10:10 + length])  # pylint: disable=eval-used
    count = (len(data) - 10 - length) // 4
    return header['shape'], struct.unpack('<%df' % count, data[10 + length:])


class CliTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.dir = directory.name

    def write(self, name, text):
        path = os.path.join(self.dir, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'wb') as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        return path

    def json(self, *arguments, **options):
        done = krait(*arguments, **options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def refused(self, *arguments, message, **options):
        done = krait(*arguments, **options)
        self.assertEqual(done.returncode, 2, (arguments, done))
        self.assertTrue(done.stderr.startswith(b'krait: '), done.stderr)
        self.assertIn(message, done.stderr.decode())

    def test_help_everywhere(self):
        for command in ([], *COMMANDS):
            done = krait(*command, '--help')
            self.assertEqual(done.returncode, 0, command)
            self.assertIn(b'--help', done.stdout)
            self.assertTrue(done.stdout.decode().replace('\n', '').isprintable(), command)
        self.assertIn(b'auto|line|block', krait('complete', '--help').stdout)

    def test_version(self):
        for option in ('--version', '-V'):
            done = krait(option)
            self.assertEqual(done.returncode, 0)
            self.assertRegex(done.stdout.decode(), r'^krait \d+\.\d+\.\d+\n$')

    def test_mistakes_are_named(self):
        self.refused(message='ubcommand')
        self.refused('nonsense', message='nonsense')
        self.refused('model', 'nonsense', message='nonsense')
        self.refused('complete', message='place')
        self.refused('complete', 'a.py', message='FILE:LINE:COL')
        self.refused('complete', 'a.py:1:1', '--threads', 'x', message='--threads')
        self.refused('complete', '/no/such.py:1:1', message='/no/such.py')
        path = self.write('a.py', 'ab\n')
        self.refused('complete', path + ':9:1', message='line 9')
        self.refused('complete', path + ':1:4', message='column 4')
        self.refused('complete', path + ':1:1', '--model', '/no.gguf', message='/no.gguf')
        self.refused('complete', path + ':1:1', '--model', 'nope', message='"nope"')
        self.refused('complete', self.dir + ':1:1', message='directory')

    def test_what_was_meant_is_named(self):
        for words, message in (
                (('complete', 'a.py:1:1', '--modle', 'x'), 'unknown option: --modle; did you mean --model?'),
                (('complete', '--max-token=3', 'a.py:1:1'),
                 'unknown option: --max-token; did you mean --max-tokens?'),
                (('complte', 'a.py:1:1'), 'unknown command: complte; did you mean complete?'),
                (('model', 'lst'), 'unknown command: lst; did you mean list?'),
                (('--versoin',), 'unknown option: --versoin; did you mean --version?'),
                (('complete', 'a.py:1:1', 'b.py:1:1'), 'unexpected argument: b.py:1:1'),
                (('complete', 'a.py:1:1', '--extent', 'word'),
                 '--extent: expected auto, line or block, got "word"'),
                (('eval', 'fim', 'x', '--extent', ''), 'expected auto, line or block, got ""')):
            self.refused(*words, message=message)
        for extent in ('auto', 'line', 'block'):
            path = self.write('a.py', 'x = 1\n')
            self.json('complete', path + ':2:1', '--json', '--extent', extent)

    def test_what_is_no_text_is_not_completed(self):
        self.refused('complete', self.write('a.out', b'\x7fELF\0\1') + ':1:1',
                     message='expected text in UTF-8, found a zero byte')
        self.refused('complete', self.write('a.py', 'x\nname = "\xe4"\n'.encode('latin1')) + ':1:1',
                     message='a.py:2: expected text in UTF-8, found the byte 0xe4')

    def test_complete_in_place(self):
        path = self.write('a:b.py', 'def f(x):\n    return \n\nprint(f(1))\n')
        result = self.json('complete', path + ':2:12', '--json')
        self.assertTrue(result['completion'].strip())
        self.assertEqual(result['plan'], 'spm')
        self.assertGreater(result['tokens_generated'], 0)
        self.assertEqual(result['stop'], 'line_end')
        self.assertIn(result['extent'], ('line', 'block'))
        self.assertIn(result['syntax'], ('grammar', 'none'))
        self.assertLess(result['mean_logprob'], 0)
        self.assertIsNone(result['suppressed_by'])
        done = krait('complete', path + ':2:12')
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.stdout.decode(),
                         'def f(x):\n    return ' + result['completion'] + '\n\nprint(f(1))\n')
        self.assertNotIn(b'\x1b', done.stdout)

    def test_complete_shows_nothing_that_the_model_is_unsure_of(self):
        path = self.write('a.py', 'def f(x):\n    return \n')
        result = self.json('complete', path + ':2:12', '--json', '--min-confidence', '0')
        self.assertEqual(result['completion'], '')
        self.assertRegex(result['suppressed_by'], r'low confidence \(.* log-probability -\d')
        done = krait('complete', path + ':2:12', '--min-confidence', '0')
        self.assertIn(b'no completion: low confidence', done.stderr)
        for wrong in ('1', 'x', 'nan'):
            self.refused('complete', path + ':1:1', '--min-confidence=' + wrong,
                         message='expected a number up to 0')

    def test_complete_is_deterministic_and_bounded(self):
        path = self.write('a.c', 'int main(void) {\n  \n}\n')
        runs = [self.json('complete', path + ':2:3', '--json', '--max-tokens', '5')
                for _ in range(2)]
        self.assertEqual(runs[0]['completion'], runs[1]['completion'])
        self.assertLessEqual(runs[0]['tokens_generated'], 5)
        drawn = [self.json('complete', path + ':2:3', '--json', '--temperature', '1.0',
                           '--top-k', '50', '--seed', '7')['completion'] for _ in range(2)]
        self.assertEqual(drawn[0], drawn[1])

    def test_complete_an_empty_file(self):
        path = self.write('empty.py', '')
        self.json('complete', path + ':1:1', '--json')

    def test_model_info_and_list(self):
        info = self.json('model', 'info', '--json')
        self.assertEqual(info['path'], MODEL)
        self.assertEqual(info['architecture'], 'mamba2')
        self.assertEqual(info['quantisation'], 'Q8_0')
        self.assertEqual(info['fim'], 'spm')
        self.assertGreater(info['parameters'], 5_000_000)
        self.assertEqual(info['shape']['vocab'], 8192)
        self.assertEqual(krait('model', 'info', MODEL).returncode, 0)
        names = [m['name'] for m in self.json('model', 'list', '--json') if m['default']]
        self.assertEqual(names, [os.path.basename(MODEL).removesuffix('.gguf')])

    def test_model_verify(self):
        self.assertTrue(self.json('model', 'verify', MODEL, '--json')['ok'])
        broken = os.path.join(DATA, 'malformed', 'gguf', 'weights-one-nan.gguf')
        self.refused('model', 'verify', broken, message='weights-one-nan.gguf')
        self.refused('model', 'verify', self.write('x.gguf', 'GGUF'), message='x.gguf')

    def test_model_quantize(self):
        out = os.path.join(self.dir, 'small.gguf')
        made = self.json('model', 'quantize', MODEL, out, '--type', 'q4_k', '--json')
        self.assertLess(made['relative_error'], 0.09)
        self.assertLess(os.path.getsize(out), 0.75 * os.path.getsize(MODEL))
        self.assertTrue(self.json('model', 'verify', out, '--json')['ok'])
        path = self.write('a.py', 'def f(x):\n    ret')
        self.json('complete', path + ':2:8', '--model', out, '--json')
        self.refused('model', 'quantize', MODEL, out, '--type', 'q9', message='q4_k')
        self.refused('model', 'quantize', out, out, message='another file')
        self.refused('model', 'quantize', path, out + '2', message='not a GGUF file')
        self.assertEqual(sorted(os.listdir(self.dir)), ['a.py', 'small.gguf'])

    def test_tokens_there_and_back(self):
        for text in (b'def f(x):\n\treturn  x\n', 'ä€\U0001F600 [SUFFIX]</s>'.encode(), b''):
            ids = self.json('debug', 'tokens', '--model', MODEL, input=text)['ids']
            back = krait('debug', 'tokens', '--model', MODEL, '--decode',
                         input=json.dumps({'ids': ids}).encode())
            self.assertEqual(back.stdout, text)
            plain = krait('debug', 'tokens', '--model', MODEL, '--decode',
                          input=' '.join(map(str, ids)).encode())
            self.assertEqual(plain.stdout, text)
        self.refused('debug', 'tokens', '--decode', input=b'1 x', message='"x"')

    def test_tokens_of_a_fim_prompt(self):
        prefix, suffix = self.write('p', 'def f('), self.write('s', '):\n')
        ids = self.json('debug', 'tokens', '--fim', prefix, suffix)['ids']
        self.assertEqual(ids[:2], [1, 7])  # <s>[SUFFIX]
        self.assertIn(5, ids)              # [PREFIX]

    def test_logits_and_generate(self):
        out, state = os.path.join(self.dir, 'l.npy'), os.path.join(self.dir, 'state')
        done = krait('debug', 'logits', '--ids', '1,100,200', '--out', out, '--state-out', state)
        self.assertEqual(done.returncode, 0, done.stderr)
        shape, values = read_npy(out)
        self.assertEqual(shape, (3, 8192))
        self.assertIn('layer.0.ssm_state.npy', os.listdir(state))
        last = values[2 * 8192:]
        ids = self.json('debug', 'generate', '--ids', '1,100,200', '-n', '4')['ids']
        self.assertEqual(len(ids), 4)
        self.assertEqual(ids[0], max(range(8192), key=last.__getitem__))
        self.refused('debug', 'logits', '--ids', '9999999', '--out', out, message='9999999')
        self.refused('debug', 'generate', '--ids', '', message='--ids')

    def test_eval_fim(self):
        case = {'language': 'python', 'prefix': 'x = 1\nprint(', 'suffix': ')\n', 'middle': 'x'}
        cases = self.write('c.jsonl', json.dumps(case) + '\n' + json.dumps(
            {'prompt': 'import ', 'suffix': '\n', 'canonical_solution': 'os\n'}) + '\n')
        result = self.json('eval', 'fim', cases, '--json')
        self.assertEqual(result['cases'], 2)
        self.assertEqual(result['languages']['python']['cases'], 2)
        self.assertGreaterEqual(result['edit_similarity'], result['exact_match'])
        self.assertEqual(self.json('eval', 'fim', cases, '--json', '--limit', '1')['cases'], 1)
        self.refused('eval', 'fim', self.write('b.jsonl', '{}\n'), message='b.jsonl:1')
        for layout in ('spm', 'psm', 'anchored-psm', 'emulated', 'prefix'):
            self.assertEqual(self.json('eval', 'fim', cases, '--json', '--layout', layout)['cases'],
                             2, layout)
        self.refused('eval', 'fim', cases, '--layout', 'msp', message='anchored-psm')
        found = os.path.join(self.dir, 'found.jsonl')
        self.json('eval', 'fim', cases, '--json', '--completions', found)
        with open(found, encoding='utf-8') as lines:
            rows = [json.loads(line) for line in lines]
        self.assertEqual([set(row) for row in rows], [{'task_id', 'completion'}] * 2)
        self.refused('eval', 'fim', cases, '--completions', self.dir,
                     message='cannot write ' + self.dir)

    def test_eval_fim_calibrates(self):
        cases = self.write('c.jsonl', json.dumps(
            {'language': 'python', 'prefix': 'x = 1\nprint(', 'suffix': '\n', 'middle': 'x)'}) + '\n')
        result = self.json('eval', 'fim', cases, '--json', '--calibrate')
        self.assertIn('reliability', result)
        calibration = result['calibration']
        self.assertEqual(calibration['right_share'], 0.4)
        # One case is too little to choose by.
        self.assertIsNone(calibration['keys'])
        self.assertGreater(len(calibration['choices']), 3)

    def test_eval_shown(self):
        file = self.write('a.py', ''.join(f'def f{i}(a):\n    return g(a, {i})\n' for i in range(30)))
        script = self.write('script', '#!/bin/sh\necho "$1" | sort\n')
        result = self.json('eval', 'shown', file, script, '--places', '6', '--json')
        self.assertEqual(result['languages']['python']['places'], 6)
        self.assertEqual(result['languages']['shell']['places'], 6)
        self.assertLessEqual(result['shown'], 12)
        thresholds = result['by_threshold']
        self.assertEqual([row['shown'] for row in thresholds],
                         sorted(row['shown'] for row in thresholds))
        for row in thresholds:
            self.assertLessEqual(row['right_to_end'], row['right'])
        again = self.json('eval', 'shown', file, script, '--places', '6', '--json')
        self.assertEqual(again, result)
        found = os.path.join(self.dir, 'found.jsonl')
        self.json('eval', 'shown', file, '--places', '3', '--calibrate', '--json',
                  '--completions', found)
        with open(found, encoding='utf-8') as lines:
            rows = [json.loads(line) for line in lines]
        self.assertEqual(len(rows), 3)
        self.assertTrue(all(row['said'] for row in rows))
        text = krait('eval', 'shown', file, '--places', '3').stdout.decode()
        self.assertIn('first word %', text)
        self.refused('eval', 'shown', self.write('b.py', b'\xff\xfe'), message='expected UTF-8')
        self.refused('eval', 'shown', file, '--right', '2', message='--right')

    def test_enough_of_what_is_shown_is_right(self):
        """In krait's own sources, which the default model was not trained on."""
        files = [path for place in (('lsp', '*.cc'), ('editors', 'vscode', 'src', '*.ts'),
                                    ('tests', 'daemon', '*.py'))
                 for path in sorted(glob.glob(os.path.join(SOURCE, *place)))]
        result = self.json('eval', 'shown', *files, '--places', '60', '--prefix-tokens', '512',
                           '--suffix-tokens', '128', '--json')
        self.assertEqual(result['places'], 180)
        self.assertGreater(result['shown_share'], 0.2)
        # What is promised; about 50 % are found.
        self.assertGreaterEqual(result['right'], 0.4)

    def test_complete_asks_by_hand_or_automatically(self):
        path = self.write('a.sql', 'select a\nfrom \n')
        by_hand = self.json('complete', path + ':2:6', '--json')
        self.assertNotEqual(by_hand['completion'], '')
        automatic = self.json('complete', path + ':2:6', '--json', '--automatic')
        self.assertEqual(automatic['completion'], '')
        self.assertIn('this model does not know sql', automatic['suppressed_by'])
        self.write('krait/config.toml', '[completion]\nlanguages = { sql = true }\n')
        wanted = self.json('complete', path + ':2:6', '--json', '--automatic',
                           env={'XDG_CONFIG_HOME': self.dir})
        self.assertNotIn('does not know', wanted['suppressed_by'] or '')

    def test_eval_text(self):
        texts = self.write('texts.jsonl', ''.join(
            json.dumps({'language': language, 'text': text}) + '\n'
            for language, text in (('python', 'import os\n' * 20), ('c', '{\u00e9}'))))
        result = self.json('eval', 'text', texts, '--json', '--text-bytes', '100')
        self.assertEqual(result['languages']['python']['bytes'], 100)
        self.assertEqual(result['languages']['c']['bytes'], 4)
        self.assertLess(result['languages']['python']['bits_per_byte'],
                        result['languages']['c']['bits_per_byte'])
        cut = self.json('eval', 'text', texts, '--json', '--text-bytes', '2')
        self.assertEqual(cut['languages']['c']['bytes'], 1)
        self.refused('eval', 'text', self.write('t.jsonl', '{"text": 1}\n'),
                     message='t.jsonl:1: language: expected a string')

    def test_bench(self):
        result = self.json('bench', 'decode', '--json', '--tokens', '8', '--repetitions', '1')
        self.assertGreater(result['tokens_per_second']['median'], 0)
        self.assertGreater(result['memory_gb_per_second'], 0)
        self.assertGreater(result['weight_bytes_per_token'], 5_000_000)
        result = self.json('bench', 'decode', '--json', '--tokens', '4', '--repetitions', '1',
                           '--sequences', '3')
        self.assertEqual(result['sequences'], 3)
        self.assertGreater(result['tokens_per_second']['median'], 0)
        result = self.json('bench', 'prefill', '--json', '--tokens', '64', '--repetitions', '2')
        self.assertEqual((result['bench'], result['tokens']), ('prefill', 64))
        speed = result['tokens_per_second']
        self.assertLessEqual(speed['min'], speed['median'])
        self.assertLessEqual(speed['median'], speed['max'])
        self.refused('bench', 'decode', '--random', 'nope', message='nope')
        self.refused('bench', 'decode', '--type', 'f16', message='--random')

    def test_doctor(self):
        report = self.json('doctor', '--json')
        health = {check['check']: check['health'] for check in report['checks']}
        self.assertEqual(health['model'], 'ok')
        self.assertEqual(health['fim'], 'ok')
        self.assertNotIn('problem', health.values())
        found = {check['check']: check['found'] for check in report['checks']}
        self.assertRegex(found['speed'], r'the first answer in a long file takes about .* m?s '
                                         r'\(prefix_tokens = 2048, suffix_tokens = 512\)')
        self.assertRegex(found['built with'], r'Boost 1\.\d+, fmt \d+\.\d+\.\d+, (GCC|Clang) ')
        self.assertRegex(found['threads'], r'^\d+ threads?, (one per core|the control group)')
        self.assertRegex(found['memory'], r'\d [MG]iB')
        done = krait('doctor', '--model', '/no.gguf')
        self.assertEqual(done.returncode, 2)
        self.assertIn(b'/no.gguf', done.stdout)

    def config(self, text):
        """Returns the environment of a user with this config.toml."""
        os.makedirs(os.path.join(self.dir, 'krait'), exist_ok=True)
        self.write('krait/config.toml', text)
        return {'XDG_CONFIG_HOME': self.dir, 'XDG_DATA_HOME': os.path.join(self.dir, 'data')}

    def model(self, name, key=b'', value=b''):
        """A copy of the default model in the user's folder, with other bytes in its metadata."""
        os.makedirs(os.path.join(self.dir, 'data', 'krait', 'models'), exist_ok=True)
        with open(MODEL, 'rb') as file:
            data = file.read()
        self.assertIn(key, data)
        return self.write('data/krait/models/' + name, data.replace(key, value, 1) if key else data)

    def test_doctor_tells_of_each_problem_once(self):
        env = self.config('threads = "many"\n')
        done = krait('doctor', env=env)
        self.assertEqual((done.returncode, done.stderr), (2, b''))
        self.assertEqual(done.stdout.count(b'threads: expected a whole number'), 1)
        done = krait('doctor', env=self.config('[completion\n'))
        self.assertEqual((done.returncode, done.stderr), (2, b''))
        self.assertIn(b'config.toml:1: ', done.stdout)
        done = krait('doctor', env=self.config('thraeds = 1\n'))
        self.assertEqual((done.returncode, done.stderr), (0, b''))
        self.assertIn(b'did you mean threads?', done.stdout)

    def test_a_models_kind_that_krait_cannot_run_is_called_so(self):
        env = self.config('')
        self.model('qwen.gguf', b'mamba2', b'qwen99')
        self.write('data/krait/models/broken.gguf', 'GGUF')
        done = krait('model', 'list', env=env)
        self.assertEqual(done.returncode, 0)
        lines = {line[2:].split()[0]: line for line in done.stdout.decode().splitlines()[:-1]}
        self.assertIn('not supported:', lines['qwen'])
        self.assertIn('broken:', lines['broken'])
        self.assertIn('krait runs models of the architectures mamba2', done.stdout.decode())
        listed = {m['name']: m for m in self.json('model', 'list', '--json', env=env)}
        self.assertEqual([listed[name]['supported'] for name in ('qwen', 'broken')], [False, True])
        done = krait('doctor', '--model', 'qwen', '--json', env=env)
        self.assertEqual(done.returncode, 2)
        check = next(c for c in json.loads(done.stdout)['checks'] if c['check'] == 'model')
        self.assertIn('this kind of model is not supported', check['found'])
        self.assertIn('krait runs models of the architectures mamba2', check['advice'])
        self.assertNotIn('download', check['advice'])

    def test_what_is_configured_of_prompts_comes_before_the_file(self):
        prefix, suffix = self.write('p', 'def f('), self.write('s', '):\n')
        tokens = ('debug', 'tokens', '--fim', prefix, suffix)
        found = self.json('model', 'info', '--json', env=self.config(''))
        self.assertEqual((found['fim'], found['fim_reason']),
                         ('spm', 'its file says so (krait.fim.order)'))
        self.assertEqual(found['fim_tokens']['tokens']['file header']['name'], '[FILE]')
        self.assertIn('</s>', found['fim_tokens']['stops'])

        env = self.config('[fim]\norder = "psm"\nprefix_token = "[SUFFIX]"\n'
                          'suffix_token = "[PREFIX]"\nstop_tokens = ["def"]\n')
        found = self.json('model', 'info', '--json', env=env)
        self.assertEqual((found['fim'], found['fim_reason']), ('psm', 'configured (fim.order)'))
        self.assertEqual(found['fim_tokens']['tokens']['prefix'],
                         {'name': '[SUFFIX]', 'id': 7, 'reason': 'configured (fim.prefix_token)'})
        self.assertIn('def', found['fim_tokens']['stops'])
        self.assertIn(b'psm: configured (fim.order)', krait('model', 'info', env=env).stdout)
        ids = self.json(*tokens, env=env)['ids']
        self.assertEqual(ids[:2], [1, 7])  # <s>[SUFFIX], in the prefix's place
        self.assertEqual(ids[-1], found['fim_tokens']['tokens']['middle']['id'])
        shown = self.json('config', '--json', env=env)['settings']['fim.order']
        self.assertEqual((shown['value'], shown['origin']),
                         ('psm', os.path.join(self.dir, 'krait', 'config.toml') + ':2'))

        env = self.config('[fim]\nrepository_separator_token = "def"\n')
        found = self.json('model', 'info', '--json', env=env)['fim_tokens']
        self.assertEqual(found['separators']['between repositories']['reason'],
                         'configured (fim.repository_separator_token)')
        self.assertIn('def', found['stops'])

        env = self.config('[fim]\nsuffix_token = "<hole>"\n')
        path = self.write('a.py', '\n')
        self.refused('complete', path + ':1:1', env=env,
                     message="fim.suffix_token: the vocabulary has no token '<hole>'")
        self.assertIn('<hole>', self.json('model', 'info', '--json', env=env)['fim_reason'])
        self.assertIn(b'fim.order: expected one of', krait(
            'config', env=self.config('[fim]\norder = "mps"\n')).stderr)

    def test_all_commands_follow_the_configured_model(self):
        env = self.config('model = "mine"\n')
        mine = self.model('mine.gguf')
        self.assertEqual(self.json('model', 'info', '--json', env=env)['path'], mine)
        self.assertEqual(self.json('model', 'verify', '--json', env=env)['path'], mine)
        listed = self.json('model', 'list', '--json', env=env)
        self.assertEqual([m['path'] for m in listed if m['default']], [mine])
        self.assertEqual(self.json('model', 'info', MODEL, '--json', env=env)['path'], MODEL)
        env = self.config('\nmodel = "nope"\n')
        path = self.write('a.py', '\n')
        self.refused('complete', path + ':1:1', env=env,
                     message='krait/config.toml:2: model: no model named "nope"')
        self.refused('model', 'info', env=env, message='krait/config.toml:2: model: ')
        self.refused('complete', path + ':1:1', '--model', 'nada', env=env,
                     message='--model: no model named "nada"')

    def test_config_shows_what_is_in_force_and_from_where(self):
        env = self.config('threads = 3\nstate_bytes = "1 GiB"\n[completion]\ntemperature = 0.25\n')
        shown = self.json('config', '--max-tokens', '5', '--json', env=env)
        settings = {key: {'value': one['value'], 'origin': one['origin']}
                    for key, one in shown['settings'].items()}
        file = os.path.join(self.dir, 'krait', 'config.toml')
        self.assertEqual(shown['file'], file)
        self.assertEqual(settings['threads'], {'value': 3, 'origin': file + ':1'})
        self.assertEqual(settings['completion.temperature'], {'value': 0.25, 'origin': file + ':4'})
        self.assertEqual(settings['completion.max_tokens'], {'value': 5, 'origin': '--max-tokens'})
        self.assertEqual(settings['completion.max_lines'], {'value': 8, 'origin': 'default'})
        self.assertEqual(settings['model'], {'value': MODEL, 'origin': 'default'})
        self.assertEqual(shown['problems'], [])
        text = krait('config', env=env).stdout.decode()
        for key in settings:
            self.assertIn('\n' + key + ' ', text)
        self.assertRegex(text, r'threads +3 +# .*config\.toml:1\n')
        env['KRAIT_MODEL'] = MODEL
        self.assertEqual(self.json('config', '--json', env=env)['settings']['model']['origin'],
                         'KRAIT_MODEL')
        done = krait('config', env=self.config('threads = -1\n'))
        self.assertEqual(done.returncode, 2)
        self.assertIn(b'threads: expected a whole number', done.stderr)
        self.assertIn('no file', krait('config', env={'XDG_CONFIG_HOME': '/none'}).stdout.decode())

    def test_shells_complete_every_command(self):
        for shell in ('bash', 'zsh', 'fish'):
            script = krait('completion', shell).stdout.decode()
            for command in COMMANDS:
                self.assertIn(' ' + ' '.join(command), script, shell)
            self.assertNotIn(' completion bash', script, shell)  # hidden
            for option in ('max-tokens', 'no-daemon', 'json', 'version'):
                self.assertIn(option, script)
        self.assertIn("All models in krait'\\''s folders", krait('completion', 'zsh').stdout.decode())
        self.assertIn("All models in krait\\'s folders", krait('completion', 'fish').stdout.decode())
        path = self.write('krait.bash', krait('completion', 'bash').stdout)
        for words, wanted, unwanted in (
                (['mod'], ['model'], ['lsp']), (['model', 'ver'], ['verify'], ['list']),
                (['model', 'list', '--'], ['--json', '--help'], ['--model']),
                (['complete', '--model', 'x', '--max'], ['--max-tokens', '--max-lines'], ['--json'])):
            done = subprocess.run(
                ['bash', '-c', 'source "$0"; COMP_WORDS=(krait "$@"); COMP_CWORD=$#; _krait; '
                 'echo ${COMPREPLY[@]}', path, *words],
                capture_output=True, text=True, check=True)
            offered = done.stdout.split()
            self.assertTrue(set(wanted) <= set(offered), (words, offered))
            self.assertFalse(set(unwanted) & set(offered), (words, offered))

    def test_an_error_that_cannot_be_said_ends_a_command_as_it_should(self):
        path = self.write('a.py', 'x = \n')
        commands = ((['complete', 'none.py:1:1'], 2), (['complete', '--nope'], 2), (['nonsense'], 2),
                    (['complete', path + ':1:5', '--min-confidence', '0'], 0),
                    (['model', 'info', '/no.gguf'], 2), (['daemon', '--model', '/no.gguf'], 2),
                    (['debug', 'logits', '--ids', 'x', '--out', 'x'], 2), (['eval', 'fim', '/no'], 2),
                    (['log'], 2))
        env = {**os.environ, 'XDG_STATE_HOME': self.dir, 'XDG_RUNTIME_DIR': self.dir}
        for command, status in commands:
            for place in ('2>&-', '2>/dev/full', '2> >(exit)'):
                done = subprocess.run(
                    ['bash', '-c', 'sleep 0; "$@" ' + place, 'bash', KRAIT, *command],
                    stdout=subprocess.DEVNULL, env=env, timeout=60, check=False)
                self.assertEqual(done.returncode, status, (command, place))

    def test_krait_model_names_the_default(self):
        info = self.json('model', 'info', '--json', env={'KRAIT_MODEL': MODEL})
        self.assertEqual(info['path'], MODEL)
        self.refused('model', 'info', env={'KRAIT_MODEL': '/no.gguf'}, message='KRAIT_MODEL')

    def test_a_full_disk_is_noticed(self):
        if not os.path.exists('/dev/full'):
            self.skipTest('no /dev/full here')
        with open('/dev/full', 'wb') as full:
            done = subprocess.run([KRAIT, 'model', 'list'], stdout=full,
                                  stderr=subprocess.PIPE, timeout=60, check=False)
        self.assertEqual(done.returncode, 1)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
