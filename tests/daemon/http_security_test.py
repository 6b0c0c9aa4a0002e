# SPDX-License-Identifier: Apache-2.0
"""End to end: who may ask the daemon by HTTP, and what a client may cost.

    http_security_test.py KRAIT SOURCE_DIR
"""

import json
import os
import socket
import stat
import time

from daemon_case import URI, main, wait_until
from http_case import AFTER, BEFORE, HttpCase, in_background

GET = b'GET /v1/models HTTP/1.1\r\nHost: localhost\r\n%sConnection: close\r\n\r\n'
SECRET = 'hunter2_is_my_secret'


def status_of(said):
    return int(said.split(b' ', 2)[1]) if said else None


class AccessTest(HttpCase):
    def setUp(self):
        super().setUp()
        self.serve()

    def ask(self, *fields):
        return status_of(self.raw(GET % ''.join(f + '\r\n' for f in fields).encode()))

    def test_own_programs_need_no_token(self):
        self.assertEqual(self.ask(), 200)

    def test_what_was_passed_on_needs_the_token(self):
        token = self.run_krait('status', '--token').stdout.strip()
        for field in ('X-Forwarded-For: 10.0.0.1', 'Forwarded: for=10.0.0.1', 'Via: 1.1 proxy'):
            self.assertEqual(self.ask(field), 401, field)
            self.assertEqual(self.ask(field, 'Authorization: Bearer ' + token), 200, field)
            self.assertEqual(self.ask(field, 'X-Api-Key: ' + token), 200, field)
            self.assertEqual(self.ask(field, 'Authorization: Bearer ' + token[:-1]), 401, field)
        answer, text = self.request('GET', '/v1/models', headers={'Via': '1.1 proxy'})
        self.assertTrue(answer.getheader('WWW-Authenticate').startswith('Bearer'))
        self.assertIn('krait status --token', json.loads(text)['error']['message'])
        # That there is a server is no secret.
        self.assertEqual(self.request('GET', '/health', headers={'Via': '1.1 proxy'})[0].status,
                         200)

    def test_the_token_is_for_the_user_alone(self):
        path = os.path.join(self.places.state, 'krait', 'http-token')
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        with open(path, encoding='utf-8') as file:
            token = file.read().strip()
        self.assertEqual(self.run_krait('status', '--token').stdout.strip(), token)
        self.assertGreaterEqual(len(token), 64)
        os.chmod(path, 0o644)
        done = self.run_krait('status', '--token')
        self.assertEqual(done.returncode, 2, done)
        self.assertIn('0600', done.stderr)

    def test_hosts(self):
        def host(text):
            return status_of(self.raw(b'GET /health HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n'
                                      b'\r\n' % text))
        for name in (b'127.0.0.1', b'127.0.0.1:8012', b'localhost:1', b'[::1]:80', b'10.1.2.3'):
            self.assertEqual(host(name), 200, name)
        for name in (b'evil.example', b'evil.example:8012', b'', b'localhost.evil.example',
                     b'localhost:x', b'127.0.0.1\r\nHost: evil.example', b'[evil]:80'):
            self.assertIn(host(name), (400, 403), name)

    def test_the_page_is_for_everybody_and_what_it_shows_is_not(self):
        for path in ('/', '/page.js', '/page.css', '/icon.svg'):
            answer, _ = self.request('GET', path, headers={'Via': '1.1 proxy', 'Accept': 'text/html'})
            self.assertEqual(answer.status, 200, path)
            policy = answer.getheader('Content-Security-Policy')
            self.assertTrue(policy.startswith("default-src 'none'; script-src 'self'"), policy)
            self.assertIn("frame-ancestors 'none'", policy)
        for path in ('/krait/state', '/krait/repositories'):
            self.assertEqual(self.request('GET', path)[0].status, 200, path)
            answer, _ = self.request('GET', path, headers={'Via': '1.1 proxy'})
            self.assertEqual(answer.status, 401, path)
        # What another page asks in the user's browser is refused, be it only a picture.
        for field in ({'Origin': 'https://evil.example'}, {'Sec-Fetch-Site': 'cross-site'}):
            for path in ('/', '/icon.svg', '/krait/state'):
                self.assertEqual(self.request('GET', path, headers=field)[0].status, 403, path)

    def test_only_repositories_with_an_index_are_read(self):
        root = os.path.join(self.places.root, 'code')
        os.makedirs(os.path.join(root, '.git'))
        with open(os.path.join(root, 'a.py'), 'w', encoding='utf-8') as file:
            file.write('def %s():\n    """Opens the treasure chest."""\n' % SECRET)
        asked = {'messages': [{'role': 'user', 'content': 'What opens the treasure chest?'}],
                 'krait': {'repository': root}}
        error = self.post('/v1/chat/completions', asked, status=404)['error']['message']
        self.assertIn('krait index', error)
        self.assertEqual(self.get('/krait/repositories'), {'repositories': []})
        self.assertEqual(self.run_krait('index', root).returncode, 0)
        said = self.post('/v1/chat/completions', asked)
        self.assertEqual([place['path'] for place in said['krait']['citations']], ['a.py'])
        self.assertIn(SECRET, said['choices'][0]['message']['content'])
        self.assertEqual(self.get('/krait/repositories'), {'repositories': [os.path.realpath(root)]})
        # Neither the root of all files, nor what lies beside it.
        for directory in ('/', os.path.join(root, '..'), 'code', ''):
            asked['krait'] = {'repository': directory}
            self.post('/v1/chat/completions', asked, status=404)
        self.assertNotIn('treasure', self.log())

    def test_pages_of_the_web(self):
        self.assertEqual(self.ask('Origin: https://evil.example'), 403)
        self.assertEqual(self.ask('Origin: null'), 403)
        self.assertEqual(self.ask('Sec-Fetch-Site: cross-site'), 403)
        self.assertEqual(self.ask('Origin: http://localhost'), 200)
        said = self.raw(b'OPTIONS /v1/models HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.'
                        b'example\r\nAccess-Control-Request-Method: POST\r\nConnection: close'
                        b'\r\n\r\n')
        self.assertEqual(status_of(said), 403)
        self.assertNotIn(b'Access-Control-Allow', said)


class SettingsTest(HttpCase):
    def test_always_and_origins(self):
        self.config('[http]\ntoken = "always"\nallowed_origins = ["https://good.example"]\n')
        self.serve()
        self.assertEqual(status_of(self.raw(GET % b'')), 401)
        token = self.run_krait('status', '--token').stdout.strip().encode()
        fields = b'Authorization: Bearer %s\r\nOrigin: https://good.example\r\n' % token
        said = self.raw(GET % fields)
        self.assertEqual(status_of(said), 200)
        self.assertIn(b'Access-Control-Allow-Origin: https://good.example\r\n', said)
        said = self.raw(b'OPTIONS /v1/models HTTP/1.1\r\nHost: localhost\r\nOrigin: https://good.'
                        b'example\r\nAccess-Control-Request-Method: POST\r\nConnection: close'
                        b'\r\n\r\n')
        self.assertEqual(status_of(said), 204)
        self.assertIn(b'Access-Control-Allow-Methods: ', said)
        # A good token in a strange page's hands is a strange page.
        fields = b'Authorization: Bearer %s\r\nOrigin: https://evil.example\r\n' % token
        self.assertEqual(status_of(self.raw(GET % fields)), 403)

    def test_no_text_is_logged(self):
        self.config('log_level = "info"\n')
        self.serve()
        self.infill(before=SECRET + ' = 1\nprint(', after=')\n' + SECRET + '\n')
        self.post('/infill', {'input_prefix': SECRET, 'input_suffix': 1}, status=400)
        self.post('/' + SECRET, {}, status=404)
        self.raw(b'GET /' + SECRET.encode() + b' HTTP/1.1\r\nHost: ' + SECRET.encode() + b'\r\n'
                 b'Connection: close\r\n\r\n')
        self.assertNotIn(SECRET, self.log())


class CostTest(HttpCase):
    def setUp(self):
        super().setUp()
        self.serve()

    def post_bytes(self, body, *fields, length=True):
        head = ['POST /infill HTTP/1.1', 'Host: localhost', 'Connection: close', *fields]
        if length:
            head.append('Content-Length: %d' % len(body))
        return '\r\n'.join(head).encode() + b'\r\n\r\n' + body

    def test_sizes(self):
        said = self.raw(b'GET / HTTP/1.1\r\nHost: localhost\r\nX: ' + b'x' * 40000 + b'\r\n\r\n')
        self.assertEqual(status_of(said), 431)
        said = self.raw(b'GET /' + b'x' * 40000 + b' HTTP/1.1\r\nHost: localhost\r\n\r\n')
        self.assertEqual(status_of(said), 431)
        said = self.raw(self.post_bytes(b'', 'Content-Length: 99999999', length=False))
        self.assertEqual(status_of(said), 413)
        self.assertIn(b'too long', said)
        chunks = b''.join(b'10000\r\n' + b' ' * 65536 + b'\r\n' for _ in range(80)) + b'0\r\n\r\n'
        said = self.raw(self.post_bytes(chunks, 'Transfer-Encoding: chunked', length=False))
        self.assertEqual(status_of(said), 413)
        deep = b'[' * 100000
        self.assertEqual(status_of(self.raw(self.post_bytes(deep))), 400)
        self.assertEqual(self.get('/health'), {'status': 'ok'})

    def test_a_strangers_body_is_not_waited_for(self):
        begin = time.monotonic()
        said = self.raw(b'POST /infill HTTP/1.1\r\nHost: localhost\r\nVia: x\r\n'
                        b'Content-Length: 4000000\r\n\r\n')
        self.assertEqual(status_of(said), 401)
        self.assertLess(time.monotonic() - begin, 5)

    def test_chunked_bodies(self):
        body = json.dumps({'input_prefix': BEFORE, 'input_suffix': AFTER, 'n_predict': 4}).encode()
        chunks = b''.join(b'%x\r\n%s\r\n' % (len(body[i:i + 7]), body[i:i + 7])
                          for i in range(0, len(body), 7)) + b'0\r\n\r\n'
        said = self.raw(self.post_bytes(chunks, 'Transfer-Encoding: chunked', length=False))
        self.assertEqual(status_of(said), 200)
        self.assertIn(b'"content":"', said)

    def test_smuggling(self):
        inner = b'GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n'
        for fields in (['Content-Length: 4', 'Transfer-Encoding: chunked'],
                       ['Transfer-Encoding: chunked', 'Content-Length: 4'],
                       ['Content-Length: 4', 'Content-Length: 5'],
                       ['Content-Length: +4'], ['Content-Length: 0x4'], ['Content-Length: -1'],
                       ['Content-Length: 4 4'],
                       ['Transfer-Encoding: chunked, identity'],
                       ['Transfer-Encoding: xchunked'],
                       ['Transfer-Encoding : chunked'],
                       ['Content-Length : 4']):
            said = self.raw(self.post_bytes(b'0\r\n\r\n' + inner, *fields, length=False))
            self.assertNotIn(b'smuggled', said, fields)
            self.assertEqual(said.count(b'HTTP/1.1'), 1, (fields, said))
            self.assertIn(status_of(said), (400, 413, 501), fields)
        for chunk in (b'+1\r\nx\r\n0\r\n\r\n', b'0x1\r\nx\r\n0\r\n\r\n', b'-1\r\nx\r\n0\r\n\r\n',
                      b'1\nx\n0\n\n', b'ffffffffffffffffff\r\nx\r\n0\r\n\r\n'):
            said = self.raw(self.post_bytes(chunk + inner, 'Transfer-Encoding: chunked',
                                            length=False))
            self.assertNotIn(b'smuggled', said, chunk)
            self.assertEqual(status_of(said), 400, chunk)

    def test_pipelining(self):
        one = b'GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n'
        last = b'GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
        said = self.raw(one * 20 + last)
        self.assertEqual(said.count(b'HTTP/1.1 200 OK'), 21)
        body = json.dumps({'input_prefix': BEFORE, 'input_suffix': AFTER, 'n_predict': 4}).encode()
        post = (b'POST /infill HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n'
                % len(body)) + body
        said = self.raw(post + one + post + last)
        self.assertEqual(said.count(b'HTTP/1.1 200 OK'), 4)
        self.assertEqual(said.count(b'"content":'), 2)

    def test_old_and_odd_clients(self):
        said = self.raw(b'GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n')
        self.assertEqual(status_of(said), 200)
        body = json.dumps({'prompt': 'a', 'suffix': 'b', 'max_tokens': 4, 'stream': True}).encode()
        said = self.raw(b'POST /v1/completions HTTP/1.0\r\nHost: localhost\r\nContent-Length: %d'
                        b'\r\n\r\n' % len(body) + body)
        self.assertEqual(status_of(said), 200)
        self.assertNotIn(b'chunked', said)
        self.assertTrue(said.endswith(b'data: [DONE]\n\n'), said)
        self.assertEqual(status_of(self.raw(b'HEAD /health HTTP/1.1\r\nHost: localhost\r\n'
                                            b'Connection: close\r\n\r\n')), 200)
        self.assertEqual(status_of(self.raw(b'BREW /health HTTP/1.1\r\nHost: localhost\r\n'
                                            b'Connection: close\r\n\r\n')), 405)
        for nonsense in (b'\x16\x03\x01\x02\x00\x01\x00', b'hello\r\n\r\n', b'GET\r\n\r\n',
                         b'GET / HTTP/9.9\r\n\r\n', b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'):
            said = self.raw(nonsense + b'\r\n\r\n')
            self.assertIn(status_of(said), (None, 400, 403, 505), nonsense)
        said = self.raw(self.post_bytes(b'{}', 'Expect: 100-continue'))
        self.assertTrue(said.startswith(b'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 400 '), said)
        self.assertEqual(self.get('/health'), {'status': 'ok'})

    def test_slow_clients_are_given_up(self):
        begin = time.monotonic()
        peer = socket.create_connection(('127.0.0.1', self.port), timeout=40)
        self.addCleanup(peer.close)

        def drip():
            try:
                for byte in b'GET /health HTTP/1.1\r\n' + b'X-A: b\r\n' * 1000:
                    peer.sendall(bytes([byte]))
                    time.sleep(0.3)
            except OSError:
                pass
        in_background(drip)
        try:
            self.assertEqual(peer.recv(65536), b'')
        except ConnectionResetError:
            pass
        self.assertLess(time.monotonic() - begin, 30)

    def test_many_connections(self):
        idle = [socket.create_connection(('127.0.0.1', self.port)) for _ in range(300)]
        try:
            self.assertEqual(self.get('/health'), {'status': 'ok'})
            wait_until(lambda: self.status()['http_connections'] >= 300, 'they are there')
        finally:
            for peer in idle:
                peer.close()
        wait_until(lambda: self.status()['http_connections'] == 0, 'they are gone')

    def test_a_full_queue_is_said(self):
        body = json.dumps({'prompt': 'def f():\n', 'n_predict': 16000, 'ignore_eos': True,
                           'temperature': 1}).encode()
        ask = (b'POST /completion HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n'
               % len(body)) + body
        peers = []
        try:
            for _ in range(4 + 256):
                peers.append(socket.create_connection(('127.0.0.1', self.port), timeout=30))
                peers[-1].sendall(ask)
            wait_until(lambda: self.gauge('llamacpp:requests_deferred') == 256, 'they wait')
            answer, text = self.request('POST', '/completion', body)
            self.assertEqual(answer.status, 429, text)
            self.assertEqual(answer.getheader('Retry-After'), '1')
            # Editors have places of their own.
            begin = time.monotonic()
            self.editor().inline(URI, 5, 18)
            self.assertLess(time.monotonic() - begin, 30)
        finally:
            for peer in peers:
                peer.close()
        wait_until(lambda: self.gauge('llamacpp:requests_deferred') == 0, 'nobody waits')
        wait_until(lambda: not self.status()['queue']['running'], 'nothing runs')

    def gauge(self, name):
        text = self.request('GET', '/metrics')[1]
        return float([line for line in text.splitlines() if line.startswith(name + ' ')][0]
                     .split()[1])


if __name__ == '__main__':
    main()
