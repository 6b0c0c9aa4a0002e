# SPDX-License-Identifier: Apache-2.0
"""End to end: an engine elsewhere, played by a script and by krait itself.

    remote_test.py KRAIT SOURCE_DIR
"""

import json
import os
import re
import subprocess

from daemon_case import KRAIT, TEXT, main, wait_until
from remote_case import KEY, RemoteCase


class CompletionTest(RemoteCase):
    def test_a_file_of_a_workspace_is_completed_elsewhere(self):
        self.remote(kind='openai', model='big')
        shown, trace = self.complete(self.write('a.py'))
        self.assertEqual(shown, 'lines()')
        self.assertEqual(trace['plan'], 'remote')
        self.assertEqual((trace['tokens_computed'], trace['tokens_generated']), (7, 2))
        [(path, headers, body)] = self.engine.requests
        self.assertEqual(path, '/v1/completions')
        self.assertEqual(headers['Authorization'], 'Bearer ' + KEY)
        sent = json.loads(body)
        self.assertEqual(sent['prompt'] + sent['suffix'], TEXT)
        self.assertTrue(sent['prompt'].endswith('return f.'))
        self.assertEqual(sent['model'], 'big')
        # Neither where the file is nor whose.
        self.assertNotIn(self.work, body)
        self.assertNotIn('a.py', body)
        remote = self.status()['remote']
        self.assertEqual((remote['requests'], remote['failures']), (1, 0))
        self.assertGreater(remote['bytes_sent'], len(body))
        self.assertGreater(remote['bytes_received'], 100)
        self.assertIn('1 requests (0 failed, 0 answered here)', self.run_krait('status').stdout)
        self.assertNotIn(KEY, self.log())

    def test_the_other_kinds(self):
        for kind, path in (('mistral', '/v1/fim/completions'), ('llama.cpp', '/infill')):
            with self.subTest(kind):
                self.remote(kind=kind)
                self.run_krait('stop')
                shown, trace = self.complete(self.write('a.py'))
                self.assertEqual((shown, trace['plan']), ('lines()', 'remote'))
                self.assertEqual(self.engine.requests[-1][0], path)

    def test_nothing_of_other_files_is_sent(self):
        self.remote()
        os.mkdir(os.path.join(self.work, '.git'))
        self.write('.gitignore', 'ignored/\n')
        elsewhere = os.path.join(self.places.root, 'elsewhere.py')
        with open(elsewhere, 'w', encoding='utf-8') as file:
            file.write(TEXT)
        link = os.path.join(self.work, 'link.py')
        os.symlink(elsewhere, link)
        secret = 'KEY = "ghp_%s"\n' % ('0a1B2c3D4e5F' * 3) + TEXT
        client = self.editor_without_files()
        for path, text in ((self.write('ignored/a.py'), TEXT), (elsewhere, TEXT), (link, TEXT),
                           (self.write('secret.py', secret), secret)):
            with self.subTest(path):
                _, trace = self.complete(path, client, text)
                self.assertNotIn(trace['plan'], ('remote', 'none'))
        self.complete(self.write('.env'), client)  # what krait does not read at all
        self.assertEqual(self.engine.requests, [])
        self.assertEqual(self.status()['remote']['bytes_sent'], 0)

    def test_no_editor_can_turn_it_on(self):
        client = self.editor_without_files(options={'krait': {'remote': {
            'url': self.engine.url, 'for': ['completion'], 'workspaces': [self.work]}}})
        self.assertIn('config.toml only', self.told(client, 'window/showMessage', 'remote.url'))
        self.complete(self.write('a.py'), client)
        self.assertEqual(self.engine.requests, [])
        self.assertNotIn('remote', self.status())

    def test_an_editor_can_turn_it_off(self):
        self.remote()
        client = self.editor_without_files(options={'krait': {'completion': {'local_only': True}}})
        _, trace = self.complete(self.write('a.py'), client)
        self.assertNotEqual(trace['plan'], 'remote')
        self.assertEqual(self.engine.requests, [])

    def test_without_a_folder_nothing_is_sent(self):
        self.remote(workspaces=[])
        self.complete(self.write('a.py'))
        self.assertEqual(self.engine.requests, [])

    def test_what_goes_wrong_is_answered_here(self):
        for mode, words in (('broken', 'HTTP 500'), ('wrong', 'text: expected a string'),
                            ('huge', 'an event of more than'), ('refuses', 'HTTP 401'),
                            ('busy', 'HTTP 429: too many'), ('leads_away', 'HTTP 307')):
            with self.subTest(mode):
                self.run_krait('stop')
                self.remote()
                self.engine.mode = mode
                shown, trace = self.complete(self.write('a.py'))
                self.assertNotEqual(shown, 'lines()')
                self.assertNotIn(trace['plan'], ('remote', 'none'))
                self.assertIn(words, trace['plan_reason'])
                remote = self.status()['remote']
                self.assertEqual((remote['failures'], remote['fallbacks']), (1, 1))
                for text in (self.log(), json.dumps(remote), trace['plan_reason']):
                    self.assertNotIn(KEY, text)

    def test_a_slow_one_is_not_waited_for(self):
        self.remote(completion_wait_ms=300)
        self.engine.mode = 'silent'
        _, trace = self.complete(self.write('a.py'))
        self.assertNotIn(trace['plan'], ('remote', 'none'))
        self.assertRegex(trace['plan_reason'], r'no answer within \d+ ms')

    def test_a_dropped_one_ends_there(self):
        self.remote()
        self.engine.text = ['readlines()\n', '    and this li']
        self.engine.mode = 'dropped'
        shown, trace = self.complete(self.write('a.py'))
        self.assertEqual((shown, trace['plan']), ('readlines()', 'remote'))

    def test_an_endless_one_is_ended(self):
        self.remote()
        self.engine.mode = 'endless'
        _, trace = self.complete(self.write('a.py'))
        self.assertEqual(trace['plan'], 'remote')
        wait_until(lambda: self.engine.connections_ended == 1, 'the connection ends')

    def test_one_that_was_busy_is_asked_again(self):
        self.remote()
        self.engine.mode = 'once_busy'
        shown, _ = self.complete(self.write('a.py'))
        self.assertEqual(shown, 'lines()')
        self.assertEqual(len(self.engine.requests), 2)
        self.assertEqual(self.status()['remote']['failures'], 0)

    def test_one_that_refuses_is_left_alone(self):
        self.remote()
        self.engine.mode = 'refuses'
        client = self.editor_without_files()
        for name in ('a.py', 'b.py', 'c.py'):
            _, trace = self.complete(self.write(name), client)
            self.assertIn('HTTP 401', trace['plan_reason'])
        self.assertEqual(len(self.engine.requests), 1)
        self.wait_for_log("is not asked for 15 s: HTTP 401")
        self.assertIn('not asked for', self.run_krait('status').stdout)

    def test_an_answer_without_a_stream(self):
        self.remote()
        self.engine.mode = 'at_once'
        shown, trace = self.complete(self.write('a.py'))
        self.assertEqual((shown, trace['plan']), ('lines()', 'remote'))

    def test_what_is_cancelled_is_hung_up_on(self):
        self.remote()
        self.engine.mode = 'late'
        client = self.editor_without_files()
        path = self.write('a.py', 'a = [\n')
        client.open('file://' + path, 'a = [\n')
        request = client.ask_inline('file://' + path, 0, 5)
        wait_until(lambda: self.engine.requests, 'it is asked')
        client.notify('$/cancelRequest', {'id': request})
        wait_until(lambda: self.engine.connections_ended == 1, 'the connection ends')


class NoticeTest(RemoteCase):
    def told_of(self, client, path, words):
        """The message of these words, which the completion of a file leads to."""
        self.complete(path, client)
        return self.told(client, 'window/showMessage', words)

    def shown_messages(self, client):
        return [m['params'] for m in client.kept if m.get('method') == 'window/showMessage']

    def test_each_change_is_told_once(self):
        self.remote()
        self.engine.mode = 'refuses'
        client = self.editor_without_files(
            options={'editorInfo': {'name': 'test', 'version': '1'}})
        message = self.told_of(client, self.write('a.py'), 'answers again: HTTP 401')
        self.assertIn("come from krait's own model until %s" % self.engine.url, message)
        self.assertNotIn(KEY, message)
        status = client.wait(lambda m: m.get('method') == 'didChangeStatus'
                             and m['params']['kind'] == 'Warning')
        self.assertIn('HTTP 401', status['params']['message'])
        for name in ('b.py', 'c.py'):
            self.complete(self.write(name), client)
        self.assertEqual(self.shown_messages(client), [])
        # It is asked again after 15 s.
        self.engine.mode = 'well'
        wait_until(lambda: self.status()['remote'].get('asked_again_in_seconds', 0) == 0,
                   'it may be asked again')
        self.told_of(client, self.write('d.py'), 'answers again, and completes')
        client.wait(lambda m: m.get('method') == 'didChangeStatus'
                    and m['params']['kind'] == 'Normal' and not m['params']['busy'])
        self.complete(self.write('e.py'), client)
        self.assertEqual(self.shown_messages(client), [])

    def test_who_is_not_concerned_is_not_told(self):
        self.remote()
        self.engine.mode = 'refuses'
        client = self.editor_without_files()
        other = self.editor_without_files()
        self.told_of(client, self.write('a.py'), 'HTTP 401')
        elsewhere = os.path.join(self.places.root, 'elsewhere.py')
        with open(elsewhere, 'w', encoding='utf-8') as file:
            file.write(TEXT)
        self.complete(elsewhere, other)
        self.assertEqual(self.shown_messages(other), [])


class ChatTest(RemoteCase):
    def test_conversations_go_elsewhere(self):
        self.remote()
        self.serve()
        answer = self.chat(temperature=0.5)
        self.assertEqual(answer['choices'][0]['message']['content'], 'lines()')
        self.assertEqual(answer['usage']['prompt_tokens'], 7)
        sent = json.loads(self.engine.bodies()[0])
        self.assertEqual(sent['messages'], [{'role': 'user', 'content': 'Hello?'}])
        self.assertEqual(sent['temperature'], 0.5)
        events = self.events('/v1/chat/completions',
                             {'messages': [{'role': 'user', 'content': 'Hello?'}]})
        said = ''.join(json.loads(e)['choices'][0]['delta'].get('content') or ''
                       for e in events[:-1] if json.loads(e)['choices'])
        self.assertEqual(said, 'lines()')
        # Who leaves it to the model leaves it to that one.
        self.assertNotIn('temperature', json.loads(self.engine.bodies()[1]))
        ollama = self.post('/api/chat', {'stream': False, 'messages': [
            {'role': 'user', 'content': 'Hello?'}]})
        self.assertEqual(ollama['message']['content'], 'lines()')

    def test_texts_to_fill_in_stay(self):
        self.remote()
        self.serve()
        self.assertTrue(self.infill()['content'])
        self.post('/v1/completions', {'prompt': 'a = ', 'suffix': '\n', 'max_tokens': 2})
        self.post('/v1/completions', {'prompt': 'a = ', 'max_tokens': 2})
        self.assertEqual(self.engine.requests, [])

    def test_without_an_answer_it_says_so(self):
        self.remote()
        self.engine.mode = 'broken'
        self.serve()
        error = self.chat(status=503)['error']['message']
        self.assertIn('HTTP 500', error)
        self.assertIn('the model here cannot chat', error)

    def test_a_dropped_one_is_an_error(self):
        self.remote()
        self.engine.mode = 'dropped'
        self.serve()
        self.assertIn('ended early', self.chat(status=503)['error']['message'])


class SettingsTest(RemoteCase):
    def doctor(self):
        found = json.loads(self.run_krait('doctor', '--json').stdout)
        return next(check for check in found['checks'] if check['check'] == 'remote')

    def test_doctor_tries_it(self):
        self.assertEqual(self.doctor()['found'], 'none: nothing leaves this machine')
        self.remote(model='big')
        self.assertEqual(self.doctor()['health'], 'ok')
        self.assertEqual([body for _, _, body in self.engine.requests], [None])
        self.remote(model='other')
        self.assertIn('it has no model "other"; "big" is one', self.doctor()['found'])
        self.engine.mode = 'refuses'
        found = self.doctor()['found']
        self.assertIn('HTTP 401: no such key: Bearer ***', found)
        self.remote(key_env='NO_SUCH_KEY')
        self.assertIn('NO_SUCH_KEY', self.doctor()['found'])
        self.remote(url='http://192.0.2.1')
        self.assertIn('is not encrypted', self.doctor()['found'])
        self.remote(workspaces=[])
        self.engine.mode = 'well'
        self.assertIn('no file is sent', self.doctor()['advice'])

    def test_a_key_in_the_wrong_place_is_not_repeated(self):
        self.remote(key_env=KEY)
        shown = self.run_krait('config')
        self.assertIn('expected the name of the environment variable', shown.stdout + shown.stderr)
        self.assertNotIn(KEY, shown.stdout + shown.stderr)


class KraitElsewhereTest(RemoteCase):
    """The other engine is a krait of another user's."""

    def test_in_each_dialect(self):
        env = dict(self.places.env)
        for variable in ('XDG_RUNTIME_DIR', 'XDG_STATE_HOME', 'XDG_CONFIG_HOME'):
            env[variable] = os.path.join(self.places.root, 'other', variable)
            os.makedirs(env[variable], mode=0o700)
        other = subprocess.Popen([KRAIT, 'serve', '--threads', '1', '--listen', '127.0.0.1:0'],
                                 env=env, stdout=subprocess.PIPE, text=True)
        self.addCleanup(other.stdout.close)
        self.addCleanup(subprocess.run, [KRAIT, 'stop'], env=env, check=False, capture_output=True)
        self.addCleanup(other.wait)
        self.addCleanup(other.kill)
        url = re.search(r'http://\S+', other.stdout.readline())[0]
        path = self.write('a.py')
        for kind in ('openai', 'mistral', 'llama.cpp'):
            with self.subTest(kind):
                self.run_krait('stop')
                self.remote(url=url, kind=kind)
                shown, trace = self.complete(path)
                self.assertEqual(trace['plan'], 'remote', trace)
                self.assertTrue(shown)


if __name__ == '__main__':
    main()
