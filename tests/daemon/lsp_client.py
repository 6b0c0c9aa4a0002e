# SPDX-License-Identifier: Apache-2.0
"""A language client for tests: speaks to `krait lsp` over pipes."""

import json
import os
import queue
import shutil
import subprocess
import tempfile
import threading
import time


class Places:
    """Folders of a user of their own, so that tests meet no other daemon."""

    def __init__(self):
        self.root = tempfile.mkdtemp(prefix='krait-', dir='/tmp')
        self.runtime = os.path.join(self.root, 'run')
        self.state = os.path.join(self.root, 'state')
        self.config = os.path.join(self.root, 'config')
        for folder in (self.runtime, self.state, self.config):
            os.mkdir(folder, 0o700)
        # TMPDIR: where the daemon is if the runtime directory cannot be used.
        self.tmp = os.path.join(self.root, 'tmp')
        os.mkdir(self.tmp)
        self.env = dict(os.environ, XDG_RUNTIME_DIR=self.runtime, TMPDIR=self.tmp,
                        XDG_STATE_HOME=self.state, XDG_CONFIG_HOME=self.config)
        self.env.pop('KRAIT_MODEL', None)
        self.socket = os.path.join(self.runtime, 'krait', 'daemon.sock')
        self.log = os.path.join(self.state, 'krait', 'daemon.log')

    def remove(self):
        shutil.rmtree(self.root, ignore_errors=True)


class Client:
    def __init__(self, command, env=None, **options):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=env, **options)
        self.messages = queue.Queue()
        self.next_id = 1
        self.kept = []
        self.pause = None  # an event: nothing is read until it is set
        self.results = {}  # what the server's requests are answered, by method
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        out = self.process.stdout
        while True:
            if self.pause:
                self.pause.wait()
            length = None
            while True:
                line = out.readline()
                if not line:
                    self.messages.put(None)
                    return
                if line == b'\r\n':
                    break
                name, _, value = line.partition(b':')
                if name.lower() == b'content-length':
                    length = int(value)
            self.messages.put(json.loads(out.read(length)))

    def write(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def send(self, message):
        self.send_body(json.dumps({'jsonrpc': '2.0', **message}).encode())

    def send_body(self, body):
        self.write(b'Content-Length: %d\r\n\r\n' % len(body) + body)

    def notify(self, method, params=None):
        message = {'method': method}
        if params is not None:
            message['params'] = params
        self.send(message)

    def ask(self, method, params=None):
        """Sends a request; returns its id."""
        request = self.next_id
        self.next_id += 1
        message = {'id': request, 'method': method}
        if params is not None:
            message['params'] = params
        self.send(message)
        return request

    def wait(self, wanted, timeout=60):
        """Returns the first message that `wanted` accepts; keeps others."""
        for i, message in enumerate(self.kept):
            if wanted(message):
                return self.kept.pop(i)
        while True:
            message = self.messages.get(timeout=timeout)
            if message is None:
                raise EOFError('the server ended: %r' % self.process.stderr.read())
            # As an editor does, agree to what the server asks.
            if 'id' in message and 'method' in message:
                self.send({'id': message['id'],
                           'result': self.results.get(message['method'])})
            if wanted(message):
                return message
            self.kept.append(message)

    def answer(self, request, timeout=60):
        return self.wait(
            lambda m: m.get('id') == request and 'method' not in m, timeout)

    def call(self, method, params=None, timeout=60):
        """Returns the result; an error of the server is an exception."""
        answer = self.answer(self.ask(method, params), timeout)
        if 'error' in answer:
            raise RuntimeError(answer['error'])
        return answer['result']

    def initialize(self, encodings=('utf-16',), inline=True, progress=False, options=None,
                   configuration=False, process=None):
        capabilities = {'general': {'positionEncodings': list(encodings)},
                        'textDocument': {},
                        'window': {'workDoneProgress': progress},
                        'workspace': {'configuration': configuration}}
        if inline:
            capabilities['textDocument']['inlineCompletion'] = {}
        result = self.call('initialize', {
            'processId': process, 'rootUri': 'file:///work', 'capabilities': capabilities,
            'initializationOptions': options})
        self.notify('initialized', {})
        return result

    def open(self, uri, text, language='python', version=1):
        self.notify('textDocument/didOpen', {'textDocument': {
            'uri': uri, 'languageId': language, 'version': version, 'text': text}})

    def change(self, uri, version, changes):
        self.notify('textDocument/didChange', {
            'textDocument': {'uri': uri, 'version': version},
            'contentChanges': changes})

    def ask_inline(self, uri, line, character):
        return self.ask('textDocument/inlineCompletion', {
            'textDocument': {'uri': uri},
            'position': {'line': line, 'character': character},
            'context': {'triggerKind': 2}})

    def inline(self, uri, line, character, timeout=60):
        answer = self.answer(self.ask_inline(uri, line, character), timeout)
        if 'error' in answer:
            raise RuntimeError(answer['error'])
        return answer['result']['items']

    def insert(self, uri, version, line, character, text):
        place = {'line': line, 'character': character}
        self.change(uri, version, [{'range': {'start': place, 'end': place}, 'text': text}])

    def explain(self, uri):
        return self.call('krait/explain', {'textDocument': {'uri': uri}})

    def settle(self, timeout=60):
        """Waits until nothing is left to do, also of what nobody waits for."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            work = self.call('krait/status')['queue']
            if not (work['running'] or work['completions'] or work['warmings']):
                return
            time.sleep(0.01)
        raise TimeoutError('the server still works')

    def finish(self, timeout=20):
        """Says goodbye; returns the exit status."""
        self.call('shutdown')
        self.notify('exit')
        return self.end(timeout)

    def end(self, timeout=20):
        """Waits for the server's end; returns the exit status."""
        status = self.process.wait(timeout)
        self.close()
        return status

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            try:
                stream.close()
            except OSError:
                pass
