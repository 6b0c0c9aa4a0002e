# SPDX-License-Identifier: Apache-2.0
"""End to end: how daemons end, and what editors see of it, with the default model.

    daemon_ends_test.py KRAIT SOURCE_DIR
"""

import json
import os
import signal
import socket
import subprocess
import threading

from daemon_case import KRAIT, TEXT, URI, Client, DaemonCase, has_ended, main, wait_until

LARGE = 'file:///project/large.py'


class DaemonEndsTest(DaemonCase):
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

    def test_a_daemon_that_reads_nothing_for_long_is_left_and_found_again(self):
        """More than the bridge keeps is sent to a daemon that is stopped."""
        client = self.editor()
        wanted = client.inline(URI, 5, 17)
        daemon = self.status()['pid']
        os.kill(daemon, signal.SIGSTOP)
        self.addCleanup(self.go_on, daemon)
        waiting = client.ask_inline(URI, 5, 17)
        before = self.sockets()
        sender = threading.Thread(target=self.send_much, args=(client,))
        sender.start()
        # The bridge has noticed, and looks for a daemon: this one, which goes on.
        wait_until(lambda: self.sockets() > before, 'another connection', 60)
        self.go_on(daemon)
        sender.join(60)
        self.told(client, 'window/logMessage', 'another takes over')
        self.assertEqual(client.answer(waiting)['error']['code'], -32803)
        self.assertEqual(client.inline(URI, 5, 17), wanted)
        self.assertEqual(self.status()['pid'], daemon)
        client.notify('textDocument/didClose', {'textDocument': {'uri': LARGE}})
        self.assertEqual(client.inline(URI, 5, 17), wanted)
        self.assertEqual(client.finish(), 0)

    def test_a_daemon_that_never_goes_on_is_said_to_hang(self):
        client = self.editor()
        daemon = self.status()['pid']
        os.kill(daemon, signal.SIGSTOP)
        self.addCleanup(self.go_on, daemon)
        sender = threading.Thread(target=self.send_much, args=(client,))
        sender.start()
        self.assertIn("krait's daemon is gone",
                      self.told(client, 'window/showMessage', 'no daemon answered'))
        self.assertEqual(client.end(30), 1)  # the editor starts it anew, or says so
        sender.join(60)

    @staticmethod
    def send_much(client):
        """More than a bridge keeps for a daemon: 100 MB."""
        text = '# a line of a file that is too long to be read by anybody\n' * 70_000
        try:
            client.open(LARGE, text)
            for version in range(2, 27):
                client.change(LARGE, version, [{'text': text}])
        except (BrokenPipeError, ValueError):
            pass  # the bridge has ended by then

    def sockets(self):
        """How many there are of the daemon, and on the way to it."""
        with open('/proc/net/unix', encoding='utf-8') as table:
            return sum(line.rstrip().endswith(self.places.socket) for line in table)

    @staticmethod
    def go_on(pid):
        try:
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            pass

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


if __name__ == '__main__':
    main()
