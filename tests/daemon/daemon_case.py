# SPDX-License-Identifier: Apache-2.0
"""What tests of the daemon have in common; their first argument is KRAIT."""

import json
import os
import socket
import subprocess
import sys
import time
import unittest

from lsp_client import Client, Places

KRAIT = os.path.abspath(sys.argv[1])
URI = 'file:///project/a.py'
TEXT = 'import os\n\n\ndef read(path):\n    with open(path) as f:\n        return f.\n\n\nprint(read("x"))\n'


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


class DaemonCase(unittest.TestCase):
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

    def wait_for_log(self, words):
        def logged():
            with open(self.places.log, encoding='utf-8') as log:
                return words in log.read()
        wait_until(logged, 'in the log: ' + words)


def main():
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
