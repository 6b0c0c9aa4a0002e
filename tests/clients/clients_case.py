# SPDX-License-Identifier: Apache-2.0
"""What the tests of other people's clients have in common."""

import os
import pathlib
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CHAT_MODEL = os.environ.get('KRAIT_TEST_CHAT_MODEL', '')
CLIENTS = pathlib.Path(os.environ.get('KRAIT_TEST_CLIENTS', ROOT / 'build' / 'clients'))

sys.path.insert(0, str(ROOT / 'tests' / 'daemon'))
from http_case import AFTER, BEFORE, HttpCase  # noqa: E402,F401  pylint: disable=wrong-import-position,unused-import


class CompletionCase(HttpCase):
    """krait with the default model, which fills in."""

    def setUp(self):
        super().setUp()
        self.serve()
        self.url = 'http://127.0.0.1:%d' % self.port


class ChatCase(HttpCase):
    """krait with a small model that chats."""

    def setUp(self):
        super().setUp()
        if not CHAT_MODEL:
            raise unittest.SkipTest('no model that chats: ./dev setup real-model')
        self.serve('--model', CHAT_MODEL)
        self.url = 'http://127.0.0.1:%d' % self.port
