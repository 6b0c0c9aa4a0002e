# SPDX-License-Identifier: Apache-2.0
"""End to end: what the daemon says of itself, and its settings, with the default model.

    daemon_status_test.py KRAIT SOURCE_DIR
"""

import json
import os
import subprocess

from daemon_case import KRAIT, URI, DaemonCase, main, wait_until


class DaemonStatusTest(DaemonCase):
    # What it says of itself ---------------------------------------------------

    def test_status(self):
        done = self.run_krait('status')
        self.assertEqual((done.returncode, done.stdout), (1, 'no daemon is running\n'))
        client = self.editor()
        client.inline(URI, 5, 17)
        client.inline(URI, 5, 17)
        status = self.status()
        self.assertTrue(status['running'])
        self.assertEqual(status['model']['state'], 'ready')
        self.assertEqual(status['threads'], 2)
        self.assertGreaterEqual(status['uptime_seconds'], 0)
        self.assertEqual(set(status['states']),
                         {'budget_bytes', 'held_bytes', 'device_budget_bytes', 'device_bytes',
                          'checkpoints', 'logged_tokens'})
        self.assertEqual(status['answers'], 2)
        self.assertEqual(sum(status['answers_by_plan'].values()), 2)
        self.assertGreater(status['tokens']['generated'], 0)
        self.assertTrue(0 <= status['hit_rate'] <= 1)
        for stage in ('queue', 'tokenize', 'prefill', 'decode', 'post', 'whole'):
            latency = status['latency_ms'][stage]
            self.assertTrue(0 <= latency['p50'] <= latency['p99'], stage)
        self.assertGreater(status['latency_ms']['whole']['p99'], 0)
        editor = next(c for c in status['connections'] if c['purpose'] == 'lsp')
        self.assertEqual(editor['open_documents'], 1)
        document = editor['documents'][0]
        self.assertEqual((document['uri'], document['lines']), (URI, 10))
        self.assertIn('tokens_computed', document['last'])
        text = self.run_krait('status').stdout
        self.assertIn('process %d' % status['pid'], text)
        self.assertIn(URI, text)
        self.assertEqual(client.finish(), 0)

    def test_statistics_outlive_the_daemon(self):
        self.assertEqual(self.run_krait('status', '--stats').stdout,
                         'no suggestion was shown yet\n')
        client = self.editor()
        item = client.inline(URI, 5, 17)[0]
        place = item['range']['start']
        client.change(URI, 2, [{'range': item['range'], 'text': item['insertText']}])
        client.call('workspace/executeCommand', item['command'])
        counted = self.statistics()
        self.assertEqual(place, item['range']['end'])
        self.assertEqual((counted['shown'], counted['accepted'], counted['partially']), (1, 1, 0))
        self.assertEqual(counted['characters'], len(item['insertText']))
        self.assertEqual(list(counted['by_language']), ['python'])
        self.assertEqual(client.call('krait/status')['statistics'], counted)
        self.assertEqual(client.finish(), 0)
        self.assertEqual(self.run_krait('stop').returncode, 0)
        self.assertEqual(self.statistics(), counted)
        self.assertIn('python', self.run_krait('status', '--stats').stdout)

    def statistics(self):
        return json.loads(self.run_krait('status', '--stats', '--json').stdout)

    def test_broken_statistics_are_set_aside(self):
        path = os.path.join(self.places.state, 'krait', 'statistics.json')
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w', encoding='utf-8') as file:
            file.write('{')
        done = self.run_krait('status', '--stats')
        self.assertEqual((done.returncode, done.stdout), (0, 'no suggestion was shown yet\n'))
        self.assertIn('statistics.json.broken', done.stderr)
        client = self.editor()
        client.inline(URI, 5, 17)
        self.assertEqual(client.finish(), 0)
        self.assertEqual(self.run_krait('stop').returncode, 0)
        self.assertEqual(self.statistics()['shown'], 1)
        self.assertTrue(os.path.exists(path + '.broken'))

    def test_statistics_can_be_turned_off(self):
        self.config('statistics = false\n')
        client = self.editor()
        client.inline(URI, 5, 17)
        self.assertEqual(self.statistics()['shown'], 0)
        self.assertEqual(client.finish(), 0)

    def test_status_watches_until_the_end(self):
        self.daemon()
        wait_until(lambda: self.status()['running'], 'the daemon')
        watch = subprocess.Popen([KRAIT, 'status', '--json', '--watch'], env=self.places.env,
                                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(watch.stdout.close)
        self.assertTrue(json.loads(watch.stdout.readline())['running'])
        self.run_krait('stop')
        self.assertEqual(json.loads(watch.stdout.readlines()[-1]), {'running': False})
        self.assertEqual(watch.wait(20), 1)

    def test_log(self):
        done = self.run_krait('log')
        self.assertEqual(done.returncode, 2)
        self.assertIn('no editor has started a daemon yet', done.stderr)
        client = self.editor()
        self.assertEqual(client.finish(), 0)
        self.run_krait('stop')
        done = self.run_krait('log')
        self.assertEqual(done.returncode, 0)
        with open(self.places.log, encoding='utf-8') as log:
            self.assertEqual(done.stdout, log.read())
        last = done.stdout.splitlines(keepends=True)[-2:]
        self.assertEqual(self.run_krait('log', '-n', '2').stdout, ''.join(last))
        follow = subprocess.Popen([KRAIT, 'log', '-f', '-n', '1'], env=self.places.env,
                                  stdout=subprocess.PIPE, text=True)
        self.addCleanup(follow.stdout.close)
        self.addCleanup(follow.wait)
        self.addCleanup(follow.kill)
        self.assertEqual(follow.stdout.readline(), last[-1])
        os.rename(self.places.log, self.places.log + '.1')  # as a full one
        with open(self.places.log, 'w', encoding='utf-8') as log:
            log.write('anew\n')
        self.assertEqual(follow.stdout.readline(), 'anew\n')

    # Settings -----------------------------------------------------------------

    def test_a_repository_cannot_bring_a_model_of_its_own(self):
        """Where the editor was started is a repository of anybody."""
        folder = os.path.join(self.places.root, 'repository')
        os.makedirs(os.path.join(folder, 'my-model'))
        for name in ('config.json', 'model.safetensors'):
            with open(os.path.join(folder, 'my-model', name), 'w', encoding='utf-8') as file:
                file.write('{}')
        path = self.config('model = "my-model"\n')
        done = self.run_krait('complete', 'a.py:1:1', cwd=folder, input='')
        self.assertEqual(done.returncode, 2)
        with open(os.path.join(folder, 'a.py'), 'w', encoding='utf-8') as file:
            file.write('\n')
        done = self.run_krait('complete', 'a.py:1:1', cwd=folder)
        self.assertEqual(done.returncode, 2)
        self.assertIn('%s:1: model: no model named "my-model"' % path, done.stderr)
        # A relative path is one beside the file.
        self.config('model = "./my-model"\n')
        done = self.run_krait('complete', 'a.py:1:1', cwd=folder)
        self.assertIn('krait/my-model: no such model file', done.stderr)

    def test_a_bad_file_named_on_the_command_line_is_an_error(self):
        path = self.config('threads = "many"\n')
        done = self.run_krait('daemon', '--config', path)
        self.assertEqual(done.returncode, 2)
        self.assertIn('%s:1: threads: expected a whole number' % path, done.stderr)

    def test_a_bad_file_does_not_stop_an_editor(self):
        for mode in ([], ['--no-daemon']):
            path = self.config('[completion]\nmax_tokens = 0\n')
            client = self.editor(*mode)
            self.told(client, 'window/showMessage',
                      '%s:2: completion.max_tokens: expected' % path)
            self.assertEqual(len(client.inline(URI, 5, 17)), 1)
            self.assertEqual(client.finish(), 0)

    def test_the_command_line_comes_before_the_file(self):
        self.config('[completion]\nmax_tokens = 1\n')
        for mode in ([], ['--no-daemon']):
            short = self.editor(*mode)
            long = self.editor('--max-tokens', '40', *mode)
            tokens = []
            for client in (short, long):
                client.inline(URI, 5, 17)
                explained = client.call('krait/explain', {'textDocument': {'uri': URI}})
                tokens.append(explained['tokens_generated'])
                self.assertEqual(client.finish(), 0)
            self.assertEqual(tokens[0], 1)
            self.assertGreater(tokens[1], 1)


if __name__ == '__main__':
    main()
