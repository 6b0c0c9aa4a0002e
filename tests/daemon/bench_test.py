# SPDX-License-Identifier: Apache-2.0
"""End to end: `krait bench keystrokes`, `soak` and `drafts` with the default
model, and beside a server that speaks /infill.

    bench_test.py KRAIT SOURCE_DIR
"""

import http.server
import json
import os
import socket
import subprocess
import sys
import threading
import unittest

KRAIT, SOURCE = sys.argv[1], sys.argv[2]
SOURCE_FILE = os.path.join(SOURCE, 'daemon', 'commands', 'command_line.cc')


def krait(*arguments):
    env = dict(os.environ)
    env.pop('KRAIT_MODEL', None)
    return subprocess.run([KRAIT, *arguments], capture_output=True, timeout=200, env=env,
                          check=False)


class InfillServer:
    """Answers as llama.cpp's server does, and remembers what was asked."""

    def __init__(self, status=200, body=None):
        self.asked = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):  # pylint: disable=invalid-name
                size = int(self.headers['Content-Length'])
                asked = json.loads(self.rfile.read(size))
                outer.asked.append((self.path, asked))
                answer = body if body is not None else json.dumps({
                    'content': 'x' * asked['n_predict'],
                    'timings': {'cache_n': 0, 'prompt_n': 2050, 'prompt_ms': 300.0,
                                'predicted_n': asked['n_predict'], 'predicted_ms': 10.0},
                }).encode()
                self.send_response(status)
                self.send_header('Content-Length', str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *arguments):  # pylint: disable=arguments-differ
                pass

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    @property
    def url(self):
        return 'http://127.0.0.1:%d' % self.server.server_address[1]

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


class BenchTest(unittest.TestCase):
    def json(self, *arguments):
        done = krait(*arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def refused(self, *arguments, message):
        done = krait(*arguments)
        self.assertEqual(done.returncode, 2, (arguments, done))
        self.assertIn(message.encode(), done.stderr)

    def steps(self, result):
        return {step['step']: step for step in result['steps']}

    def test_typing_costs_what_is_typed(self):
        out = self.json('bench', 'keystrokes', '--file', SOURCE_FILE, '--rounds', '1',
                        '--typed', '12', '--max-tokens', '2', '--json')
        self.assertEqual(out['bench'], 'keystrokes')
        (result,) = out['results']
        with open(SOURCE_FILE, encoding='utf-8') as file:
            self.assertEqual(result['lines'], len(file.readlines()))
        steps = self.steps(result)
        self.assertEqual(steps['type']['requests'], 12)
        self.assertEqual(steps['visit']['requests'], 9)
        self.assertEqual(steps['revisit']['requests'], 10)
        for name in ('type', 'backspace', 'jump-type', 'edit-type', 'revisit'):
            tokens = steps[name]['tokens']
            self.assertLessEqual(tokens['computed'], 4, name)
            self.assertGreater(tokens['reused'] + tokens['replayed'], 500, name)
        self.assertEqual(steps['cold']['tokens']['reused'], 0)
        self.assertGreater(steps['cold']['tokens']['computed'], 500)
        self.assertLess(steps['edit-above']['tokens']['reused'] +
                        steps['edit-above']['tokens']['replayed'],
                        steps['cold']['tokens']['computed'])
        for step in steps.values():
            self.assertLessEqual(step['whole_ms']['p50'], step['whole_ms']['p99'])
            self.assertLessEqual(step['first_token_ms']['p50'], step['whole_ms']['p50'])
            self.assertNotIn('peer', step)
        held = result['warm_at_end']
        self.assertGreater(held['held_bytes'], 10 * out['snapshot_bytes'])
        self.assertLessEqual(held['held_bytes'], held['budget_bytes'])

    def test_without_states_everything_is_read_again(self):
        out = self.json('bench', 'keystrokes', '--lines', '100', '--rounds', '1',
                        '--steps', 'cold,type', '--typed', '3', '--max-tokens', '2',
                        '--state-bytes', '0', '--json')
        tokens = self.steps(out['results'][0])['type']['tokens']
        self.assertEqual(tokens['reused'] + tokens['replayed'], 0)
        self.assertGreater(tokens['computed'], 500)

    def test_reads_parts_of_several_files(self):
        out = self.json('bench', 'keystrokes', '--file', SOURCE_FILE, '--file', SOURCE_FILE,
                        '--lines', '100', '--lines', '600', '--steps', 'cold,type',
                        '--typed', '2', '--rounds', '1', '--max-tokens', '2', '--json')
        self.assertEqual([result['lines'] for result in out['results']], [100, 600])
        self.assertGreater(out['length_ratio'], 0)
        self.refused('bench', 'keystrokes', '--file', SOURCE_FILE, '--lines', '999999',
                     message='--lines 999999')

    def test_asks_a_server_the_same(self):
        with InfillServer() as server:
            out = self.json('bench', 'keystrokes', '--lines', '300', '--rounds', '1',
                            '--steps', 'cold,type', '--typed', '4', '--max-tokens', '3',
                            '--peer-before', '20', '--peer-after', '8',
                            '--against', server.url, '--json')
        steps = self.steps(out['results'][0])
        self.assertEqual(steps['type']['peer']['computed'], 2050)
        self.assertGreater(steps['type']['peer']['ratio'], 0)
        # One more to warm up.
        self.assertEqual(len(server.asked), 1 + 1 + 4)
        self.assertTrue(all(path == '/infill' for path, _ in server.asked))
        typed = [asked for _, asked in server.asked[1:]]
        self.assertEqual([asked['prompt'].strip() for asked in typed],
                         ['', 'r', 're', 'res', 'resu'])
        for asked in typed:
            self.assertEqual(asked['n_predict'], 3)
            self.assertEqual(asked['temperature'], 0)
            self.assertTrue(asked['cache_prompt'] and asked['ignore_eos'])
            self.assertEqual(asked['input_prefix'].count('\n'), 20)
            self.assertEqual(asked['input_suffix'].count('\n'), 9)

    def test_plays_both_sides_by_http(self):
        with InfillServer() as krait_server, InfillServer() as peer:
            out = self.json('bench', 'keystrokes', '--served', krait_server.url, '--against',
                            peer.url, '--lines', '100', '--rounds', '1', '--steps',
                            'cold,type,restart', '--typed', '3', '--max-tokens', '3', '--json')
        steps = self.steps(out['results'][0])
        self.assertEqual(set(steps), {'cold', 'type'})
        self.assertEqual(steps['type']['tokens']['computed'], 2050)
        self.assertEqual(steps['type']['peer']['computed'], 2050)
        self.assertEqual(krait_server.asked, peer.asked)

    def test_asks_a_server_with_a_prompt_of_its_own(self):
        with InfillServer() as server:
            self.json('bench', 'keystrokes', '--lines', '100', '--rounds', '1', '--steps',
                      'cold', '--max-tokens', '3', '--against', server.url, '--dialect',
                      'completion', '--peer-prompt', '<S>{suffix}<P>{prefix}', '--json')
        self.assertTrue(all(path == '/completion' for path, _ in server.asked))
        prompt = server.asked[-1][1]['prompt']
        self.assertTrue(prompt.startswith('<S>'))
        self.assertGreater(prompt.index('<P>'), 3)
        self.refused('bench', 'keystrokes', '--against', 'http://127.0.0.1:1', '--dialect', 'x',
                     message='expected "infill" or "completion"')

    def test_says_what_is_wrong_with_a_server(self):
        few = ('--lines', '20', '--steps', 'cold', '--rounds', '1', '--against')
        with InfillServer(status=501, body=b'no infill here') as server:
            done = krait('bench', 'keystrokes', *few, server.url)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(b'501 (expected 200): no infill here', done.stderr)
        with InfillServer(body=b'[1, 2]') as server:
            done = krait('bench', 'keystrokes', *few, server.url)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(b'the answer to /infill: expected an object', done.stderr)
        done = krait('bench', 'keystrokes', *few, server.url)  # gone
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(b'connecting', done.stderr)
        self.refused('bench', 'keystrokes', *few, 'http://192.0.2.1', message='--allow-remote')
        self.refused('bench', 'keystrokes', '--steps', 'sleep', message='jump-type')

    def test_gives_up_on_a_server_that_says_nothing(self):
        with socket.create_server(('127.0.0.1', 0)) as silent:
            done = krait('bench', 'keystrokes', '--lines', '20', '--steps', 'cold', '--rounds', '1',
                         '--timeout', '1', '--against',
                         'http://127.0.0.1:%d' % silent.getsockname()[1])
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(b'waiting for the answer: nothing for 1 s', done.stderr)

    def test_soak_stays_within_its_budget(self):
        budget = 8 << 20
        out = self.json('bench', 'soak', '--keystrokes', '200', '--files', '5', '--lines', '60',
                        '--state-bytes', str(budget), '--json')
        self.assertEqual(len(out['marks']), 11)
        self.assertEqual(out['marks'][-1]['keystrokes'], 200)
        self.assertEqual(out['completions'], 10)
        self.assertLessEqual(out['most_held_bytes'], budget)
        for mark in out['marks']:
            self.assertGreater(mark['held_bytes'], 0)
            self.assertGreater(mark['resident_bytes'], 0)

    def test_drafts_say_the_same_in_two_ways(self):
        # Which ends with an error if what is said depends on drafts.
        out = self.json('bench', 'drafts', '--file', SOURCE_FILE, '--tokens', '40',
                        '--repetitions', '1', '--json')
        self.assertEqual((out['bench'], out['tokens']), ('drafts', 40))
        self.assertGreaterEqual(out['tokens_per_batch'], 1)
        for way in ('alone', 'drafts'):
            self.assertGreater(out['tokens_per_second'][way], 0)
        self.refused('bench', 'drafts', '--tokens', '1', message='--tokens')
        self.refused('bench', 'drafts', '--file', '/nowhere.py', message='/nowhere.py')

    def test_drafts_come_from_a_repository_too(self):
        folder = os.path.dirname(SOURCE_FILE)
        out = self.json('bench', 'drafts', '--repo', folder, '--file', SOURCE_FILE,
                        '--tokens', '8', '--repetitions', '1', '--json')
        self.assertGreaterEqual(out['repository']['tokens_per_batch'], 1)
        for way in ('alone', 'drafts', 'repository'):
            self.assertGreater(out['tokens_per_second'][way], 0)
        self.refused('bench', 'drafts', '--repo', folder, message='--file')
        self.refused('bench', 'drafts', '--repo', os.path.join(SOURCE, 'docs'), '--file',
                     SOURCE_FILE, message='no source file in')


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
