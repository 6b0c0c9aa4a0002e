#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Looks at the form of what is shown unasked: whether it turns files that are
well-formed into ones that are not, and whether it is glued to a word.

At random places of real files (half within lines, half at their ends) a server
is asked as an editor asks while its user types; what it shows is put in, and the
language's own parser reads the file before and after.

Usage: seam.py KRAIT [FILE...] [--shown 2500] [--places N] [--seed 1] [--examples 10]
                     [--seconds S] [--min-confidence X] [--model M] [--per-file 10]
                     [--context TOKENS]
The default model is seldom sure enough to show anything: -inf looks at the form of
all that it says. Without files: Python's standard library. A file stays open for
some places. --context: the model reads less than usual before the cursor, and a quarter of
that behind it, which is quicker; the memory of the file and the checks see all. The parsers: Python and JSON of Python
itself; node, bash, gofmt, luac and ruby where they are installed.
"""

import argparse
import ast
import json
import pathlib
import random
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
import warnings

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / 'daemon'))

from lsp_client import Client, Places  # noqa: E402  (needs the path above)

MOST_BYTES = 60_000


def reads_python(text):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            ast.parse(text)
        return True
    except (SyntaxError, ValueError, RecursionError):
        return False


def reads_json(text):
    try:
        json.loads(text)
        return True
    except ValueError:
        return False


def reads_by(command, suffix):
    """Returns a check by a program that takes a file, or None without it."""
    if not shutil.which(command[0]):
        return None

    def check(text):
        with tempfile.NamedTemporaryFile('w', suffix=suffix, newline='') as file:
            file.write(text)
            file.flush()
            return subprocess.run([*command, file.name], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL, check=False).returncode == 0
    return check


# By extension: the editor's name of the language, and what reads it.
LANGUAGES = {
    '.py': ('python', reads_python),
    '.json': ('json', reads_json),
    '.js': ('javascript', reads_by(['node', '--check'], '.js')),
    '.mjs': ('javascript', reads_by(['node', '--check'], '.mjs')),
    '.sh': ('shellscript', reads_by(['bash', '-n'], '.sh')),
    '.go': ('go', reads_by(['gofmt', '-e'], '.go')),
    '.lua': ('lua', reads_by(['luac5.4', '-p'], '.lua') or reads_by(['luac', '-p'], '.lua')
             or reads_by(['texluac', '-p'], '.lua')),
    '.rb': ('ruby', reads_by(['ruby', '-c'], '.rb')),
}


def standard_library():
    root = pathlib.Path(sysconfig.get_path('stdlib'))
    return [path for path in sorted(root.rglob('*.py'))
            if 'site-packages' not in path.parts and 'test' not in path.parts]


def readable(path):
    """Returns the text of a file that can be used, or None."""
    _, check = LANGUAGES.get(path.suffix, (None, None))
    if check is None or not 0 < path.stat().st_size <= MOST_BYTES:
        return None
    try:
        text = path.read_text(encoding='utf-8')
    except (UnicodeDecodeError, OSError):
        return None
    if '\r' in text or not check(text):
        return None
    return text


def random_place(text, random_):
    """Returns a line and a column in it: its end every other time."""
    lines = text.split('\n')
    line = random_.randrange(len(lines))
    if random_.random() < 0.5:
        return line, len(lines[line])
    filled = [i for i, content in enumerate(lines) if content.strip()]
    line = random_.choice(filled)
    return line, random_.randrange(len(lines[line]))


def is_word(text):
    return text.isalnum() or text == '_'


class Tally:
    def __init__(self):
        self.asked = self.shown = self.broken = self.glued = self.indented = 0

    def row(self, language):
        share = 100 / max(self.shown, 1)
        return (f'{language:<12}{self.asked:>7}{self.shown:>7}'
                f'{self.broken:>8} ({self.broken * share:.2f} %)'
                f'{self.glued:>8} ({self.glued * share:.2f} %){self.indented:>10}')


class Server:
    def __init__(self, krait, env, options, context):
        self.client = Client([krait, 'lsp', '--no-daemon', *options], env)
        settings = None
        if context:
            settings = {'completion': {'prefix_tokens': context, 'suffix_tokens': context // 4}}
        self.client.initialize(encodings=('utf-32', 'utf-16'), options=settings)
        self.opened = 0
        self.uri = None

    def open(self, path, language, text):
        """Opens a file in the place of the one before."""
        if self.uri:
            self.client.notify('textDocument/didClose', {'textDocument': {'uri': self.uri}})
        self.opened += 1
        self.uri = f'file:///seam/{self.opened}/{path.name}'
        self.client.open(self.uri, text, language=language)

    def ask(self, text, line, column):
        before = text.split('\n')[line][:column]
        character = len(before.encode('utf-16-le')) // 2
        items = self.client.inline(self.uri, line, character, timeout=300)
        return items[0]['insertText'] if items else ''


def judge(text, line, column, shown, check, tally):
    """Counts a suggestion; returns what is wrong with it."""
    lines = text.split('\n')
    ofs = sum(len(content) + 1 for content in lines[:line]) + column
    before, after = text[:ofs], text[ofs:]
    tally.shown += 1
    wrong = []
    if after and is_word(after[0]) and is_word(shown[-1]):
        tally.glued += 1
        wrong.append('glued')
    if not before.strip() and shown[0] in ' \t' and not after.startswith((' ', '\t')):
        tally.indented += 1
        wrong.append('indented')
    if not check(before + shown + after):
        tally.broken += 1
        wrong.append('broken')
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n\n')[0])
    parser.add_argument('krait')
    parser.add_argument('files', nargs='*', type=pathlib.Path)
    parser.add_argument('--shown', type=int, default=2500)
    parser.add_argument('--places', type=int, default=1_000_000)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--examples', type=int, default=10)
    parser.add_argument('--min-confidence')
    parser.add_argument('--model')
    parser.add_argument('--per-file', type=int, default=10)
    parser.add_argument('--context', type=int)
    parser.add_argument('--seconds', type=float, default=1e9)
    arguments = parser.parse_args()
    random_ = random.Random(arguments.seed)
    files = arguments.files or standard_library()
    options = []
    if arguments.min_confidence:
        options.append(f'--min-confidence={arguments.min_confidence}')
    if arguments.model:
        options += ['--model', arguments.model]
    places = Places()
    server = Server(arguments.krait, places.env, options, arguments.context)
    tallies = {}
    texts = {}
    examples = 0
    end = time.monotonic() + arguments.seconds
    path = None
    for number in range(arguments.places):
        if sum(tally.shown for tally in tallies.values()) >= arguments.shown:
            break
        if time.monotonic() > end or not files:
            break
        if path is None or number % arguments.per_file == 0:
            path = random_.choice(files)
            opened = False
        if path not in texts:
            texts[path] = readable(path)
        text = texts[path]
        if text is None or not text.strip():
            files = [file for file in files if file != path]
            path = None
            continue
        language, check = LANGUAGES[path.suffix]
        tally = tallies.setdefault(language, Tally())
        line, column = random_place(text, random_)
        tally.asked += 1
        if not opened:
            server.open(path, language, text)
            opened = True
        shown = server.ask(text, line, column)
        if not shown:
            continue
        wrong = judge(text, line, column, shown, check, tally)
        if wrong and examples < arguments.examples:
            examples += 1
            content = text.split('\n')[line]
            print(f'{path.name}:{line + 1}: {", ".join(wrong)}: '
                  f'{content[:column]!r} {shown!r} {content[column:]!r}')
    server.client.finish()
    places.remove()
    print(f'{"language":<12}{"asked":>7}{"shown":>7}{"broken":>17}{"glued":>17}{"indented":>10}')
    for language, tally in sorted(tallies.items()):
        print(tally.row(language))
    return 0


if __name__ == '__main__':
    sys.exit(main())
