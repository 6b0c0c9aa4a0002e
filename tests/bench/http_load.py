#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures what an editor notices of programs that speak HTTP.

One editor types in a file, by `krait lsp`, and waits for a completion at each
key. First alone; then while `--idle` connections are open, `--busy` clients ask
for texts one after the other, and `--typing` clients type as llama.vim does:
256 lines before the cursor and 64 after, a request a key, hanging up on the one
before if that has not been answered.

Says how long the editor's keystrokes waited in the queue (of the model's rounds
before it was begun) and as a whole, what the others were answered, and what the
daemon's memory came to.

Usage: http_load.py KRAIT [--idle 1000] [--busy 200] [--typing 50]
                    [--seconds 60] [--json]
"""

import argparse
import asyncio
import collections
import json
import pathlib
import re
import statistics
import subprocess
import sys
import threading
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / 'daemon'))

from lsp_client import Client, Places  # noqa: E402  (needs the path above)

KEY_PAUSE = 0.15  # between two keys of a person, seconds
TYPED = '    result = total + left * compute_3(left, total)\n'


def source_lines(count, seed):
    """Lines of a program; another seed is another program."""
    lines = []
    for i in range(count // 4):
        n = i * 31 + seed * 7919
        lines += [f'def compute_{i}_{seed}(left, right_{n % 97}):',
                  f'    total = left * {n % 101} + right_{n % 97}',
                  f'    return total - {n % 89}', '']
    return lines


class Editor:
    """Types and waits, on a thread of its own."""

    def __init__(self, krait, env):
        self.client = Client([krait, 'lsp', '--threads', '2', '--min-confidence=-inf'], env)
        self.client.initialize(encodings=('utf-8',))
        lines = source_lines(600, 1)
        self.uri, self.line, self.character, self.version = 'file:///load/a.py', 300, 0, 1
        self.client.open(self.uri, '\n'.join(lines[:300] + [''] + lines[300:]))
        self.key()

    def key(self):
        """Types one character; returns (milliseconds, milliseconds in the queue)."""
        char = TYPED[self.version % len(TYPED)]
        self.version += 1
        begin = time.monotonic()
        self.client.insert(self.uri, self.version, self.line, self.character, char)
        self.line, self.character = ((self.line + 1, 0) if char == '\n'
                                     else (self.line, self.character + 1))
        self.client.inline(self.uri, self.line, self.character)
        whole = (time.monotonic() - begin) * 1e3
        trace = self.client.explain(self.uri)
        return whole, None if trace.get('typed_through') else trace['ms']['queue']

    def type(self, seconds):
        keys = []
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            keys.append(self.key())
            time.sleep(KEY_PAUSE)
        return keys


class Http:
    """All HTTP clients, in one event loop."""

    def __init__(self, port):
        self.port = port
        self.statuses = collections.Counter()
        self.typed_ms = []
        self.hung_up = 0
        self.stop = asyncio.Event()

    async def connect(self):
        return await asyncio.open_connection('127.0.0.1', self.port)

    @staticmethod
    def request(path, body):
        data = json.dumps(body).encode()
        return (f'POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n'
                f'Content-Length: {len(data)}\r\n\r\n').encode() + data

    async def answer(self, reader):
        head = (await reader.readuntil(b'\r\n\r\n')).decode()
        status = int(head.split()[1])
        length = re.search(r'content-length: (\d+)', head, re.I)
        body = await reader.readexactly(int(length[1])) if length else b''
        self.statuses[status] += 1
        return status, body

    async def idle(self):
        """A connection that has asked once and stays; it is opened again when it is closed."""
        while not self.stop.is_set():
            try:
                reader, writer = await self.connect()
                writer.write(b'GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
                await self.answer(reader)
                await reader.read(1)
                writer.close()
            except (OSError, asyncio.IncompleteReadError):
                self.statuses['refused'] += 1
                await asyncio.sleep(1)

    async def busy(self, number):
        while not self.stop.is_set():
            try:
                reader, writer = await self.connect()
                while not self.stop.is_set():
                    prompt = '\n'.join(source_lines(40, number))
                    writer.write(self.request('/completion', {
                        'prompt': prompt, 'n_predict': 32, 'temperature': 0.8, 'ignore_eos': True}))
                    status, _ = await self.answer(reader)
                    if status != 200:
                        await asyncio.sleep(1)
                writer.close()
            except (OSError, asyncio.IncompleteReadError):
                self.statuses['refused'] += 1
                await asyncio.sleep(1)

    async def typist(self, number):
        lines = source_lines(400, number + 10)
        before, after = '\n'.join(lines[:300]) + '\n', '\n' + '\n'.join(lines[300:])
        suffix = ''.join(after.splitlines(keepends=True)[:64])
        typed = ''
        await asyncio.sleep(KEY_PAUSE * number / 50)
        while not self.stop.is_set():
            typed += TYPED[len(typed) % len(TYPED)]
            text = before + typed
            begin = text.rfind('\n') + 1
            prefix = ''.join(text[:begin].splitlines(keepends=True)[-256:])
            started = time.monotonic()
            try:
                reader, writer = await self.connect()
                writer.write(self.request('/infill', {
                    'input_prefix': prefix, 'prompt': text[begin:], 'input_suffix': suffix,
                    'n_predict': 16, 't_max_predict_ms': 500}))
                try:
                    await asyncio.wait_for(self.answer(reader), 4 * KEY_PAUSE)
                    self.typed_ms.append((time.monotonic() - started) * 1e3)
                except asyncio.TimeoutError:
                    self.hung_up += 1
                writer.close()
            except (OSError, asyncio.IncompleteReadError):
                self.statuses['refused'] += 1
            await asyncio.sleep(KEY_PAUSE)

    async def run(self, options, seconds):
        tasks = [asyncio.create_task(self.idle()) for _ in range(options.idle)]
        tasks += [asyncio.create_task(self.busy(i)) for i in range(options.busy)]
        tasks += [asyncio.create_task(self.typist(i)) for i in range(options.typing)]
        await asyncio.sleep(seconds)
        self.stop.set()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Memory(threading.Thread):
    """Looks at a process's memory, in MiB, twice a second."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid = pid
        self.seen = []
        self.start()

    def run(self):
        while True:
            try:
                with open(f'/proc/{self.pid}/status', encoding='utf-8') as file:
                    self.seen.append(int(re.search(r'VmRSS:\s+(\d+)', file.read())[1]) / 1024)
            except (OSError, TypeError):
                return
            time.sleep(0.5)


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))] if values else float('nan')


def summary(keys):
    whole = [ms for ms, _ in keys]
    queue = [ms for _, ms in keys if ms is not None]
    return {'keys': len(keys),
            'whole_ms': {'p50': statistics.median(whole), 'p99': percentile(whole, 0.99),
                         'most': max(whole)},
            'queue_ms': {'p50': percentile(queue, 0.5), 'p99': percentile(queue, 0.99),
                         'most': max(queue, default=0)}}


def measure(krait, env, options):
    server = subprocess.Popen([krait, 'serve', '--threads', '2', '--listen', '127.0.0.1:0'],
                              env=env, stdout=subprocess.PIPE, text=True)
    try:
        port = int(re.search(r':(\d+)', server.stdout.readline().split('//')[1])[1])
        editor = Editor(krait, env)
        status = json.loads(subprocess.run([krait, 'status', '--json'], env=env, text=True,
                                           stdout=subprocess.PIPE, check=True).stdout)
        memory = Memory(status['pid'])
        alone = editor.type(options.seconds / 3)
        memory_alone = memory.seen[-1]
        http = Http(port)
        loaded = []
        others = threading.Thread(target=lambda: asyncio.run(http.run(options, options.seconds)))
        others.start()
        time.sleep(min(5, options.seconds / 4))  # until all are connected
        loaded = editor.type(options.seconds * 0.6)
        others.join()
        return {'alone': summary(alone), 'loaded': summary(loaded),
                'http': {'answers': {str(key): count for key, count in http.statuses.items()},
                         'typed': len(http.typed_ms), 'hung_up': http.hung_up,
                         'typed_ms': {'p50': percentile(http.typed_ms, 0.5),
                                      'p99': percentile(http.typed_ms, 0.99)}},
                'memory_mib': {'alone': memory_alone, 'most': max(memory.seen),
                               'end': memory.seen[-1]}}
    finally:
        server.kill()
        server.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('krait')
    parser.add_argument('--idle', type=int, default=1000)
    parser.add_argument('--busy', type=int, default=200)
    parser.add_argument('--typing', type=int, default=50)
    parser.add_argument('--seconds', type=float, default=60)
    parser.add_argument('--json', action='store_true')
    options = parser.parse_args()
    places = Places()
    try:
        report = measure(options.krait, places.env, options)
    finally:
        subprocess.run([options.krait, 'stop'], env=places.env, check=False,
                       stdout=subprocess.DEVNULL)
        places.remove()
    if options.json:
        print(json.dumps(report, indent=2))
        return
    print(f'{options.idle} idle, {options.busy} busy, {options.typing} typing by HTTP')
    for name in ('alone', 'loaded'):
        row = report[name]
        print('editor {:7} {:4} keys: queue {p50:.1f}/{p99:.1f}/{most:.1f} ms,'.format(
            name, row['keys'], **row['queue_ms']),
            'whole {p50:.0f}/{p99:.0f}/{most:.0f} ms (p50/p99/most)'.format(**row['whole_ms']))
    print('http:', report['http'])
    print('memory of the daemon, MiB: {alone:.0f} before, {most:.0f} at most, {end:.0f} at the end'
          .format(**report['memory_mib']))


if __name__ == '__main__':
    main()
