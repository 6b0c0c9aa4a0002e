# SPDX-License-Identifier: Apache-2.0
"""End to end: what is kept on the disk, and a model that changes under krait.

    states_test.py KRAIT SOURCE_DIR
"""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
import unittest

from lsp_client import Client, Places

KRAIT = sys.argv[1]
SOURCE = sys.argv[2]
URI = 'file:///project/a.py'
TEXT = ('import os\n' + ''.join('value_%d = compute(%d)\n' % (i, i) for i in range(100)) +
        'def read(path):\n    with open(path) as f:\n        return f.\n')
PLACE = (103, 17)
CHANGED = "the model's file was changed"
READ = 'saved states were read'


def wait_until(condition, what, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError('not within %d s: %s' % (seconds, what))
        time.sleep(0.05)


def default_model():
    folder = os.path.join(SOURCE, 'models')
    with open(os.path.join(folder, 'default'), encoding='utf-8') as name:
        return os.path.join(folder, name.read().strip())


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def write_in_place(path, data):
    """As `cp` and `curl -o` do: the same inode."""
    with open(path, 'r+b') as file:
        file.write(data)
        file.truncate()


class StatesTest(unittest.TestCase):
    def setUp(self):
        self.places = Places()
        self.addCleanup(self.places.remove)
        self.addCleanup(self.run_krait, 'stop')
        self.states = os.path.join(self.places.state, 'krait', 'states')

    def run_krait(self, *arguments):
        return subprocess.run([KRAIT, *arguments], env=self.places.env, text=True,
                              capture_output=True, timeout=60, check=False)

    def editor(self, *options, text=TEXT, sound=True):
        """What is on the disk has been read when it returns, if there is a daemon's log."""
        read = self.log().count(READ)
        running = self.status()['running']
        client = Client([KRAIT, 'lsp', '--threads', '2', '--min-confidence', '-inf', *options],
                        self.places.env)
        self.addCleanup(client.close)
        client.initialize()
        if sound and not running and '--no-daemon' not in options:
            wait_until(lambda: self.log().count(READ) > read, 'the saved states')
        client.open(URI, text)
        return client

    def status(self):
        return json.loads(self.run_krait('status', '--json').stdout)

    def config(self, text):
        folder = os.path.join(self.places.config, 'krait')
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, 'config.toml'), 'w', encoding='utf-8') as file:
            file.write(text)

    def log(self):
        try:
            with open(self.places.log, encoding='utf-8') as log:
                return log.read()
        except FileNotFoundError:
            return ''

    def told(self, client, words):
        return client.wait(lambda m: m.get('method') == 'window/showMessage'
                           and words in m['params']['message'])

    def files(self, folder=None):
        return [os.path.join(where, name) for where, _, names in os.walk(folder or self.states)
                for name in names]

    def session(self, *options):
        """One editor from start to `krait stop`; returns the answer and what it cost."""
        client = self.editor(*options)
        items = self.ask(client)
        cost = client.explain(URI)
        self.assertEqual(client.finish(), 0)
        self.assertEqual(self.run_krait('stop').returncode, 0)
        return items, cost['tokens_computed']

    def model(self):
        """A copy of the default model, and its bytes."""
        path = os.path.join(self.places.root, 'model.gguf')
        shutil.copyfile(default_model(), path)
        with open(path, 'rb') as file:
            return path, file.read()

    @staticmethod
    def with_zeros(data):
        """The weights as after a bad download."""
        middle = len(data) // 2
        return data[:middle] + bytes(600_000) + data[middle + 600_000:]

    @staticmethod
    def ask(client, uri=URI, place=PLACE):
        """By hand, so that the model is asked even if the same was shown just now."""
        reply = client.answer(client.ask('textDocument/inlineCompletion', {
            'textDocument': {'uri': uri}, 'context': {'triggerKind': 1},
            'position': {'line': place[0], 'character': place[1]}}))
        return [item['insertText'] for item in reply.get('result', {}).get('items', [])]

    def answer(self, client):
        """Asks until the model answers: it may be being loaded."""
        items = []

        def answered():
            items[:] = self.ask(client)
            return items
        wait_until(answered, 'an answer')
        return items

    def wait_for_model(self):
        wait_until(lambda: self.status()['model']['state'] == 'ready', 'the model')

    # States are of one model --------------------------------------------------

    def test_metadata_are_a_part_of_the_model(self):
        path, data = self.model()
        _, cold = self.session('--model', path)
        wanted, warm = self.session('--model', path)
        self.assertGreater(cold, 900)
        self.assertLess(warm, cold / 4)
        key = b'layer_norm_rms_epsilon'
        value = data.index(key) + len(key) + 4  # behind the value's type
        other = os.path.join(self.places.root, 'other.gguf')
        with open(other, 'wb') as file:
            file.write(data[:value] + b'\x00\x00\x80\x3f' + data[value + 4:])  # 1.0
        os.replace(other, path)
        items, computed = self.session('--model', path)
        self.assertEqual(computed, cold)
        self.assertNotEqual(items, wanted)

    def test_states_of_damaged_weights_do_not_outlive_them(self):
        path, data = self.model()
        wanted, cold = self.session('--model', path)
        write_in_place(path, self.with_zeros(data))
        _, computed = self.session('--model', path)
        self.assertEqual(computed, cold)
        write_in_place(path, data)
        items, warm = self.session('--model', path)
        self.assertEqual(items, wanted)
        self.assertLess(warm, cold / 4)  # those of the right file are still there

    def test_a_model_that_is_overwritten_is_noticed_and_loaded_again(self):
        path, data = self.model()
        client = self.editor('--model', path)
        wanted = self.answer(client)
        pid = self.status()['pid']
        write_in_place(path, self.with_zeros(data))
        self.assertEqual(self.ask(client), [])
        self.told(client, CHANGED)
        self.wait_for_model()
        self.assertNotEqual(self.ask(client), wanted)  # by the damaged file
        write_in_place(path, data)
        self.assertEqual(self.ask(client), [])
        self.assertEqual(self.answer(client), wanted)
        self.assertEqual(self.status()['pid'], pid)
        self.assertEqual(client.finish(), 0)
        self.run_krait('stop')
        self.assertIn(CHANGED, self.log())
        items, _ = self.session('--model', path)
        self.assertEqual(items, wanted)

    def test_what_was_read_from_a_file_being_overwritten_is_not_saved(self):
        path, data = self.model()
        client = self.editor('--model', path)
        wanted = self.answer(client)
        write_in_place(path, self.with_zeros(data))
        self.assertEqual(client.finish(), 0)
        self.run_krait('stop')
        write_in_place(path, data)
        items, computed = self.session('--model', path)
        self.assertEqual(items, wanted)
        self.assertGreater(computed, 900)

    def test_a_model_that_is_replaced_is_used_from_then_on(self):
        path, data = self.model()
        client = self.editor('--model', path)
        wanted = self.answer(client)
        other = os.path.join(self.places.root, 'other.gguf')
        with open(other, 'wb') as file:
            file.write(b'half a model')
        os.replace(other, path)  # of no use: the one before serves on

        def after(words):
            self.assertEqual(self.ask(client), wanted)
            return words in self.log()
        wait_until(lambda: after('krait goes on with the one before'), 'the bad model')
        with open(other, 'wb') as file:
            file.write(data)
        os.replace(other, path)
        wait_until(lambda: after("the model's file was replaced\n"), 'the new model')
        self.assertEqual(client.finish(), 0)

    def test_a_model_that_is_cut_short_ends_nothing(self):
        path, data = self.model()
        for mode_of_running in ([], ['--no-daemon']):
            client = self.editor('--model', path, *mode_of_running)
            wanted = self.answer(client)
            os.truncate(path, 100_000)
            client.change(URI, 2, [{'text': '# other\n' + TEXT}])
            self.assertEqual(self.ask(client), [])
            self.told(client, CHANGED)
            write_in_place(path, data)
            client.change(URI, 3, [{'text': TEXT}])
            self.assertEqual(self.answer(client), wanted)
            self.assertEqual(client.finish(), 0)

    def test_a_model_that_is_right_again_is_loaded_by_itself(self):
        path, data = self.model()
        write_in_place(path, data[:100_000])
        client = self.editor('--model', path, sound=False)
        self.told(client, 'krait cannot complete')
        self.assertEqual(self.ask(client), [])
        write_in_place(path, data)
        self.assertTrue(self.answer(client))
        self.assertEqual(client.finish(), 0)

    # The user's files ---------------------------------------------------------

    def test_other_files_in_the_directory_of_states_are_left_alone(self):
        folder = os.path.join(self.places.root, 'cache')
        others = [os.path.join(folder, name) for name in
                  ('thesis.tmp', 'project/sub/unsaved.tmp', 'project/terraform.state')]
        for other in others:
            os.makedirs(os.path.dirname(other), exist_ok=True)
            with open(other, 'w', encoding='utf-8') as file:
                file.write('precious')
            os.utime(other, (1e9, 1e9))
        os.chmod(folder, 0o755)
        self.config('state_dir = "%s"\nstate_disk_bytes = 1\n' % folder)
        self.session()
        self.config('state_dir = "%s"\n' % folder)
        self.session()
        self.assertEqual(mode(folder), 0o755)
        self.assertEqual(self.run_krait('forget', '--all').returncode, 0)
        self.assertEqual(sorted(self.files(folder)), sorted(others))

    def test_nothing_is_readable_by_others_whatever_the_umask(self):
        before = os.umask(0)
        try:
            client = self.editor()
        finally:
            os.umask(before)
        client.inline(URI, *PLACE)
        self.assertEqual(client.finish(), 0)
        self.run_krait('stop')
        home = os.path.join(self.places.state, 'krait')
        names = {os.path.basename(name) for name in self.files(home)}
        self.assertTrue({'daemon.log', 'statistics.json'} <= names, names)
        self.assertTrue(self.files())
        for where, folders, names in os.walk(home):
            self.assertEqual(mode(where), 0o700, where)
            for name in names:
                self.assertEqual(mode(os.path.join(where, name)), 0o600, name)

    # Forgetting ---------------------------------------------------------------

    def test_forget_deletes_what_is_saved_of_a_directory(self):
        self.session()
        self.assertTrue(self.files())
        self.assertEqual(json.loads(self.run_krait('forget', '/other', '--json').stdout),
                         {'states': 0, 'indexes': 0})
        self.assertTrue(self.files())
        forgotten = json.loads(self.run_krait('forget', '/project', '--json').stdout)
        self.assertGreater(forgotten['states'], 0)
        self.assertEqual(self.files(), [])
        self.assertEqual(self.run_krait('forget', '--all', '/project').returncode, 2)

    def test_a_running_daemon_forgets_too(self):
        self.session()
        client = self.editor()
        client.inline(URI, *PLACE)
        client.notify('textDocument/didClose', {'textDocument': {'uri': URI}})
        client.settle()
        self.assertGreater(self.status()['states']['held_bytes'], 0)
        done = self.run_krait('forget', '--all')
        self.assertIn('statistics and logs', done.stdout)
        self.assertEqual(self.status()['states']['held_bytes'], 0)
        self.assertEqual(client.finish(), 0)
        self.run_krait('stop')
        self.assertEqual(self.files(), [])
        home = os.path.join(self.places.state, 'krait')
        self.assertNotIn('fingerprints', os.listdir(home))
        self.assertNotIn('listens at', self.log())

    def test_a_session_without_a_daemon_does_not_save_what_was_forgotten(self):
        client = self.editor('--no-daemon')
        self.answer(client)
        done = self.run_krait('forget', '--all')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(client.finish(), 0)
        self.assertEqual(self.files(), [])
        # From then on it is as before.
        client = self.editor('--no-daemon')
        self.answer(client)
        self.assertEqual(client.finish(), 0)
        self.assertTrue(self.files())

    def forbid(self, client, *globs):
        client.notify('workspace/didChangeConfiguration', {'settings': {'krait': {
            'completion': {'disabled_files': globs}}}})

    def test_what_becomes_forbidden_is_forgotten(self):
        self.session()
        for mode_of_running in ([], ['--no-daemon']):
            client = self.editor(*mode_of_running)
            self.answer(client)
            client.settle()
            self.assertGreater(client.call('krait/status')['states']['held_bytes'], 0)
            self.assertTrue(self.files() or mode_of_running)
            self.forbid(client, '*.py')
            self.assertEqual(self.ask(client), [])
            wait_until(lambda: not self.files(), 'nothing on the disk')
            client.settle()
            wait_until(lambda c=client: c.call('krait/status')['states']['held_bytes'] == 0,
                       'nothing in memory')
            self.assertEqual(client.finish(), 0)
            self.run_krait('stop')
            self.assertEqual(self.files(), [])

    def test_a_link_that_moves_to_a_secret_is_noticed(self):
        project = os.path.join(self.places.root, 'project')
        os.mkdir(project)
        link = os.path.join(project, 'notes.py')
        for name in ('public.py', '.env'):
            with open(os.path.join(project, name), 'w', encoding='utf-8') as file:
                file.write(TEXT)
        os.symlink('public.py', link)
        client = self.editor()
        uri = 'file://' + link
        client.open(uri, TEXT)
        self.assertTrue(self.ask(client, uri))
        os.unlink(link)
        os.symlink('.env', link)
        client.change(uri, 2, [{'text': 'KEY = "hunter2"\n' + TEXT}])

        def refused():
            items = self.ask(client, uri, (PLACE[0] + 1, PLACE[1]))
            why = (client.explain(uri) or {}).get('suppressed_by') or ''
            return not items and 'disabled_files' in why
        wait_until(refused, 'it is not read')
        client.notify('textDocument/didClose', {'textDocument': {'uri': URI}})
        client.settle()
        self.assertEqual(client.call('krait/status')['states']['held_bytes'], 0)
        self.assertEqual(client.finish(), 0)
        self.run_krait('stop')
        self.assertEqual(self.files(), [])

    def test_excluded_projects_are_not_saved(self):
        self.config('state_exclude = ["/project"]\n')
        self.session()
        self.assertEqual(self.files(), [])

    def test_states_go_when_they_are_old(self):
        self.session()
        old = time.time() - 31 * 86400
        for path in self.files():
            os.utime(path, (old, old))
        _, computed = self.session()
        self.assertGreater(computed, 900)

    # Ends ---------------------------------------------------------------------

    def test_the_log_says_how_the_last_daemon_ended(self):
        client = self.editor()
        self.answer(client)
        os.kill(self.status()['pid'], signal.SIGKILL)
        self.answer(client)
        self.assertIn('did not end by itself: it was killed', self.log())
        os.kill(self.status()['pid'], signal.SIGSEGV)
        self.answer(client)
        self.assertIn('it was ended by SIGSEGV', self.log())
        self.assertIn('krait: ended by SIGSEGV', self.log())
        self.assertEqual(client.finish(), 0)
        self.run_krait('stop')
        self.session()
        self.assertEqual(self.log().count('did not end by itself'), 2)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=1)
