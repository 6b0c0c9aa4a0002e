# SPDX-License-Identifier: Apache-2.0
"""End to end: what the daemon answers by HTTP when it cannot, or for whom it will not.

    http_limits_test.py KRAIT SOURCE_DIR
"""

import os
import shutil
import socket
import subprocess
import sys
import unittest

from daemon_case import main, wait_until
from http_case import HttpCase

NOBODY = 65534
PYTHON = shutil.which('python3', path='/usr/bin:/bin')  # that everybody may run
ASK = '''
import http.client, sys
peer = http.client.HTTPConnection('127.0.0.1', int(sys.argv[1]), timeout=20)
for token in ('', sys.argv[2]):
    peer.request('GET', '/v1/models', headers={'Authorization': 'Bearer ' + token} if token else {})
    answer = peer.getresponse()
    answer.read()
    print(answer.status)
'''


def default_model():
    models = os.path.join(sys.argv[2], 'models')
    with open(os.path.join(models, 'default'), encoding='utf-8') as file:
        return os.path.join(models, file.read().strip())


class OtherUserTest(HttpCase):
    @unittest.skipUnless(os.getuid() == 0 and PYTHON, 'only root can be somebody else')
    def test_another_user_needs_the_token(self):
        self.serve()
        token = self.run_krait('status', '--token').stdout.strip()
        done = subprocess.run([PYTHON, '-c', ASK, str(self.port), token], user=NOBODY,
                              group=NOBODY, extra_groups=[], env={}, cwd='/', text=True,
                              capture_output=True, timeout=60, check=False)
        self.assertEqual(done.stdout.split(), ['401', '200'], done.stderr)


class WithoutModelTest(HttpCase):
    def test_while_there_is_no_model_it_says_so_in_each_dialect(self):
        model = os.path.join(self.places.root, 'model.gguf')
        shutil.copy(default_model(), model)
        self.serve('--model', model)
        asked = {'input_prefix': 'a', 'input_suffix': 'b', 'prompt': 'a', 'suffix': 'b'}
        paths = ('/infill', '/v1/completions', '/v1/fim/completions', '/api/generate')
        self.post('/infill', dict(asked, n_predict=1))
        with open(model, 'r+b') as file:  # as when it is being copied anew
            good = file.read()
            file.truncate(100)

        def refused():
            return self.request('POST', '/infill', dict(asked, n_predict=1))[0].status == 503
        wait_until(refused, 'it has seen that the model is broken')
        for path in paths:
            answer, text = self.request('POST', path, asked)
            self.assertEqual(answer.status, 503, text)
            self.assertEqual(answer.getheader('Retry-After'), '1')
        self.assertEqual(self.request('GET', '/health')[0].status, 503)
        self.assertIn('krait_model_ready 0', self.request('GET', '/metrics')[1])
        with open(model, 'wb') as file:
            file.write(good)
        wait_until(lambda: not refused(), 'it is loaded again')


class TogetherTest(HttpCase):
    def connect(self, data=b''):
        peer = socket.create_connection(('127.0.0.1', self.port), timeout=20)
        self.addCleanup(peer.close)
        peer.sendall(data)
        return peer

    def test_bodies_together(self):
        self.serve()
        head = b'POST /infill HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4194304\r\n\r\n'
        peers = [self.connect(head) for _ in range(16)]
        wait_until(lambda: self.raw(head).startswith(b'HTTP/1.1 503 '), 'there is no more room')
        self.assertIn(b'\r\nRetry-After: ', self.raw(head))
        self.assertEqual(self.get('/health'), {'status': 'ok'})
        for peer in peers:
            peer.close()
        wait_until(lambda: self.get('/health') and self.request(
            'POST', '/infill', b' ' * 4194304)[0].status == 400, 'there is room again')

    def test_connections_together(self):
        # Of the descriptors that it may have, 512 are for other things.
        self.serve(before=('bash', '-c', 'ulimit -n 1100; exec "$@"', 'bash'))
        peers = [self.connect() for _ in range(588)]
        wait_until(lambda: self.status()['http_connections'] >= 588, 'they are there')
        said = self.connect().recv(65536)
        self.assertTrue(said.startswith(b'HTTP/1.1 503 '), said)
        for peer in peers:
            peer.close()
        wait_until(lambda: self.status()['http_connections'] == 0, 'they are gone')
        self.assertEqual(self.get('/health'), {'status': 'ok'})


if __name__ == '__main__':
    main()
