# SPDX-License-Identifier: Apache-2.0
"""A random life of krait's daemon, through its socket, as editors give it.

Several editors type, delete, paste, jump, undo and replace whole texts in
several files, in every position encoding, while the daemon is killed and
stopped. Now and then the answer at the cursor is compared with that of a
process of its own which sees nothing but the text: warm states, histories and
restarts must not show in it.

    random_session.py KRAIT [--steps N] [--seed N] [--seconds N]

Prints what it did; ends with status 1 at the first answer that differs. The
test daemon/e2e_random_session is a short one; a long one is a soak.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

from lsp_client import Client, Places

ENCODINGS = ('utf-8', 'utf-16', 'utf-32')
ALPHABET = ('a', 'x', '_', ' ', '(', ')', '.', ':', '"', '\n', '    ', 'self', 'return ',
            'é', '日本', '😀', '\t', '0', '[', ']', '{', '}', '#', ',')
LINES = ('def area(width, height):\n', '    return width * height\n', 'import os\n',
         'class Shape:\n', '    def __init__(self, name):\n', '        self.name = name\n',
         'for item in items:\n', '    print(item)\n', '# größer als 😀\n', '\n',
         "text = 'ein \\'Wort\\''\n", 'if x is None:\n', '    pass\n')
# The same window of text for both, and nothing from before: with a frozen suffix
# or a prefix cut by tokens the history may show, which is not what is tested.
SETTINGS = {'completion': {'prefix_tokens': 1 << 20, 'suffix_tokens': 0, 'prefetch': True,
                           'min_confidence': -1000, 'languages': {'*': True}}}
ROOT = 'file:///work'  # as Client.initialize says
OPTIONS = ['--threads', '1']
REQUEST_FAILED = -32803  # LSP; the message asks to ask again
MOST_TRIES = 5
# A language server gives up if its daemon crashes more often than five times a minute.
MOST_KILLS_A_MINUTE = 4


def units(text, encoding):
    """The length of a text in an encoding's units."""
    if encoding == 'utf-8':
        return len(text.encode())
    return len(text) if encoding == 'utf-32' else len(text.encode('utf-16-le')) // 2


class Document:
    """What an editor holds of a file: the truth that the server must follow."""

    def __init__(self, uri, text):
        self.uri, self.text, self.version = uri, text, 1
        self.cursor = len(text)  # in characters
        self.undo = []

    def position(self, offset, encoding):
        begin = self.text.rfind('\n', 0, offset) + 1
        line = self.text.count('\n', 0, offset)
        return {'line': line, 'character': units(self.text[begin:offset], encoding)}


    def before_line_end(self, offset):
        """Not between \\r and \\n, where no editor puts a cursor."""
        return offset - (self.text[max(0, offset - 1):offset + 1] == '\r\n')


class Editor:
    """A client of `krait lsp` with its own encoding and files."""

    def __init__(self, krait, places, encoding, documents):
        self.encoding = encoding
        self.client = Client([krait, 'lsp', *OPTIONS], places.env)
        chosen = self.client.initialize(encodings=(encoding,), options={'krait': SETTINGS})
        self.encoding = chosen['capabilities'].get('positionEncoding', 'utf-16')
        self.documents = documents
        for document in documents:
            self.client.open(document.uri, document.text)

    def change(self, document, begin, end, text):
        """Replaces a piece, as one incremental change, and moves the cursor behind it."""
        document.undo.append(document.text)
        del document.undo[:-20]
        document.version += 1
        self.client.change(document.uri, document.version, [{
            'range': {'start': document.position(begin, self.encoding),
                      'end': document.position(end, self.encoding)}, 'text': text}])
        document.text = document.text[:begin] + text + document.text[end:]
        document.cursor = begin + len(text)

    def replace(self, document, text):
        document.version += 1
        self.client.change(document.uri, document.version, [{'text': text}])
        document.text = text
        document.cursor = document.before_line_end(min(document.cursor, len(text)))

    def call(self, method, params):
        """As editors do, asks again where a daemon ended before it answered."""
        for _ in range(MOST_TRIES):
            answer = self.client.answer(self.client.ask(method, params), timeout=120)
            if 'error' not in answer:
                return answer['result']
            if answer['error']['code'] != REQUEST_FAILED:
                raise AssertionError('%s: %s' % (method, answer['error']))
        raise AssertionError('%s: no answer after %d tries' % (method, MOST_TRIES))

    def ask(self, document):
        """Returns what is suggested at the cursor, as text; with what was decided."""
        place = document.position(document.cursor, self.encoding)
        answer = self.call('textDocument/inlineCompletion', {
            'textDocument': {'uri': document.uri}, 'position': place,
            'context': {'triggerKind': 2}})
        items = answer['items']
        trace = self.call('krait/explain', {'textDocument': {'uri': document.uri}})
        return (items[0]['insertText'] if items else ''), trace


class Session:
    # One file an editor: what its other files say is meant to show in an answer, and is not what
    # a process of its own can know.
    def __init__(self, krait, seed, editors=6, files=1):
        self.krait, self.random = krait, random.Random(seed)
        self.places = Places()
        self.counts = {}
        self.killed_at = []
        self.differences = []
        self.editors = []
        for number in range(editors):
            documents = [Document('%s/editor%d/file%d.py' % (ROOT, number, i), self.block(30))
                         for i in range(files)]
            encoding = ENCODINGS[number % len(ENCODINGS)]
            self.editors.append(Editor(krait, self.places, encoding, documents))

    def close(self):
        for editor in self.editors:
            editor.client.close()
        self.run_krait('stop')
        self.places.remove()

    def count(self, name):
        self.counts[name] = self.counts.get(name, 0) + 1

    def run_krait(self, *arguments):
        return subprocess.run([self.krait, *arguments], env=self.places.env, text=True,
                              capture_output=True, timeout=120, check=False)

    def block(self, lines):
        return ''.join(self.random.choice(LINES) for _ in range(lines))

    # What an editor does ------------------------------------------------------

    def type(self, editor, document):
        editor.change(document, document.cursor, document.cursor, self.random.choice(ALPHABET))

    def delete(self, editor, document):
        begin = document.before_line_end(max(0, document.cursor - self.random.randint(1, 12)))
        editor.change(document, begin, document.cursor, '')

    def paste(self, editor, document):
        end = '\r\n' if '\r\n' in document.text else '\n'
        text = self.block(self.random.randint(1, 15)).replace('\n', end)
        editor.change(document, document.cursor, document.cursor, text)

    def jump(self, _, document):
        document.cursor = document.before_line_end(self.random.randint(0, len(document.text)))

    def take_back(self, editor, document):
        if document.undo:
            editor.replace(document, document.undo.pop())

    def rewrite(self, editor, document):
        text = self.block(self.random.randint(0, 40))
        if self.random.random() < 0.3:
            text = text.replace('\n', '\r\n')
        editor.replace(document, text)

    def accept(self, editor, document):
        text, _ = editor.ask(document)
        editor.change(document, document.cursor, document.cursor, text)

    def reopen(self, editor, document):
        editor.client.notify('textDocument/didClose', {'textDocument': {'uri': document.uri}})
        document.version = 1
        editor.client.open(document.uri, document.text)

    # What happens to the daemon -----------------------------------------------

    def kill(self):
        status = self.run_krait('status', '--json')
        if status.returncode == 0:
            os.kill(json.loads(status.stdout)['pid'], signal.SIGKILL)
            self.killed_at.append(time.monotonic())
            self.count('killed')

    def may_kill(self):
        return sum(time.monotonic() - at < 60 for at in self.killed_at) < MOST_KILLS_A_MINUTE

    def stop(self):
        self.run_krait('stop')

    # The comparison -----------------------------------------------------------

    def fresh_answer(self, document):
        """What a process of its own says of the text."""
        before = document.text[:document.cursor]
        line = before.count('\n') + 1
        column = len(before[before.rfind('\n') + 1:].encode()) + 1
        # The model is told a file's path below its repository.
        folder = tempfile.mkdtemp(dir=self.places.root)
        os.mkdir(os.path.join(folder, '.git'))
        path = os.path.join(folder, document.uri.removeprefix(ROOT + '/'))
        os.mkdir(os.path.dirname(path))
        with open(path, 'wb') as file:
            file.write(document.text.encode())
        done = self.run_krait('complete', '%s:%d:%d' % (path, line, column), '--json', '--automatic', *OPTIONS,
                              '--prefix-tokens', str(1 << 20), '--suffix-tokens', '0',
                              '--min-confidence', '-inf')
        if done.returncode != 0:
            raise AssertionError('krait complete: ' + done.stderr)
        return json.loads(done.stdout)

    def settled_answer(self, editor, document):
        """Asks until the answer is one of the text alone: neither hurried nor the rest of one
        that was given or begun before; None if the server has no such answer."""
        for _ in range(MOST_TRIES):
            shown, trace = editor.ask(document)
            if not trace.get('hurried') and not trace.get('typed_through') \
                    and not trace.get('plan_reason'):
                return shown, trace
            editor.client.settle()
        return None

    def compare(self, editor, document):
        answer = self.settled_answer(editor, document)
        if answer is None:
            self.count('not compared')
            return
        shown, trace = answer
        fresh = self.fresh_answer(document)
        self.count('compared')
        if shown.replace('\r\n', '\n') != fresh['completion']:
            self.differences.append({'warm': shown, 'fresh': fresh, 'trace': trace,
                                     'text': document.text, 'cursor': document.cursor})

    def step(self):
        editor = self.random.choice(self.editors)
        document = self.random.choice(editor.documents)
        actions = ((self.type, 40), (self.delete, 12), (self.paste, 6), (self.jump, 10),
                   (self.take_back, 3), (self.rewrite, 2), (self.accept, 6), (self.reopen, 2))
        action = self.random.choices([a for a, _ in actions], [w for _, w in actions])[0]
        self.count(action.__name__)
        action(editor, document)
        if self.random.random() < 0.3:
            self.count('asked')
            editor.ask(document)
        if self.random.random() < 0.12:
            self.compare(editor, document)
        if self.random.random() < 0.01 and self.may_kill():
            self.kill()
        elif self.random.random() < 0.01:
            self.count('stopped')
            self.stop()


def run(krait, steps, seed, seconds):
    """Returns the counts and the differences of a session."""
    session = Session(krait, seed)
    deadline = time.monotonic() + seconds
    try:
        for _ in range(steps):
            if time.monotonic() > deadline or session.differences:
                break
            session.step()
            session.count('steps')
        return session.counts, session.differences
    finally:
        session.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('krait')
    parser.add_argument('--steps', type=int, default=100000)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--seconds', type=float, default=600)
    args = parser.parse_args()
    counts, differences = run(args.krait, args.steps, args.seed, args.seconds)
    print(json.dumps({'seed': args.seed, **counts}))
    for difference in differences:
        print(json.dumps(difference, ensure_ascii=False, indent=1))
    return 1 if differences else 0


if __name__ == '__main__':
    sys.exit(main())
