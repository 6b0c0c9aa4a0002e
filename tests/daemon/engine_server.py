# SPDX-License-Identifier: Apache-2.0
"""An engine elsewhere that says what a test wants, and goes wrong as engines do."""

import http.server
import json
import ssl
import threading
import time


class EngineServer(http.server.ThreadingHTTPServer):
    """`mode`: what its next answers are like. `requests`: all that came."""

    daemon_threads = True

    def __init__(self, certificate=None):
        """`certificate`: files of it and of its key, with which it speaks TLS."""
        super().__init__(('127.0.0.1', 0), Handler)
        self.port = self.server_address[1]
        self.mode = 'well'
        self.text = ['lines', '()']
        self.requests = []
        self.connections_ended = 0
        self.url = 'http://127.0.0.1:%d' % self.port
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True)
            self.url = 'https://localhost:%d' % self.port
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def bodies(self):
        return [body for path, _, body in self.requests if body]

    def handle_error(self, request, client_address):
        self.connections_ended += 1


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        self.server.requests.append((self.path, dict(self.headers), None))
        if self.server.mode == 'refuses':
            return self.whole(401, {'error': {'message': 'no such key: %s'
                                              % self.headers.get('Authorization')}})
        self.whole(200, {'object': 'list', 'data': [{'id': 'big'}]})

    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length'])).decode()
        self.server.requests.append((self.path, dict(self.headers), body))
        getattr(self, self.server.mode)(json.loads(body))

    def whole(self, status, body, **headers):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace('_', '-'), value)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def begin(self):
        self.send_response(200)
        self.send_header('Content-Type', 'text/event-stream; charset=utf-8')
        self.send_header('Transfer-Encoding', 'chunked')
        self.end_headers()

    def chunk(self, data):
        self.wfile.write(b'%x\r\n%s\r\n' % (len(data), data))
        self.wfile.flush()

    def event(self, text='', **more):
        if self.path == '/infill':
            value = {'content': text, 'stop': False, **more}
        elif self.path == '/v1/completions':
            value = {'choices': [{'index': 0, 'text': text, **more}]}
        else:
            value = {'choices': [{'index': 0, 'delta': {'content': text}, **more}]}
        self.chunk(b'data: ' + json.dumps(value).encode() + b'\n\n')

    def well(self, _):
        self.begin()
        for text in self.server.text:
            self.event(text)
        if self.path == '/infill':
            self.event(stop=True, stop_type='eos', tokens_evaluated=7, tokens_predicted=2)
        else:
            self.event(finish_reason='stop')
            self.chunk(b'data: ' + json.dumps(
                {'choices': [], 'usage': {'prompt_tokens': 7, 'completion_tokens': 2}}).encode() +
                b'\n\ndata: [DONE]\n\n')
        self.chunk(b'')

    def at_once(self, _):
        """Without a stream, as some do whatever they are asked."""
        text = ''.join(self.server.text)
        self.whole(200, {'choices': [{'text': text, 'message': {'content': text},
                                      'finish_reason': 'stop'}]})

    def silent(self, _):
        time.sleep(30)

    def slow(self, body):
        time.sleep(0.7)
        self.well(body)

    def dropped(self, _):
        self.begin()
        for text in self.server.text:
            self.event(text)
        self.close_connection = True

    def busy(self, _):
        self.whole(429, {'error': {'message': 'too many'}}, Retry_After='60')

    def once_busy(self, _):
        self.server.mode = 'well'
        self.whole(503, {'error': {'message': 'loading'}})

    def broken(self, _):
        self.whole(500, b'<html>oops')

    def refuses(self, _):
        self.whole(401, {'message': 'no such key: %s' % self.headers.get('Authorization')})

    def leads_away(self, _):
        self.whole(307, {}, Location='http://127.0.0.1:1/elsewhere')

    def wrong(self, _):
        self.begin()
        self.chunk(b'data: {"choices": [{"text": 5, "delta": 5}]}\n\n')

    def huge(self, _):
        """One line that has no end."""
        self.begin()
        for _ in range(100):
            self.chunk(b'data: ' + b'x' * 65536)

    def late(self, body):
        time.sleep(1)
        self.endless(body)

    def endless(self, _):
        """Says more than it was asked for, for ever."""
        self.begin()
        while True:
            self.event(' more')
            time.sleep(0.002)
