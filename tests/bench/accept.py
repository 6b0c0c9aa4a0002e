#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures how long the completion after an accepted one takes, with
`completion.prefetch` and without.

At places in real files the rest of a line is removed and asked for. The answer
is accepted once the server has nothing left to do; then the next is asked for,
and, if the line is complete, the one on the next line. Two servers take turns,
place by place.

Usage: accept.py KRAIT FILE... [--places 20]
"""

import argparse
import pathlib
import statistics
import sys
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / 'daemon'))

from lsp_client import Client, Places  # noqa: E402  (needs the path above)


class Editor:
    """One server, and the text of one document of it at a time."""

    def __init__(self, krait, env, prefetch):
        self.client = Client([krait, 'lsp', '--no-daemon', '--min-confidence=-inf'], env)
        self.client.initialize(encodings=('utf-8',), options={
            'completion': {'prefetch': prefetch}})
        self.opened = 0

    def open(self, path, text, line, before):
        """Opens a text with the cursor behind `before`, which begins the line."""
        self.opened += 1
        self.before = before
        self.uri = f'file:///bench/{self.opened}/{path.name}'
        self.version, self.line, self.character = 1, line, len(before.encode())
        self.client.open(self.uri, text, language=path.suffix[1:])

    def insert(self, text):
        self.version += 1
        self.client.insert(self.uri, self.version, self.line, self.character, text)
        lines = text.split('\n')
        self.line += len(lines) - 1
        self.character = len(lines[-1].encode()) + (self.character if len(lines) == 1 else 0)

    def ask(self):
        """Returns the text, and the milliseconds until it was there."""
        begin = time.perf_counter()
        items = self.client.inline(self.uri, self.line, self.character)
        ms = 1e3 * (time.perf_counter() - begin)
        return (items[0]['insertText'] if items else ''), ms

    def accept_twice(self):
        """Returns the milliseconds of the answers after an accepted one."""
        text, _ = self.ask()
        if not text:
            return []
        self.client.settle()
        self.insert(text)
        following, ms = self.ask()
        if following:
            return [ms]
        line = text.split('\n')[-1] if '\n' in text else self.before
        indent = line[:len(line) - len(line.lstrip())]
        self.insert('\n' + indent)
        return [ms, self.ask()[1]]


def places(path, count):
    """Yields (text, line, its beginning): the rest of that line is missing."""
    lines = path.read_text(encoding='utf-8').split('\n')
    candidates = [i for i, line in enumerate(lines) if len(line.strip()) > 20]
    for i in candidates[len(candidates) // 10::max(1, len(candidates) // count)][:count]:
        line = lines[i]
        indent = len(line) - len(line.lstrip())
        kept = line[:indent + (len(line) - indent) // 2]
        yield '\n'.join(lines[:i] + [kept] + lines[i + 1:]), i, kept


def measure(args, own):
    editors = {prefetch: Editor(args.krait, own.env, prefetch) for prefetch in (True, False)}
    taken = {prefetch: ([], []) for prefetch in editors}
    for path in args.files:
        for text, line, kept in places(path, args.places):
            for prefetch, editor in editors.items():
                editor.open(path, text, line, kept)
                for i, ms in enumerate(editor.accept_twice()):
                    taken[prefetch][i].append(ms)
    for editor in editors.values():
        editor.client.finish()
    print(f'{"request":<24}{"n":>5}{"prefetch, ms":>14}{"without":>10}{"ratio":>8}')
    for i, name in enumerate(('after an accepted one', 'on the line after it')):
        with_it, without = taken[True][i], taken[False][i]
        if not with_it or not without:
            continue
        a, b = statistics.median(with_it), statistics.median(without)
        print(f'{name:<24}{len(with_it):>5}{a:>14.2f}{b:>10.2f}{b / a:>8.1f}')


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n\n')[0])
    parser.add_argument('krait')
    parser.add_argument('files', type=pathlib.Path, nargs='+')
    parser.add_argument('--places', type=int, default=20, help='in each file')
    args = parser.parse_args()
    for path in (args.krait, *args.files):
        if not pathlib.Path(path).is_file():
            parser.error(f'{path}: no such file')
    own = Places()
    try:
        measure(args, own)
    finally:
        own.remove()


if __name__ == '__main__':
    main()
