# SPDX-License-Identifier: Apache-2.0
"""An HTTP proxy that leads all that it is asked for to one port of this machine."""

import http.client
import http.server
import socket
import threading


class ProxyServer(http.server.ThreadingHTTPServer):
    """`asked`: the first lines of requests, and their headers. `refuses`: a status, for all."""

    daemon_threads = True

    def __init__(self, port):
        super().__init__(('127.0.0.1', 0), Handler)
        self.port = port
        self.asked = []
        self.refuses = None
        self.url = 'http://127.0.0.1:%d' % self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def note(self):
        """Returns whether it goes on."""
        self.server.asked.append((self.requestline, dict(self.headers)))
        if self.server.refuses:
            self.send_error(self.server.refuses)
        return not self.server.refuses

    def do_POST(self):
        if not self.note():
            return
        body = self.rfile.read(int(self.headers['Content-Length']))
        path = '/' + self.path.split('/', 3)[3]  # of an address
        beyond = http.client.HTTPConnection('127.0.0.1', self.server.port, timeout=30)
        beyond.request('POST', path, body, dict(self.headers))
        answer = beyond.getresponse()
        self.send_response(answer.status)
        self.send_header('Content-Type', answer.getheader('Content-Type'))
        self.end_headers()
        while part := answer.read1():
            self.wfile.write(part)
            self.wfile.flush()
        beyond.close()

    def do_CONNECT(self):
        if not self.note():
            return
        beyond = socket.create_connection(('127.0.0.1', self.server.port))
        self.send_response(200)
        self.end_headers()
        back = threading.Thread(target=pass_on, args=(beyond, self.connection), daemon=True)
        back.start()
        pass_on(self.connection, beyond)
        back.join()
        beyond.close()
        self.close_connection = True


def pass_on(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # one of them is gone
