# SPDX-License-Identifier: Apache-2.0
"""End to end: llama.cpp's server as the engine elsewhere, with the default model.

    remote_llama_test.py KRAIT SOURCE_DIR
KRAIT_LLAMA_SERVER: the command that runs it, with which a path of this machine must be the same
file; by default `llama-server`, where that is installed.
"""

import os
import shlex
import shutil
import socket
import subprocess
import sys
import time
import unittest
import urllib.request

from daemon_case import main, wait_until
from remote_case import RemoteCase

COMMAND = shlex.split(os.environ.get('KRAIT_LLAMA_SERVER', 'llama-server'))
MODELS = os.path.abspath(os.path.join(sys.argv[2], 'models'))


def default_model():
    with open(os.path.join(MODELS, 'default'), encoding='utf-8') as file:
        return os.path.join(MODELS, file.read().strip())


@unittest.skipUnless(shutil.which(COMMAND[0]), 'no llama-server on the PATH')
class LlamaServerTest(RemoteCase):
    @classmethod
    def setUpClass(cls):
        with socket.create_server(('127.0.0.1', 0)) as free:
            port = free.getsockname()[1]
        cls.url = 'http://127.0.0.1:%d' % port
        cls.server = subprocess.Popen(
            [*COMMAND, '-m', default_model(), '-t', '2', '-c', '8192', '-np', '1', '--host',
             '127.0.0.1', '--port', str(port), '--chat-template', 'chatml', '--api-key', 'secret'],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        cls.addClassCleanup(cls.server.wait)
        cls.addClassCleanup(cls.server.terminate)
        wait_until(cls.is_ready, 'llama-server has its model', seconds=60)

    @classmethod
    def is_ready(cls):
        if cls.server.poll() is not None:
            raise AssertionError('llama-server has ended: %d' % cls.server.returncode)
        try:
            with urllib.request.urlopen(cls.url + '/health', timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def setUp(self):
        super().setUp()
        self.places.env['ENGINE_KEY'] = 'secret'

    def remote(self, **settings):
        super().remote(**{'url': self.url, **settings})

    def check_completion(self, **settings):
        self.run_krait('stop')
        self.remote(**settings)
        shown, trace = self.complete(self.write('a.py'))
        self.assertEqual(trace['plan'], 'remote', trace)
        # What it read it says at its end, which is not waited for behind a line's.
        self.assertGreater(trace['tokens_generated'], 0)
        remote = self.status()['remote']
        self.assertEqual((remote['requests'], remote['failures'], remote['fallbacks']), (1, 0, 0))
        return shown

    def test_it_fills_in(self):
        # Prefix first, as /infill lays out any prompt: for this model it is not, so that what it
        # says may be nothing to show.
        self.check_completion(kind='llama.cpp')
        self.assertTrue(self.check_completion(
            kind='openai', fim_template='[SUFFIX]{suffix}[PREFIX]{prefix}'))

    def test_it_has_conversations(self):
        self.remote(kind='llama.cpp')
        self.serve()
        answer = self.chat(max_tokens=6, temperature=0)
        self.assertLessEqual(answer['usage']['completion_tokens'], 6)
        self.assertGreater(answer['usage']['prompt_tokens'], 3)
        events = self.events('/v1/chat/completions', {
            'messages': [{'role': 'user', 'content': 'Hello?'}], 'max_tokens': 6})
        self.assertEqual(events[-1], '[DONE]')
        self.assertEqual(self.status()['remote']['fallbacks'], 0)

    def test_doctor_tries_it_and_a_wrong_key_is_told(self):
        self.remote(kind='llama.cpp')
        self.assertRegex(self.run_krait('doctor').stdout, r'answers in \d+ ms')
        self.places.env['ENGINE_KEY'] = 'wrong'
        self.assertIn('HTTP 401', self.run_krait('doctor').stdout)
        _, trace = self.complete(self.write('a.py'))
        self.assertNotIn(trace['plan'], ('remote', 'none'))
        self.assertIn('HTTP 401', trace['plan_reason'])

    def test_one_that_is_stopped_is_replaced(self):
        """Stopped while it says something: nobody waits for it."""
        self.remote(kind='llama.cpp', completion_wait_ms=300)
        client = self.editor_without_files()
        self.complete(self.write('a.py'), client)
        os.kill(self.server.pid, 19)
        self.addCleanup(os.kill, self.server.pid, 18)
        begin = time.monotonic()
        _, trace = self.complete(self.write('b.py'), client)
        self.assertLess(time.monotonic() - begin, 15)
        self.assertNotIn(trace['plan'], ('remote', 'none'))
        self.assertRegex(trace['plan_reason'], r'no answer within \d+ ms')


if __name__ == '__main__':
    main()
