# SPDX-License-Identifier: Apache-2.0
"""End to end: who may use the daemon, and what they can do to it, with the default model.

    daemon_peers_test.py KRAIT SOURCE_DIR
"""

import json
import os
import subprocess
import sys
import time

from daemon_case import TEXT, URI, DaemonCase, main, wait_until

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


class DaemonPeersTest(DaemonCase):
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
        for line, reason in ((b'GET / HTTP/1.1\r\n', 'not valid JSON'),
                             (b'{"protocol": "1"}\n', 'protocol: expected an integer'),
                             (b'{"purpose": "chat"}\n', 'purpose: expected'),
                             (b'[' * 5000 + b'\n', 'not valid JSON')):
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
        self.assertIn('expected "status", "stop", "drain", "forget" or "listen"', json.loads(lines.readline())['error'])
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

    def connects_once_more(self, peers, most):
        """Adds a connection, if one is taken just now; returns whether there are `most`."""
        try:
            peers.append(self.connect())
        except BlockingIOError:
            time.sleep(0.01)
        return len(peers) == most

    def test_one_process_cannot_take_all_connections(self):
        self.daemon()
        wait_until(lambda: self.status()['running'], 'the daemon')
        peers = []
        wait_until(lambda: self.connects_once_more(peers, 140), 'more than there are for all')
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

    def test_a_name_without_an_end_stops_nobody(self):
        """Looked up folder by folder it would take a minute."""
        other, client = self.editor(), self.editor()
        wanted = other.inline(URI, 5, 17)
        uri = 'file://' + '/a' * 30000
        client.open(uri, 'x = ')
        client.ask_inline(uri, 0, 4)
        self.assertEqual(other.inline(URI, 5, 17, timeout=10), wanted)
        self.assertEqual(client.inline(uri, 0, 4), [])
        self.assertIn('longer than', client.explain(uri)['suppressed_by'])


if __name__ == '__main__':
    main()
