# SPDX-License-Identifier: Apache-2.0
"""What tests of the daemon's HTTP have in common."""

import http.client
import json
import os
import re
import socket
import subprocess
import threading

from daemon_case import KRAIT, DaemonCase

BEFORE = ('import os\n\n\ndef names(folder):\n    found = []\n'
          '    for entry in os.listdir(folder):\n        found.')
AFTER = '\n    return found\n\n\nprint(names("/tmp"))\n'


class HttpCase(DaemonCase):
    """A `krait serve` on a port that the system picks."""

    def serve(self, *options, port=0, before=()):
        """`before`: what runs it."""
        process = subprocess.Popen([*before, KRAIT, 'serve', '--threads', '2', '--listen',
                                    '127.0.0.1:%d' % port, *options], env=self.places.env, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        line = process.stdout.readline()
        found = re.search(r'http://127\.0\.0\.1:(\d+)', line)
        self.assertTrue(found, line or process.stderr.read())
        self.port = int(found[1])
        return process

    def request(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=60)
        self.addCleanup(connection.close)
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer, text

    def get(self, path, status=200, **headers):
        answer, text = self.request('GET', path, headers=headers)
        self.assertEqual(answer.status, status, text)
        return json.loads(text)

    def post(self, path, body, status=200, **headers):
        answer, text = self.request('POST', path, body, headers)
        self.assertEqual(answer.status, status, text)
        return json.loads(text)

    def events(self, path, body):
        """The data of the events of a streamed answer."""
        answer, text = self.request('POST', path, dict(body, stream=True))
        self.assertEqual(answer.status, 200, text)
        self.assertEqual(answer.getheader('Content-Type'), 'text/event-stream')
        self.assertEqual(answer.getheader('Transfer-Encoding'), 'chunked')
        events = text.split('\n\n')
        self.assertEqual(events.pop(), '')
        self.assertTrue(all(event.startswith('data: ') for event in events), text)
        return [event[len('data: '):] for event in events]

    def raw(self, data, seconds=20):
        """All that the server says to these bytes, to its end of the connection."""
        peer = socket.create_connection(('127.0.0.1', self.port), timeout=seconds)
        self.addCleanup(peer.close)
        peer.sendall(data)
        said = b''
        while part := peer.recv(65536):
            said += part
        return said

    def infill(self, before=BEFORE, after=AFTER, **fields):
        line = before.rfind('\n') + 1
        return self.post('/infill', {'input_prefix': before[:line], 'prompt': before[line:],
                                     'input_suffix': after, 'n_predict': 8, **fields})


def in_background(function, *arguments):
    thread = threading.Thread(target=function, args=arguments, daemon=True)
    thread.start()
    return thread


def source_lines(count):
    """Lines of a program in which none is like another."""
    lines = []
    for i in range(count // 4):
        lines += ['def compute_%d(left, right_%d):' % (i, i * 7 % 11),
                  '    total = left * %d + right_%d' % (i * 3 + 1, i * 7 % 11),
                  '    return total - %d' % (i * i % 97), '']
    return lines


