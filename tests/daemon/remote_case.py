# SPDX-License-Identifier: Apache-2.0
"""What tests of an engine elsewhere have in common."""

import json
import os

from daemon_case import TEXT
from engine_server import EngineServer
from http_case import HttpCase

KEY = 'sk-a-key-that-is-told-to-nobody-else'


class RemoteCase(HttpCase):
    certificate = None  # and its key: the engine's, which speaks TLS then

    def setUp(self):
        super().setUp()
        self.engine = EngineServer(self.certificate)
        self.addCleanup(self.engine.server_close)
        self.addCleanup(self.engine.shutdown)
        self.places.env['ENGINE_KEY'] = KEY
        for variable in ('http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'):
            self.places.env.pop(variable, None)
        self.work = os.path.join(self.places.root, 'work')
        os.mkdir(self.work)

    def remote(self, **settings):
        # Patient enough for a busy machine, but where patience is the matter.
        settings = {'url': self.engine.url, 'for': ['completion', 'chat'], 'key_env': 'ENGINE_KEY',
                    'workspaces': [self.work], 'completion_wait_ms': 20000, **settings}
        lines = ['%s = %s' % (key, json.dumps(value)) for key, value in settings.items()]
        self.config('[remote]\n' + '\n'.join(lines) + '\n')

    def write(self, name, text=TEXT):
        path = os.path.join(self.work, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text)
        return path

    def complete(self, path, client=None, text=TEXT):
        """What is shown for `return f.` of an open file, and how that came about."""
        own = client is None
        client = client or self.editor_without_files()
        uri = 'file://' + path
        client.open(uri, text)
        line = text.split('\n').index('        return f.')
        shown = client.inline(uri, line, len('        return f.'))
        trace = client.explain(uri)
        if own:  # or it would start the daemon again that a test stops
            client.close()
        return ''.join(item['insertText'] for item in shown[:1]), trace

    def editor_without_files(self, **options):
        client = self.client()
        client.initialize(**options)
        return client

    def chat(self, status=200, **fields):
        return self.post('/v1/chat/completions',
                         {'messages': [{'role': 'user', 'content': 'Hello?'}], **fields}, status)
