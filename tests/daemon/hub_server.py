# SPDX-License-Identifier: Apache-2.0
"""Plays the hub, its content network on another port, and Ollama's registry."""

import base64
import hashlib
import http.server
import json
import threading
import time
import urllib.parse

COMMIT = '0123456789abcdef0123456789abcdef01234567'
CHUNK = 16 * 1024


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def git_oid(data):
    return hashlib.sha1(b'blob %d\0' % len(data) + data).hexdigest()


class Hub:
    """One repository, owner/repo, whose files a test sets. What it does wrong:

    faults: a list, one for each request to the content network, from the
        front: 'expired' (403), ('truncate', N) bytes and then the end,
        'html', '500', '416', 'stall', 'wrong' bytes, 'whole' (no ranges),
        'longer'. None: nothing.
    rate: bytes per second of the content network; None: no limit.
    gated: 401 without the token.
    """

    def __init__(self):
        self.files, self.small = {}, {}
        self.faults, self.rate, self.gated, self.page = [], None, None, 0
        self.pages_as_html = False
        self.asked = []  # (server, path, headers) of each request
        self.lock = threading.Lock()
        self.hub = self._serve('hub')
        self.cdn = self._serve('cdn')

    def _serve(self, name):
        hub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'
            server_name = name

            def log_message(self, *arguments):  # pylint: disable=arguments-differ
                pass

            def do_GET(self):  # pylint: disable=invalid-name
                with hub.lock:
                    hub.asked.append((name, self.path, dict(self.headers)))
                try:
                    getattr(hub, '_answer_' + name)(self)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True

            do_HEAD = do_GET

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, *arguments):  # clients are killed, which is no news
                pass

        server = Server(('127.0.0.1', 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    def close(self):
        for server in (self.hub, self.cdn):
            server.shutdown()
            server.server_close()

    @property
    def url(self):
        return 'http://127.0.0.1:%d' % self.hub.server_address[1]

    @property
    def cdn_url(self):
        return 'http://127.0.0.1:%d' % self.cdn.server_address[1]

    def asked_of(self, name):
        with self.lock:
            return [entry for entry in self.asked if entry[0] == name]

    @staticmethod
    def _send(request, status, body=b'', headers=(), kind='application/json'):
        request.send_response(status)
        request.send_header('Content-Type', kind)
        request.send_header('Content-Length', str(len(body)))
        for key, value in headers:
            request.send_header(key, value)
        request.end_headers()
        if request.command != 'HEAD':
            request.wfile.write(body)

    def _tree(self):
        entries = [{'type': 'directory', 'path': 'folder', 'oid': git_oid(b''), 'size': 0}]
        for path, data in self.files.items():
            entries.append({'type': 'file', 'path': path, 'size': len(data),
                            'oid': git_oid(b'pointer'),
                            'lfs': {'oid': sha256(data), 'size': len(data), 'pointerSize': 1}})
        for path, data in self.small.items():
            entries.append({'type': 'file', 'path': path, 'size': len(data),
                            'oid': git_oid(data)})
        return entries

    def _answer_hub(self, request):
        path = urllib.parse.urlsplit(request.path)
        if self.gated and request.headers.get('Authorization') != 'Bearer ' + self.gated:
            return self._send(request, 401, b'{"error": "no"}',
                              [('X-Error-Message', 'Access to model is restricted')])
        if self.pages_as_html:
            return self._send(request, 200, b'<html>log in</html>', kind='text/html')
        if path.path == '/api/models/owner/repo/refs':
            return self._send(request, 200, json.dumps({
                'branches': [{'name': 'main', 'ref': 'refs/heads/main', 'targetCommit': COMMIT}],
                'tags': [], 'converts': []}).encode())
        if path.path == f'/api/models/owner/repo/tree/{COMMIT}':
            return self._send_tree(request, urllib.parse.parse_qs(path.query))
        if path.path.startswith(f'/owner/repo/resolve/{COMMIT}/'):
            return self._resolve(request, urllib.parse.unquote(path.path).split('/', 5)[5])
        if path.path.startswith('/v2/library/tiny/'):
            return self._ollama(request, path.path.rsplit('/', 1)[1])
        if path.path.startswith('/elsewhere/'):
            return self._send(request, 302, b'', [('Location', self.cdn_url + request.path)])
        return self._send(request, 404, b'{"error": "not found"}',
                          [('X-Error-Message', 'Repository not found')])

    def _send_tree(self, request, query):
        entries = self._tree()
        if not self.page:
            return self._send(request, 200, json.dumps(entries).encode())
        at = int(query.get('cursor', ['0'])[0])
        headers = []
        if at + self.page < len(entries):
            headers = [('Link', '<%s/api/models/owner/repo/tree/%s?recursive=true&cursor=%d>; '
                        'rel="next"' % (self.url, COMMIT, at + self.page))]
        return self._send(request, 200, json.dumps(entries[at:at + self.page]).encode(), headers)

    def _resolve(self, request, path):
        if path in self.small:
            return self._send(request, 200, self.small[path],
                              [('X-Repo-Commit', COMMIT)], 'text/plain')
        if path not in self.files:
            return self._send(request, 404, b'no', [('X-Error-Message', 'Entry not found')])
        where = base64.urlsafe_b64encode(path.encode()).decode()
        return self._send(request, 302, b'', [
            ('Location', f'{self.cdn_url}/blob/{where}?signature=secret'),
            ('X-Repo-Commit', COMMIT), ('X-Linked-Size', str(len(self.files[path]))),
            ('X-Linked-ETag', '"%s"' % sha256(self.files[path]))])

    def _ollama(self, request, last):
        data = self.files['model.gguf']
        if last == 'latest':
            return self._send(request, 200, json.dumps({'schemaVersion': 2, 'layers': [
                {'mediaType': 'application/vnd.ollama.image.template', 'digest': 'sha256:' + '0' * 64,
                 'size': 3},
                {'mediaType': 'application/vnd.ollama.image.model',
                 'digest': 'sha256:' + sha256(data), 'size': len(data)}]}).encode())
        if last == 'sha256:' + sha256(data):
            where = base64.urlsafe_b64encode(b'model.gguf').decode()
            return self._send(request, 307, b'', [('Location', f'{self.cdn_url}/blob/{where}')])
        return self._send(request, 404, b'{"errors": []}')

    def _answer_cdn(self, request):
        with self.lock:
            fault = self.faults.pop(0) if self.faults else None
        name = urllib.parse.urlsplit(request.path).path.rsplit('/', 1)[1]
        data = self.files[name if '/elsewhere/' in request.path
                          else base64.urlsafe_b64decode(name).decode()]
        if fault == 'expired':
            return self._send(request, 403, b'<Error>Request has expired</Error>',
                              kind='application/xml')
        if fault == 'html':
            return self._send(request, 200, b'<!DOCTYPE html><title>Welcome</title>',
                              kind='text/html; charset=utf-8')
        if fault == '500':
            return self._send(request, 500, b'oops')
        if fault == '416':
            return self._send(request, 416, b'', [('Content-Range', 'bytes */%d' % len(data))])
        if fault == 'wrong':
            data = data[:-1] + bytes([data[-1] ^ 1])
        return self._send_part(request, data, fault)

    def _send_part(self, request, data, fault):
        etag = '"%s"' % sha256(data)[:16]
        wanted = request.headers.get('Range')
        if request.headers.get('If-Range', etag) != etag or fault == 'whole':
            wanted = None
        begin = int(wanted[len('bytes='):-1]) if wanted else 0
        if begin >= len(data):
            return self._send(request, 416, b'', [('Content-Range', 'bytes */%d' % len(data))])
        request.send_response(206 if wanted else 200)
        length = len(data) - begin + (7 if fault == 'longer' else 0)
        request.send_header('Content-Length', str(length))
        request.send_header('Content-Type', 'application/octet-stream')
        request.send_header('ETag', etag)
        if wanted:
            request.send_header('Content-Range',
                                'bytes %d-%d/%d' % (begin, len(data) - 1, len(data)))
        request.end_headers()
        end = len(data)
        if isinstance(fault, tuple) and fault[0] == 'truncate':
            end = min(end, begin + fault[1])
        for at in range(begin, end, CHUNK):
            request.wfile.write(data[at:min(at + CHUNK, end)])
            if self.rate:
                time.sleep(CHUNK / self.rate)
        if fault == 'stall':
            time.sleep(30)
        if fault == 'longer':
            request.wfile.write(b'garbage')
        if end < len(data):
            request.close_connection = True
        return None
