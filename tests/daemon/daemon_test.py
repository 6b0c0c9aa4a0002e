# SPDX-License-Identifier: Apache-2.0
"""End to end: the daemon's life, with the default model.

    daemon_test.py KRAIT SOURCE_DIR
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest

from lsp_client import Client, Places

KRAIT = os.path.abspath(sys.argv[1])
URI = 'file:///project/a.py'
TEXT = 'import os\n\n\ndef read(path):\n    with open(path) as f:\n        return f.\n\n\nprint(read("x"))\n'


# Keeps connections until its standard input ends.
HOLD = '''
import socket, sys
path, greeting, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
kept = []
for _ in range(count):
    peer = socket.socket(socket.AF_UNIX)
    peer.connect(path)
    peer.sendall(greeting.encode() + b"\\n")
    welcome = peer.makefile("rb").readline()
    if b\'"refused":""\' not in welcome.replace(b" ", b""):
        sys.exit(welcome)
    kept.append(peer)
print("held", len(kept), flush=True)
sys.stdin.read()
'''


def wait_until(condition, what, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError('not within %d s: %s' % (seconds, what))
        time.sleep(0.02)


def has_ended(pid):
    try:
        with open('/proc/%d/stat' % pid, encoding='utf-8') as file:
            return file.read().split()[2] == 'Z'
    except OSError:
        return True


class DaemonTest(unittest.TestCase):
    def setUp(self):
        self.places = Places()
        self.addCleanup(self.places.remove)
        self.addCleanup(self.run_krait, 'stop')

    def run_krait(self, *arguments, **options):
        return subprocess.run([KRAIT, *arguments], env=self.places.env, text=True,
                              capture_output=True, timeout=60, check=False, **options)

    def client(self, *options, env=None):
        # Whether something is shown is not what is tested here.
        client = Client([KRAIT, 'lsp', '--threads', '2', '--min-confidence', '-inf', *options],
                        env or self.places.env)
        self.addCleanup(client.close)
        return client

    def editor(self, *options, env=None):
        client = self.client(*options, env=env)
        client.initialize()
        client.open(URI, TEXT)
        return client

    def daemon(self, *options, **popen):
        process = subprocess.Popen([KRAIT, 'daemon', '--threads', '1', *options],
                                   env=self.places.env, stderr=subprocess.PIPE, text=True, **popen)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def status(self):
        done = self.run_krait('status', '--json')
        return json.loads(done.stdout)

    def connect(self):
        peer = socket.socket(socket.AF_UNIX)
        self.addCleanup(peer.close)
        peer.settimeout(20)
        peer.connect(self.places.socket)
        return peer, peer.makefile('rb')

    def greet(self, **greeting):
        peer, lines = self.connect()
        self.addCleanup(lines.close)
        peer.sendall(json.dumps(greeting).encode() + b'\n')
        return peer, lines, json.loads(lines.readline())

    def config(self, text):
        folder = os.path.join(self.places.config, 'krait')
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, 'config.toml')
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text)
        return path

    def log(self):
        with open(self.places.log, encoding='utf-8') as log:
            return log.read()

    def told(self, client, method, words):
        return client.wait(lambda m: m.get('method') == method
                           and words in m['params']['message'])['params']['message']

    # One daemon for all -------------------------------------------------------

    def test_two_editors_share_one_daemon(self):
        first, second = self.editor(), self.editor()
        wanted = first.inline(URI, 5, 17)
        self.assertEqual(second.inline(URI, 5, 17), wanted)
        status = self.status()
        editors = [c for c in status['connections'] if c['purpose'] == 'lsp']
        self.assertEqual(len(editors), 2)
        self.assertEqual(first.finish(), 0)
        self.assertEqual(second.inline(URI, 5, 17), wanted)
        self.assertEqual(second.finish(), 0)
        self.assertEqual(self.status()['pid'], status['pid'])

    def test_racing_editors_start_one_daemon(self):
        clients = [self.client() for _ in range(8)]
        for client in clients:
            client.initialize()
        status = self.status()
        self.assertEqual(len([c for c in status['connections'] if c['purpose'] == 'lsp']), 8)
        for client in clients:
            self.assertEqual(client.finish(), 0)
        with open(self.places.log, encoding='utf-8') as log:
            self.assertEqual(log.read().count('listens at'), 1)

    def test_of_racing_daemons_one_wins_and_the_others_end_well(self):
        daemons = [self.daemon() for _ in range(6)]
        wait_until(lambda: sum(d.poll() is None for d in daemons) == 1, 'one daemon left')
        self.assertEqual(sorted(d.returncode for d in daemons if d.returncode is not None),
                         [0] * 5)
        winner = next(d for d in daemons if d.poll() is None)
        self.assertEqual(self.status()['pid'], winner.pid)

    def test_a_dead_daemons_socket_is_recovered(self):
        daemon = self.daemon()
        wait_until(lambda: self.status()['running'], 'the daemon')
        daemon.kill()
        daemon.wait()
        self.assertTrue(os.path.exists(self.places.socket))
        self.assertEqual(self.status(), {'running': False})
        client = self.editor()
        self.assertEqual(len(client.inline(URI, 5, 17)), 1)
        self.assertEqual(client.finish(), 0)

    # Crashes and ends ---------------------------------------------------------

    def test_kill_9_costs_an_editor_nothing_but_warmth(self):
        client = self.client()
        client.initialize(encodings=('utf-8',))
        client.open(URI, TEXT.replace('return f.', 'x'))
        client.change(URI, 2, [{'range': {'start': {'line': 5, 'character': 8},
                                          'end': {'line': 5, 'character': 9}}, 'text': 'return'}])
        os.kill(self.status()['pid'], signal.SIGKILL)
        client.change(URI, 3, [{'range': {'start': {'line': 5, 'character': 14},
                                          'end': {'line': 5, 'character': 14}}, 'text': ' f.'}])
        self.told(client, 'window/logMessage', 'another takes over')
        items = client.inline(URI, 5, 17)

        fresh = self.client('--no-daemon')
        fresh.initialize(encodings=('utf-8',))
        fresh.open(URI, TEXT)
        self.assertEqual(items, fresh.inline(URI, 5, 17))
        self.assertEqual(fresh.finish(), 0)
        self.assertEqual(client.finish(), 0)

    def test_kill_9_does_not_open_what_the_editor_closed(self):
        client = Client([KRAIT, 'lsp', '--threads', '2', '--min-confidence=-inf'],
                        self.places.env)
        self.addCleanup(client.close)
        client.results['workspace/configuration'] = [
            {'completion': {'disabled_files': ['*.py']}}]
        client.initialize(configuration=True)
        client.open(URI, TEXT)
        self.assertEqual(client.inline(URI, 5, 17), [])
        for _ in range(2):
            pid = self.status()['pid']
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda pid=pid: self.status().get('pid') not in (None, pid),
                       'another daemon')
            # Before the editor has answered the new daemon's question.
            self.assertEqual(client.inline(URI, 5, 17), [])
        self.assertEqual(client.finish(), 0)

    def test_kill_9_keeps_lost_what_is_lost(self):
        client = self.editor()
        client.change(URI, 2, [{'range': {'start': {'line': 3, 'character': 1},
                                          'end': {'line': 1, 'character': 0}}, 'text': ''}])
        self.assertIn('error', client.answer(client.ask_inline(URI, 0, 0)))
        pid = self.status()['pid']
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: self.status().get('pid') not in (None, pid), 'another daemon')
        client.insert(URI, 3, 0, 0, 'x')
        self.assertIn('error', client.answer(client.ask_inline(URI, 0, 0)))
        client.change(URI, 4, [{'text': TEXT}])
        self.assertEqual(len(client.inline(URI, 5, 17)), 1)
        self.assertEqual(client.finish(), 0)

    def test_requests_in_flight_get_an_error_when_the_daemon_dies(self):
        client = self.client()
        client.initialize()
        client.open(URI, '# a comment of some length, to keep the model busy\n' * 400 + TEXT)
        pid = self.status()['pid']
        os.kill(pid, signal.SIGSTOP)  # so that the request surely waits
        request = client.ask_inline(URI, 405, 17)
        os.kill(pid, signal.SIGKILL)
        self.assertEqual(client.answer(request)['error']['code'], -32803)
        self.assertEqual(len(client.inline(URI, 405, 17)), 1)
        self.assertEqual(client.finish(), 0)

    def test_after_stop_the_next_request_starts_a_daemon(self):
        client = self.editor()
        wanted = client.inline(URI, 5, 17)
        self.assertIn('stopped the daemon', self.run_krait('stop').stdout)
        self.assertEqual(self.status(), {'running': False})
        client.change(URI, 2, [{'text': 'nothing'}])
        self.assertEqual(self.status(), {'running': False})  # typing starts none
        client.change(URI, 3, [{'text': TEXT}])
        self.assertEqual(client.inline(URI, 5, 17), wanted)
        self.assertTrue(self.status()['running'])
        self.assertEqual(client.finish(), 0)

    def test_a_signal_ends_it_cleanly(self):
        for end in (signal.SIGTERM, signal.SIGINT):
            daemon = self.daemon()
            wait_until(lambda: self.status()['running'], 'the daemon')
            client = self.editor()
            daemon.send_signal(end)
            self.assertEqual(daemon.wait(20), 0)
            self.assertFalse(os.path.exists(self.places.socket))
            self.assertEqual(client.finish(), 0)

    def test_warm_states_survive_a_restart(self):
        text = ''.join('value_%d = compute(%d)\n' % (i, i) for i in range(200)) + TEXT
        explained = []
        for sessions in (1, 2):
            client = self.client()
            client.initialize()
            wait_until(lambda n=sessions: self.log().count('saved states were read') == n,
                       'the saved states')
            client.open(URI, text)
            client.inline(URI, 205, 17)
            explained.append(client.call('krait/explain', {'textDocument': {'uri': URI}}))
            self.assertEqual(client.finish(), 0)
            self.run_krait('stop')
        cold, warm = explained
        self.assertGreater(cold['tokens_computed'], 1000)
        self.assertLess(warm['tokens_computed'], cold['tokens_computed'] / 4)

    def test_stop_without_a_daemon_is_fine(self):
        done = self.run_krait('stop')
        self.assertEqual((done.returncode, done.stdout), (0, 'no daemon is running\n'))

    def test_leaves_when_nobody_is_connected(self):
        self.config('idle_minutes = 0.005\n')  # 0.3 s
        client = self.editor()
        pid = self.status()['pid']
        self.assertEqual(client.finish(), 0)
        wait_until(lambda: not os.path.exists(self.places.socket), 'the end of %d' % pid)
        with open(self.places.log, encoding='utf-8') as log:
            self.assertIn('stopping: nobody is connected', log.read())

    # Its place ------------------------------------------------------------------

    def test_the_end_of_a_daemon_leaves_its_successors_socket_alone(self):
        first = self.daemon()
        wait_until(lambda: self.status()['running'], 'the first daemon')
        first.send_signal(signal.SIGSTOP)  # so that it does not take its place again
        shutil.rmtree(os.path.dirname(self.places.socket))  # as a logout does
        second = self.daemon()
        wait_until(lambda: self.status().get('pid') == second.pid, 'the second daemon')
        first.send_signal(signal.SIGCONT)
        self.assertEqual(first.wait(20), 0)  # nobody can reach it any more
        self.assertEqual(self.status()['pid'], second.pid)
        client = self.editor()
        self.assertEqual(len(client.inline(URI, 5, 17)), 1)
        self.assertEqual(client.finish(), 0)
        self.assertIn('(process %d)' % second.pid, self.run_krait('stop').stdout)
        self.assertEqual(second.wait(20), 0)

    def test_a_daemon_that_lost_its_place_serves_its_editors_to_their_end(self):
        client = self.editor()
        first = self.status()['pid']
        os.kill(first, signal.SIGSTOP)
        shutil.rmtree(os.path.dirname(self.places.socket))
        second = self.daemon()
        wait_until(lambda: self.status().get('pid') == second.pid, 'the second daemon')
        os.kill(first, signal.SIGCONT)
        self.assertEqual(len(client.inline(URI, 5, 17)), 1)
        self.wait_for_log('ending with the last connection')
        self.assertEqual(len(client.inline(URI, 5, 17)), 1)
        self.assertEqual(client.finish(), 0)
        wait_until(lambda: has_ended(first), 'the end of the first daemon')
        self.assertEqual(self.status()['pid'], second.pid)

    def test_a_removed_place_is_taken_again(self):
        daemon = self.daemon()
        wait_until(lambda: self.status()['running'], 'the daemon')
        shutil.rmtree(os.path.dirname(self.places.socket))
        wait_until(lambda: self.status()['running'], 'the daemon at its place')
        self.assertEqual(self.status()['pid'], daemon.pid)
        self.assertEqual(self.run_krait('stop').returncode, 0)
        self.assertEqual(daemon.wait(20), 0)
        self.assertFalse(os.path.exists(self.places.socket))

    def wait_for_log(self, words):
        def logged():
            with open(self.places.log, encoding='utf-8') as log:
                return words in log.read()
        wait_until(logged, 'in the log: ' + words)

    def test_another_place_is_taken_if_the_runtime_directory_cannot_be_used(self):
        too_long = os.path.join(self.places.runtime, 'x' * 100)
        os.mkdir(too_long, 0o700)
        for unusable in ('/proc/self', os.path.join(self.places.root, 'none'), too_long):
            self.places.env['XDG_RUNTIME_DIR'] = unusable
            begin = time.monotonic()
            client = self.editor()
            self.assertLess(time.monotonic() - begin, 9)  # no ten seconds of trying
            self.assertEqual(len(client.inline(URI, 5, 17)), 1)
            self.assertTrue(self.status()['running'], unusable)
            checks = {check['check']: check for check in
                      json.loads(self.run_krait('doctor', '--json').stdout)['checks']}
            self.assertEqual(checks['runtime dir']['health'], 'warning')
            self.assertIn(unusable, checks['runtime dir']['advice'])
            self.assertIn('process', checks['daemon']['found'])
            self.assertEqual(client.finish(), 0)
            self.assertEqual(self.run_krait('stop').returncode, 0)
        folder = os.path.join(self.places.tmp, 'krait-%d' % os.getuid())
        self.assertEqual(os.stat(folder).st_mode & 0o7777, 0o700)

    def test_without_any_place_the_editor_is_served_all_the_same(self):
        self.places.env['XDG_RUNTIME_DIR'] = '/proc/self'  # nothing can be made there
        with open(os.path.join(self.places.tmp, 'krait-%d' % os.getuid()), 'w',
                  encoding='utf-8'):
            pass
        begin = time.monotonic()
        client = self.editor()
        self.assertLess(time.monotonic() - begin, 9)
        self.assertEqual(len(client.inline(URI, 5, 17)), 1)
        self.told(client, 'window/showMessage', 'expected a directory')
        self.assertEqual(client.finish(), 0)
        self.assertIn('expected a directory', self.run_krait('doctor').stdout)

    def test_keeps_nothing_of_the_editor_that_started_it(self):
        env = dict(self.places.env, VIRTUAL_ENV='/v', SSH_AUTH_SOCK='/s', PWD='/usb')
        client = self.editor(env=env)
        pid = self.status()['pid']
        if os.getuid() == 0:  # others may not look
            self.assertEqual(os.readlink('/proc/%d/cwd' % pid), '/')
            with open('/proc/%d/environ' % pid, encoding='utf-8') as file:
                names = {variable.split('=')[0] for variable in file.read().split('\0')}
            self.assertFalse(names & {'VIRTUAL_ENV', 'SSH_AUTH_SOCK', 'PWD'}, names)
            self.assertIn('XDG_RUNTIME_DIR', names)
        with open('/proc/%d/status' % pid, encoding='utf-8') as file:
            self.assertIn('Umask:\t0077\n', file.read())
        self.assertEqual(client.finish(), 0)

    def test_what_editors_have_open_gets_into_no_core_dump(self):
        client = self.editor()
        alone = self.editor('--no-daemon')
        for pid in (self.status()['pid'], client.process.pid, alone.process.pid):
            with open('/proc/%d/limits' % pid, encoding='utf-8') as file:
                core = next(line for line in file if line.startswith('Max core file size'))
            self.assertEqual(core.split()[4:6], ['0', '0'])
            # Not dumpable: the files there are root's, whoever runs it.
            self.assertEqual(os.stat('/proc/%d/environ' % pid).st_uid, 0)
        self.assertEqual(client.finish(), 0)
        self.assertEqual(alone.finish(), 0)

    def test_uses_only_the_cpus_that_it_may_use(self):
        cpus = os.sched_getaffinity(0)
        one = min(cpus)
        def confine():
            os.sched_setaffinity(0, {one})
        client = Client([KRAIT, 'lsp'], self.places.env, preexec_fn=confine)
        self.addCleanup(client.close)
        client.initialize()
        client.open(URI, TEXT)
        client.inline(URI, 5, 17)
        status = self.status()
        self.assertEqual(status['threads'], 1)
        for task in os.listdir('/proc/%d/task' % status['pid']):
            self.assertEqual(os.sched_getaffinity(int(task)), {one})
        self.assertEqual(client.finish(), 0)

    # Ends that nobody sees --------------------------------------------------------

    def test_a_language_server_ends_with_its_editor_whatever_it_has_to_say(self):
        """The editor is killed while it writes; its pipes close all at once."""
        for mode in ([], ['--no-daemon']):
            for words in (b'Content-Length: 100\r\n\r\n{', b'nonsense: 1\r\n\r\n', b''):
                client = self.client(*mode)
                client.initialize()
                client.process.stderr.close()
                client.write(words)
                client.process.stdin.close()
                self.assertEqual(client.process.wait(20), 1, (mode, words))

    def test_status_and_stop_tell_of_a_daemon_that_hangs(self):
        daemon = self.daemon()
        wait_until(lambda: self.status()['running'], 'the daemon')
        daemon.send_signal(signal.SIGSTOP)
        done = self.run_krait('status', '--json')
        self.assertEqual(done.returncode, 1)
        status = json.loads(done.stdout)
        self.assertEqual((status['running'], status['responding']), (True, False))
        self.assertIn('process %d' % daemon.pid, status['error'])
        done = self.run_krait('stop')
        self.assertEqual(done.returncode, 1)
        self.assertIn('does not answer', done.stderr)
        daemon.send_signal(signal.SIGCONT)
        wait_until(lambda: self.status().get('responding', True), 'an answer')

    def test_stop_waits_for_the_process_that_it_told(self):
        """Not for the lock, which a successor has at once."""
        client = self.editor()
        old = self.status()['pid']
        stop = subprocess.Popen([KRAIT, 'stop'], env=self.places.env, text=True,
                                stdout=subprocess.PIPE)
        self.addCleanup(stop.stdout.close)
        for version in range(2, 40):  # asks for a successor all the time
            client.change(URI, version, [{'text': TEXT}])
            client.answer(client.ask_inline(URI, 5, 17))
            if stop.poll() is not None:
                break
        self.assertEqual(stop.wait(30), 0)
        self.assertIn('(process %d)' % old, stop.stdout.read())
        self.assertTrue(has_ended(old))
        self.assertEqual(client.finish(), 0)

    # Who may use it -----------------------------------------------------------

    def test_a_directory_open_to_others_is_refused(self):
        folder = os.path.join(self.places.runtime, 'krait')
        os.mkdir(folder)
        os.chmod(folder, 0o755)
        done = self.run_krait('daemon')
        self.assertEqual(done.returncode, 2)
        self.assertIn('%s: expected mode 0700' % folder, done.stderr)
        os.rmdir(folder)
        os.symlink(self.places.state, folder)
        self.assertIn('expected a directory', self.run_krait('daemon').stderr)
        os.unlink(folder)

    def test_another_model_than_the_daemons_runs_beside_it(self):
        self.daemon()
        wait_until(lambda: self.status()['running'], 'the daemon')
        model = os.path.join(self.places.root, 'other.gguf')
        with open(self.status()['model']['path'], 'rb') as source, open(model, 'wb') as copy:
            copy.write(source.read())
        client = self.editor('--model', model)
        self.told(client, 'window/showMessage', "the running daemon's model is")
        self.assertEqual(len(client.inline(URI, 5, 17)), 1)
        self.assertEqual(client.finish(), 0)

    def test_bad_greetings_are_refused(self):
        self.daemon()
        wait_until(lambda: self.status()['running'], 'the daemon')
        for line, reason in ((b'GET / HTTP/1.1\r\n', 'expected a JSON object'),
                             (b'{"protocol": "1"}\n', 'protocol: expected a whole number'),
                             (b'{"purpose": "chat"}\n', 'purpose: expected'),
                             (b'[' * 5000 + b'\n', 'expected a JSON object')):
            peer, lines = self.connect()
            peer.sendall(line)
            welcome = json.loads(lines.readline())
            self.assertEqual(welcome['refused'], 'greeting', line[:20])
            self.assertIn(reason, welcome['reason'])
            self.assertEqual(lines.read(), b'')
            lines.close()
        peer, lines = self.connect()
        try:
            peer.sendall(b'x' * 100000)  # no line at all
            self.assertEqual(lines.read(), b'')
        except ConnectionError:
            pass
        lines.close()
        _, _, welcome = self.greet(protocol=1, version='0.0.1', purpose='lsp')
        self.assertEqual(welcome['refused'], 'version')
        peer, lines, welcome = self.greet(protocol=1, version='0.0.1', purpose='control')
        self.assertEqual(welcome['refused'], '')
        peer.sendall(b'{"request": "dance"}\n')
        self.assertIn('expected "status", "stop", "drain" or "forget"', json.loads(lines.readline())['error'])
        self.assertTrue(self.status()['running'])

    def test_connections_are_bounded(self):
        self.daemon()
        wait_until(lambda: self.status()['running'], 'the daemon')
        status = self.status()
        wanted = {'protocol': 1, 'version': status['version'], 'purpose': 'lsp',
                  'model': status['model']['path'], 'settings': {}}
        for _ in range(4):
            self.hold(wanted, 16)
        peer, lines, welcome = self.greet(**wanted)
        self.assertEqual(welcome['refused'], 'busy')
        self.assertEqual(lines.read(), b'')
        self.assertTrue(self.status()['running'])  # control goes on
        client = self.editor()  # and so does an editor, by itself
        self.told(client, 'window/showMessage', 'takes 64 editors')
        self.assertEqual(len(client.inline(URI, 5, 17)), 1)
        self.assertEqual(client.finish(), 0)

    def hold(self, greeting, count):
        """Has another process keep connections, which are all welcome."""
        held = subprocess.Popen([sys.executable, '-c', HOLD, self.places.socket,
                                 json.dumps(greeting), str(count)],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(held.stdout.close)
        self.addCleanup(held.wait)
        self.addCleanup(held.stdin.close)
        self.assertEqual(held.stdout.readline(), 'held %d\n' % count)

    def test_one_process_cannot_take_all_connections(self):
        self.daemon()
        wait_until(lambda: self.status()['running'], 'the daemon')
        peers = [self.connect() for _ in range(40)]
        # Those that are too many are closed.
        wait_until(lambda: len(self.status()['connections']) <= 16 + 1, 'few connections')
        client = self.editor()
        self.assertEqual(len(client.inline(URI, 5, 17)), 1)
        self.assertEqual([c['purpose'] for c in self.status()['connections']].count('lsp'), 1)
        self.assertEqual(client.finish(), 0)
        for peer, lines in peers:
            lines.close()
            peer.close()

    # What others do to the daemon ---------------------------------------------

    def test_brackets_without_an_end_stop_nobody(self):
        other = self.editor()
        wanted = other.inline(URI, 5, 17)
        for language, opener in (('json', '['), ('python', '('), ('c', '{')):
            client = self.client()
            client.initialize()
            uri = 'file:///project/' + language
            client.open(uri, opener * 300000, language)
            client.ask_inline(uri, 0, 300000)
            self.assertEqual(other.inline(URI, 5, 17), wanted)
            client.close()
            self.assertEqual(other.inline(URI, 5, 17), wanted)
        client = self.client()
        client.initialize()
        client.open('file:///project/a.json', '[' * 300000, 'json')
        self.assertEqual(self.run_krait('stop').returncode, 0)

    def test_closed_files_take_no_memory(self):
        client = self.editor()
        client.inline(URI, 5, 17)
        pid = self.status()['pid']

        def resident():
            with open('/proc/%d/status' % pid, encoding='utf-8') as status:
                line = next(line for line in status if line.startswith('VmRSS:'))
            return int(line.split()[1]) // 1024

        before = resident()
        text = 'def f(x):\n    return [x, {"a": x}]\n\n' * 1400
        for _ in range(4):
            uris = ['file:///project/%d.py' % i for i in range(100)]
            for uri in uris:
                client.open(uri, text)
            for uri in uris:
                client.notify('textDocument/didClose', {'textDocument': {'uri': uri}})
        self.assertEqual(len(client.inline(URI, 5, 17)), 1)
        # Trees of a few files that were parsed last are on their way out.
        wait_until(lambda: resident() < before + 120, 'less than 120 MiB more', 120)
        # And nothing is parsed later that is not open.
        for _ in range(10):
            time.sleep(0.2)
            self.assertLess(resident(), before + 120)
        self.assertEqual(client.finish(), 0)

    # Versions -----------------------------------------------------------------

    def fake_daemon(self, version):
        """Listens as a daemon of another version; returns what it was asked."""
        os.mkdir(os.path.dirname(self.places.socket), 0o700)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self.places.socket)
        listener.listen()
        self.addCleanup(listener.close)
        asked = []

        def serve():
            while True:
                try:
                    peer, _ = listener.accept()
                except OSError:
                    return
                with peer, peer.makefile('rb') as lines:
                    greeting = json.loads(lines.readline())
                    refused = '' if greeting['purpose'] == 'control' else 'version'
                    peer.sendall(json.dumps(
                        {'protocol': 1, 'version': version, 'pid': 1, 'refused': refused,
                         'reason': 'the running daemon is krait ' + version}).encode() + b'\n')
                    if refused:
                        continue
                    asked.append(json.loads(lines.readline())['request'])
                    os.unlink(self.places.socket)
                    peer.sendall(b'{"ok": true}\n')
                    return

        threading.Thread(target=serve, daemon=True).start()
        return asked

    def test_an_older_daemon_is_drained_and_replaced(self):
        asked = self.fake_daemon('0.0.1')
        client = self.editor()
        self.assertEqual(asked, ['drain'])
        self.assertEqual(len(client.inline(URI, 5, 17)), 1)
        self.assertTrue(self.status()['running'])
        self.assertEqual(client.finish(), 0)

    def test_a_newer_daemon_is_left_alone(self):
        asked = self.fake_daemon('99.0')
        client = self.editor()
        self.told(client, 'window/showMessage', 'newer than this one')
        self.assertEqual(len(client.inline(URI, 5, 17)), 1)
        self.assertEqual(asked, [])
        self.assertEqual(client.finish(), 0)
        os.unlink(self.places.socket)

    def test_a_draining_daemon_keeps_its_editors_and_makes_room(self):
        first = self.editor()
        old = self.status()['pid']
        peer, lines, _ = self.greet(protocol=1, version='99.0', purpose='control')
        peer.sendall(b'{"request": "drain"}\n')
        self.assertEqual(json.loads(lines.readline()), {'ok': True})
        lines.close()
        peer.close()
        second = self.editor()
        self.assertNotEqual(self.status()['pid'], old)
        self.assertEqual(first.inline(URI, 5, 17), second.inline(URI, 5, 17))
        self.assertEqual(first.finish(), 0)
        wait_until(lambda: has_ended(old), 'the end of the drained daemon')
        self.assertEqual(second.finish(), 0)

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
                         {'budget_bytes', 'held_bytes', 'checkpoints', 'logged_tokens'})
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

    # systemd ------------------------------------------------------------------

    def test_takes_a_socket_that_systemd_hands_over(self):
        os.mkdir(os.path.dirname(self.places.socket), 0o700)
        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        listener.bind(self.places.socket)
        listener.listen()
        # As systemd does: descriptor 3, and the process's own id.
        script = 'exec env LISTEN_FDS=1 LISTEN_PID=$$ "$0" daemon 3<&%d' % listener.fileno()
        daemon = subprocess.Popen(['sh', '-c', script, KRAIT], env=self.places.env,
                                  pass_fds=[listener.fileno()], stderr=subprocess.PIPE, text=True)
        self.addCleanup(daemon.stderr.close)
        self.addCleanup(daemon.wait)
        self.addCleanup(daemon.kill)
        client = self.editor()
        self.assertEqual(self.status()['pid'], daemon.pid)
        self.assertEqual(len(client.inline(URI, 5, 17)), 1)
        self.assertEqual(client.finish(), 0)
        daemon.send_signal(signal.SIGTERM)
        self.assertEqual(daemon.wait(20), 0)
        self.assertTrue(os.path.exists(self.places.socket))  # systemd's to remove


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=1)
