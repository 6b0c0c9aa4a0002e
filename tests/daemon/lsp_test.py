# SPDX-License-Identifier: Apache-2.0
"""End to end: the real `krait lsp` with the default model, over pipes; all of
it twice, with the model in the process and with the model in a daemon.

    lsp_test.py KRAIT SOURCE_DIR
"""

import signal
import subprocess
import sys
import threading
import unittest

from lsp_client import Client, Places

KRAIT, SOURCE = sys.argv[1], sys.argv[2]
URI = 'file:///project/a.py'
TEXT = 'import os\n\n\ndef read(path):\n    with open(path) as f:\n        return f.\n\n\nprint(read("x"))\n'
REQUEST_CANCELLED = -32800


class LspTest(unittest.TestCase):
    MODE = ['--no-daemon']

    @classmethod
    def setUpClass(cls):
        cls.places = Places()

    @classmethod
    def tearDownClass(cls):
        subprocess.run([KRAIT, 'stop'], env=cls.places.env, capture_output=True,
                       timeout=60, check=True)
        cls.places.remove()

    def client(self, *options, **environment):
        env = dict(self.places.env, **environment)
        client = Client([KRAIT, 'lsp', '--threads', '2', *self.MODE, *options], env)
        self.addCleanup(client.close)
        return client

    def surely(self):
        """A client that is shown all, for tests of where and not of what."""
        return self.client('--min-confidence=-inf')

    def check_item(self, item, line, character):
        self.assertIsInstance(item['insertText'], str)
        self.assertNotEqual(item['insertText'].strip(), '')
        self.assertNotIn('[SUFFIX]', item['insertText'])
        place = {'line': line, 'character': character}
        self.assertEqual(item['range'], {'start': place, 'end': place})

    def test_life_cycle(self):
        client = self.client()
        result = client.initialize()
        self.assertEqual(result['serverInfo']['name'], 'krait')
        self.assertEqual(result['capabilities']['positionEncoding'], 'utf-16')
        self.assertIn('inlineCompletionProvider', result['capabilities'])
        self.assertNotIn('completionProvider', result['capabilities'])
        ready = client.wait(lambda m: m.get('method') == 'window/logMessage')
        self.assertIn('krait is ready', ready['params']['message'])
        self.assertEqual(client.finish(), 0)

    def test_negotiates_each_encoding(self):
        for offered, chosen in ((['utf-8', 'utf-16'], 'utf-8'), (['utf-16'], 'utf-16'),
                                (['utf-32'], 'utf-32'), ([], 'utf-16')):
            client = self.client()
            result = client.initialize(encodings=offered)
            self.assertEqual(result['capabilities']['positionEncoding'], chosen)
            self.assertEqual(client.finish(), 0)

    def test_completes_inline(self):
        client = self.surely()
        client.initialize()
        # A text of its own: the daemon may have answered for the other already.
        client.open(URI, TEXT + '\n# asked for once\n')
        items = client.inline(URI, 5, 17)
        self.assertEqual(len(items), 1)
        self.check_item(items[0], 5, 17)
        explained = client.explain(URI)
        self.assertEqual(explained['plan'], 'spm')
        self.assertGreater(sum(explained['tokens_' + how]
                               for how in ('reused', 'replayed', 'computed')), 20)
        self.assertGreater(explained['tokens_generated'], 0)
        self.assertGreater(explained['ms']['prefill'], 0)
        self.assertIsNone(explained['suppressed_by'])
        self.assertEqual(set(explained['ms']),
                         {'queue', 'tokenize', 'prefill', 'decode', 'post'})
        self.assertEqual(client.finish(), 0)

    def test_same_text_same_answer_whatever_the_history(self):
        """Edits, CRLF and encodings change positions, not completions."""
        client = self.surely()
        client.initialize()
        client.open(URI, TEXT)
        wanted = client.inline(URI, 5, 17)[0]['insertText']

        # Typed in three edits, the last one of two changes.
        client.open(URI, TEXT.replace('return f.', 'x'))
        client.change(URI, 2, [{'range': {'start': {'line': 5, 'character': 8},
                                          'end': {'line': 5, 'character': 9}}, 'text': 'ret'}])
        client.change(URI, 3, [{'range': {'start': {'line': 5, 'character': 11},
                                          'end': {'line': 5, 'character': 11}}, 'text': 'urn'},
                               {'range': {'start': {'line': 5, 'character': 14},
                                          'end': {'line': 5, 'character': 14}}, 'text': ' f.'}])
        self.assertEqual(client.inline(URI, 5, 17)[0]['insertText'], wanted)

        client.change(URI, 4, [{'text': 'nothing'}])
        client.change(URI, 5, [{'text': TEXT.replace('\n', '\r\n')}])
        self.assertEqual(client.inline(URI, 5, 17)[0]['insertText'], wanted)
        self.assertEqual(client.finish(), 0)

    def test_after_an_accept_the_next_one_is_there(self):
        for prefetch in (True, False):
            client = self.client('--min-confidence=-inf')
            client.initialize(options={'completion': {
                'extent': 'line', 'max_tokens': 2, 'prefetch': prefetch}})
            client.open(URI, TEXT + f'\n# prefetch {prefetch}\n')
            text = client.inline(URI, 5, 17)[0]['insertText']
            client.settle()
            client.insert(URI, 2, 5, 17, text)
            client.inline(URI, 5, 17 + len(text))
            explained = client.explain(URI)
            self.assertEqual(explained['tokens_computed'], 0)
            self.assertEqual(explained['tokens_generated'] == 0, prefetch)
            self.assertEqual(client.finish(), 0)

    def test_a_bracket_that_the_editor_closes_costs_a_bracket(self):
        client = self.client('--min-confidence=-inf')
        client.initialize()
        client.open(URI, TEXT + '\n# closed\n')
        client.inline(URI, 5, 17)
        client.insert(URI, 2, 5, 17, 'zip()')
        items = client.inline(URI, 5, 21)
        self.assertLessEqual(client.explain(URI)['tokens_computed'], 4)
        for item in items:
            self.assertFalse(item['insertText'].endswith('))'))
        self.assertEqual(client.finish(), 0)

    def test_positions_count_surrogate_pairs(self):
        text = 's = "\U0001F600\u00e4"; values.'
        for encoding, character in (('utf-16', len(text.encode('utf-16-le')) // 2),
                                    ('utf-8', len(text.encode())), ('utf-32', len(text))):
            # Whatever the model says is fine here, however unsure it is.
            client = self.client('--min-confidence=-inf')
            client.initialize(encodings=[encoding])
            client.open(URI, 'values = []\n' + text + '\n')
            items = client.inline(URI, 1, character)
            if encoding == 'utf-16':
                wanted = [item['insertText'] for item in items]
                self.assertEqual(len(wanted), 1)
            self.assertEqual([item['insertText'] for item in items], wanted)
            for item in items:
                self.check_item(item, 1, character)
            self.assertEqual(client.finish(), 0)

    def test_an_editor_sets_what_is_its_own(self):
        client = self.client()
        client.initialize(options={'completion': {'max_tokens': 1}, 'threads': 7})
        shown = client.wait(lambda m: m.get('method') == 'window/showMessage')
        self.assertIn('initializationOptions: threads: all editors share it',
                      shown['params']['message'])
        client.open(URI, TEXT)

        def tokens(character):
            client.inline(URI, 5, character)
            return client.explain(URI)['tokens_generated']
        self.assertEqual(tokens(17), 1)
        client.notify('workspace/didChangeConfiguration', {'settings': {
            'krait': {'completion': {'max_tokens': 2}}}})
        self.assertEqual(tokens(14), 2)
        client.notify('workspace/didChangeConfiguration', {'settings': {
            'krait': {'completion': {'max_token': 2}}}})
        shown = client.wait(lambda m: m.get('method') == 'window/showMessage')
        self.assertIn('did you mean completion.max_tokens?', shown['params']['message'])
        self.assertEqual(client.finish(), 0)

    def test_secrets_are_not_read(self):
        client = self.client('--min-confidence=-inf')
        client.initialize(options={'krait': {'completion': {
            'disabled_files': ['secrets/**']}}})
        for uri in ('untitled:/tmp/proj/.env', 'file:///p/.ENV', 'file:///elsewhere/secrets/a.py',
                    'git:/p/.env?%7B%22path%22%3A%22/p/.env%22%7D', 'file:///p/%2Eenv.py'):
            client.open(uri, 'DB_PASSWORD=hunter2hunter2\nword = ')
            answer = client.call('textDocument/inlineCompletion', {
                'textDocument': {'uri': uri}, 'position': {'line': 1, 'character': 7},
                'context': {'triggerKind': 1}})
            self.assertEqual(answer['items'], [], uri)
            self.assertIn('completion.disabled_files', client.explain(uri)['suppressed_by'])
            self.assertEqual(client.explain(uri)['tokens_generated'], 0)
        client.open('untitled:Untitled-1', TEXT)
        self.assertEqual(len(client.inline('untitled:Untitled-1', 5, 17)), 1)
        self.assertEqual(client.finish(), 0)

    def test_settings_that_are_asked_for_come_first(self):
        client = self.client('--min-confidence=-inf')
        client.results['workspace/configuration'] = [
            {'completion': {'disabled_files': ['*.py']}}]
        client.initialize(configuration=True)
        client.open(URI, TEXT)
        self.assertEqual(client.inline(URI, 5, 17), [])
        self.assertIn('*.py', client.explain(URI)['suppressed_by'])
        self.assertEqual(client.finish(), 0)

    def test_what_cannot_be_read_is_repaired_or_lost(self):
        client = self.client('--min-confidence=-inf')
        client.initialize()
        client.open(URI, TEXT)
        change = (b'{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"textDocument":'
                  b'{"uri":"%s","version":%d},"contentChanges":[{"text":"%s"}]}}')
        uri = URI.encode()
        client.send_body(change % (uri, 2, b'import os # \\ud83d\\nos.path.'))
        client.inline(URI, 1, 8)
        self.assertGreater(client.explain(URI)['tokens_generated'], 0)
        client.send_body(change % (uri, 3, b'\\x'))
        shown = client.wait(lambda m: m.get('method') == 'window/showMessage')
        self.assertIn(URI, shown['params']['message'])
        self.assertIn('error', client.answer(client.ask_inline(URI, 0, 0)))
        client.insert(URI, 4, 0, 0, 'x')
        self.assertIn('error', client.answer(client.ask_inline(URI, 0, 0)))
        client.change(URI, 5, [{'text': TEXT}])
        self.assertEqual(len(client.inline(URI, 5, 17)), 1)
        self.assertEqual([m for m in client.kept if m.get('method') == 'window/showMessage'], [])
        self.assertEqual(client.finish(), 0)

    def test_a_message_over_the_limit_costs_its_document(self):
        client = self.surely()
        client.initialize()
        client.open(URI, TEXT)
        client.open('file:///project/big.log', 'x' * (65 << 20), 'log')
        shown = client.wait(lambda m: m.get('method') == 'window/showMessage')
        self.assertIn('big.log', shown['params']['message'])
        self.assertIn('at most 67108864 bytes', shown['params']['message'])
        big = client.answer(client.ask('textDocument/inlineCompletion', {'x': 'x' * (65 << 20)}))
        self.assertEqual(big['error']['code'], -32803)
        self.assertEqual(len(client.inline(URI, 5, 17)), 1)
        client.change('file:///project/big.log', 2, [{'text': 'small\n'}])
        client.inline('file:///project/big.log', 0, 0)
        self.assertEqual(client.finish(), 0)

    def test_broken_requests_are_answered(self):
        client = self.client()
        client.initialize()
        for i, body in enumerate((b'{"id":%d,"method":"m","params":{}}',
                                  b'{"jsonrpc":"1.0","id":%d,"method":"m"}',
                                  b'{"jsonrpc":2.0,"id":%d,"method":"m"}',
                                  b'{"jsonrpc":"2.0","id":%d,"method":"m","params":5}',
                                  b'{"jsonrpc":"2.0","id":%d,"params":{}}')):
            client.send_body(body % (100 + i))
            self.assertEqual(client.answer(100 + i)['error']['code'], -32600)
        client.open(URI, TEXT)
        # Two requests with one id: the second is refused, the first answered.
        request = {'id': 200, 'method': 'textDocument/inlineCompletion', 'params': {
            'textDocument': {'uri': URI}, 'position': {'line': 5, 'character': 17}}}
        client.send(request)
        client.send(request)
        answers = [client.answer(200), client.answer(200)]
        self.assertEqual(sum('error' in answer for answer in answers), 1)
        self.assertEqual(client.finish(), 0)

    def test_ends_with_the_editor(self):
        editor = subprocess.Popen(['sleep', '600'])
        self.addCleanup(editor.wait)
        self.addCleanup(editor.kill)
        client = self.client()
        client.initialize(process=editor.pid)
        client.open(URI, TEXT)
        client.inline(URI, 5, 17)
        editor.kill()
        self.assertEqual(client.end(), 1)  # though its input is open

    def test_an_editor_that_reads_nothing_is_left(self):
        client = self.client()
        client.initialize()
        pause = threading.Event()
        client.pause = pause
        name = 'x' * (1 << 20)
        with self.assertRaises(BrokenPipeError):
            for _ in range(600):
                client.send({'id': 1, 'method': name})
        pause.set()
        self.assertEqual(client.end(), 1)

    def test_second_request_replaces_the_first(self):
        client = self.client()
        client.initialize()
        client.open(URI, ('# a comment of some length, to keep the model busy\n' * 400) + TEXT)
        first = client.ask_inline(URI, 405, 17)
        second = client.ask_inline(URI, 405, 16)
        answer = client.answer(first)
        self.assertEqual(answer['error']['code'], REQUEST_CANCELLED)
        self.assertIn('items', client.answer(second)['result'])
        self.assertEqual(client.finish(), 0)

    def test_cancel(self):
        client = self.client()
        client.initialize()
        client.open(URI, ('# a comment of some length, to keep the model busy\n' * 400) + TEXT)
        request = client.ask_inline(URI, 405, 17)
        client.notify('$/cancelRequest', {'id': request})
        self.assertEqual(client.answer(request)['error']['code'], REQUEST_CANCELLED)
        client.notify('$/cancelRequest', {'id': 4711})  # unknown: ignored
        self.assertEqual(client.finish(), 0)

    def test_popup_completion_for_editors_without_inline(self):
        client = self.surely()
        result = client.initialize(inline=False)
        self.assertIn('completionProvider', result['capabilities'])
        client.open(URI, TEXT)
        result = client.call('textDocument/completion', {
            'textDocument': {'uri': URI}, 'position': {'line': 5, 'character': 17},
            'context': {'triggerKind': 1}})
        self.assertTrue(result['isIncomplete'])
        item = result['items'][0]
        self.assertEqual(item['textEdit']['range']['end'], {'line': 5, 'character': 17})
        self.assertTrue(item['filterText'])
        self.assertEqual(client.finish(), 0)

    def test_errors_of_the_client(self):
        client = self.client()
        early = client.answer(client.ask('textDocument/inlineCompletion', {}))
        self.assertEqual(early['error']['code'], -32002)
        client.initialize()
        self.assertEqual(client.answer(client.ask('krait/nothing'))['error']['code'], -32601)
        client.notify('krait/nothing')
        client.notify('$/nothing')
        wrong = client.answer(client.ask('textDocument/inlineCompletion', {'position': 3}))
        self.assertEqual(wrong['error']['code'], -32602)
        closed = client.answer(client.ask_inline('file:///not/open.py', 0, 0))
        self.assertEqual(closed['error']['code'], -32602)
        client.write(b'Content-Length: 5\r\n\r\n{"a":')
        broken = client.wait(lambda m: 'id' in m and m['id'] is None)
        self.assertEqual(broken['error']['code'], -32700)
        # Positions beyond the text are moved into it.
        client.open(URI, TEXT)
        client.inline(URI, 999999, 999999)
        client.change(URI, 2, [{'range': {'start': {'line': 3, 'character': 1},
                                          'end': {'line': 1, 'character': 0}}, 'text': ''}])
        lost = client.answer(client.ask_inline(URI, 0, 0))
        self.assertIn('error', lost)
        self.assertEqual(client.finish(), 0)

    def test_a_long_file(self):
        client = self.surely()
        client.initialize()
        text = ''.join('value_%d = %d\n' % (i, i) for i in range(100000))
        client.open(URI, text)
        client.change(URI, 2, [{'range': {'start': {'line': 50000, 'character': 0},
                                          'end': {'line': 50000, 'character': 0}},
                                'text': 'total = \n'}])
        # Asked for by hand: the syntax of so long a file may not be known in time.
        items = client.call('textDocument/inlineCompletion', {
            'textDocument': {'uri': URI}, 'position': {'line': 50000, 'character': 8},
            'context': {'triggerKind': 1}})['items']
        self.assertGreater(len(items), 0)
        self.check_item(items[0], 50000, 8)
        client.open('file:///project/line.js', 'x' * 3000000, 'javascript')
        client.inline('file:///project/line.js', 0, 1500000)
        self.assertEqual(client.finish(), 0)

    def test_model_missing(self):
        client = self.client('--model', '/no/such/model.gguf')
        client.initialize()
        shown = client.wait(lambda m: m.get('method') == 'window/showMessage')
        self.assertEqual(shown['params']['type'], 1)
        self.assertIn('/no/such/model.gguf', shown['params']['message'])
        client.open(URI, TEXT)
        self.assertEqual(client.inline(URI, 5, 17), [])
        self.assertEqual(client.finish(), 0)

    def test_progress_only_where_wanted(self):
        client = self.client()
        client.initialize(progress=False)
        client.open(URI, TEXT)
        client.inline(URI, 5, 17)
        self.assertEqual([m for m in client.kept
                          if m.get('method') == 'window/workDoneProgress/create'], [])
        self.assertEqual(client.finish(), 0)

    def test_exit_without_shutdown_is_a_failure(self):
        client = self.client()
        client.initialize()
        client.notify('exit')
        self.assertEqual(client.end(), 1)

    def test_closed_input_ends_the_server(self):
        client = self.client()
        client.initialize()
        client.open(URI, TEXT)
        client.ask_inline(URI, 5, 17)
        client.process.stdin.close()
        self.assertEqual(client.end(), 1)

    def test_garbage_ends_the_server(self):
        for garbage in (b'GET / HTTP/1.1\r\n\r\n', b'\x00\xff' * 5000,
                        b'Content-Length: 99999999999999999999\r\n\r\n',
                        b'Content-Length: -1\r\n\r\n'):
            done = subprocess.run([KRAIT, 'lsp', *self.MODE], input=garbage,
                                  env=self.places.env, capture_output=True,
                                  timeout=60, check=False)
            self.assertEqual(done.returncode, 1, garbage[:20])
            self.assertTrue(done.stderr.startswith(b'krait: '), done.stderr)

    def test_terminate_ends_the_server(self):
        client = self.client()
        client.initialize()
        client.process.send_signal(signal.SIGTERM)
        self.assertEqual(client.end(), 1)


class DaemonLspTest(LspTest):
    """An editor cannot tell where the model is."""
    MODE = []

    def test_the_daemon_did_it(self):
        client = self.client()
        client.initialize()
        client.open(URI, TEXT)
        client.inline(URI, 5, 17)
        status = subprocess.run([KRAIT, 'status', '--json'], env=self.places.env,
                                capture_output=True, timeout=60, check=True)
        self.assertIn(URI.encode(), status.stdout)
        self.assertEqual(client.finish(), 0)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1], verbosity=2)
