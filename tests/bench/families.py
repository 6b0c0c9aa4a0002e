#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints the table of model families, each line from what krait says and does.

What is read of the golden models in tests/data/models: the formats that load and
verify (`krait model verify`), and how prompts are laid out (`krait model info`), as
with the vocabulary of the model that is measured.
What is measured with random weights of a real model's shape: the tokens that a
keystroke computes (`krait bench keystrokes --warming`: krait reads on between two
of them, as it does while nobody types), speed (`krait bench decode`, `prefill`; the
median of some rounds, which take turns) and the memory of the process that decodes.
Beside each speed is what one core does in a second of its own time, measured with one
thread: on a machine that does other things, too, the speed is lower, and that about
the same.

Usage: families.py KRAIT [--families NAME...] [--threads N] [--rounds N] [--large]
                   [--short]
"""

import argparse
import dataclasses
import datetime
import json
import os
import pathlib
import shlex
import statistics
import subprocess
import sys
import tempfile

from compare import machine

MODELS = pathlib.Path(__file__).resolve().parent.parent / 'data/models'
STEPS = 'cold,type,jump,jump-type,edit-above,edit-type'


@dataclasses.dataclass
class Family:
    """A line of the table."""
    name: str
    shape: str  # of `krait bench --random`
    type: str
    golden: list  # folders of tests/data/models
    templates: list  # of `krait chat --template`
    large: bool = False  # minutes with two cores: only when asked for


FAMILIES = [
    Family('Mamba', 'mamba-130m', 'q8_0', ['mamba1-tiny'], []),
    Family('Mamba-2', 'mamba2-130m', 'q8_0', ['mamba2-tiny', 'mamba2-tied', 'mamba2-kq'], []),
    Family('Granite 4.0 H', 'granite-4.0-h-350m', 'q8_0', ['granite-h-tiny', 'granite-h-moe'],
           ['granite']),
    Family('Granite 4.0 H', 'granite-4.0-h-1b', 'q4_k', ['granite-h-tiny', 'granite-h-moe'],
           ['granite'], large=True),
    Family('Granite', 'granite-4.0-350m', 'q8_0', ['granite-tiny'], ['granite']),
    Family('Falcon-H1', 'falcon-h1-tiny-90m', 'q8_0', ['falcon-h1-tiny'], ['chatml']),
    Family('Qwen2.5-Coder', 'qwen2.5-coder-0.5b', 'q8_0', ['qwen2-tiny'], ['chatml']),
    Family('Qwen2.5-Coder', 'qwen2.5-coder-1.5b', 'q4_k', ['qwen2-tiny'], ['chatml'], large=True),
    Family('Llama', 'tinyllama-1.1b', 'q4_k', ['llama-tiny', 'llama3-tiny', 'llama-linear'],
           ['llama3', 'llama3.1', 'zephyr'], large=True),
    Family('Mistral', 'mistral-7b', 'q4_k', ['mistral-tiny', 'mistral-nowindow', 'mistral-kq'],
           ['mistral-v1', 'mistral-v3'], large=True),
    Family('Mixtral', 'mixtral-8x7b', 'q2_k', ['mixtral-tiny', 'mixtral-kq'], ['mistral-v1'],
           large=True),
    Family('Codestral Mamba', 'codestral-mamba-7b', 'q4_k', ['mamba2-tiny'], ['mistral-v3'],
           large=True),
]


@dataclasses.dataclass
class Krait:
    """The program, and how many threads it gets."""
    path: str
    threads: int

    def run(self, *arguments):
        """Returns standard output."""
        command = [self.path, *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f'{shlex.join(command)}: exit code {done.returncode}\n{done.stderr}')
        return done.stdout

    def json(self, *arguments):
        return json.loads(self.run(*arguments, '--json'))


def golden_files(folder):
    """Yields (format, path) of a golden model."""
    for name, layout in (('hf', 'safetensors'), ('mistral-layout', "Mistral's")):
        if (folder / name).is_dir():
            yield layout, folder / name
    for path in sorted((folder / 'gguf').glob('*.gguf')):
        yield 'GGUF', path


def read_facts(krait, family):
    """What krait says of a family's golden models."""
    formats, layouts = [], []
    for name in family.golden:
        for layout, path in golden_files(MODELS / name):
            krait.run('model', 'verify', path)
            info = krait.json('model', 'info', path)
            if layout not in formats:
                formats.append(layout)
            if info['fim'] != 'none' and info['fim'] not in layouts:
                layouts.append(info['fim'])
    known = krait.run('chat', '--help')
    for template in family.templates:
        if template not in known:
            sys.exit(f'{template}: `krait chat` knows no such template')
    return {'formats': formats, 'fim': layouts}


def tokens_a_step(krait, family, model):
    """Returns the medians of computed tokens, by step."""
    size = (['--lines', 40, '--typed', 4, '--max-tokens', 2] if family.large else
            ['--lines', 600, '--typed', 40, '--max-tokens', 8])
    done = krait.json('bench', 'keystrokes', '--model', model, '--rounds', 1,
                      '--threads', krait.threads, '--steps', STEPS, '--warming', *size)
    return {step['step']: step['tokens']['computed'] for step in done['results'][0]['steps']}


def measure(krait, family, rounds, folder):
    model = folder / f'{family.shape}.gguf'
    common = ['--threads', krait.threads]
    krait.run('bench', 'decode', '--random', family.shape, '--type', family.type, '--keep', model,
              '--tokens', 1, '--repetitions', 1, *common)
    tokens = {'decode': 16 if family.large else 64, 'prefill': 64 if family.large else 512}
    reports = {(kind, threads): [] for kind in tokens for threads in (krait.threads, 1)}
    for _ in range(rounds):
        for (kind, threads), of_kind in reports.items():
            of_kind.append(krait.json('bench', kind, '--model', model, '--threads', threads,
                                      '--repetitions', 1, '--tokens', tokens[kind]))
    steps = tokens_a_step(krait, family, model)
    layout = krait.json('model', 'info', model)['fim']
    model.unlink()

    def speeds(kind):
        """With all threads, and of one core's time."""
        return (median(reports[kind, krait.threads], 'tokens_per_second'),
                median(reports[kind, 1], 'tokens_per_core_second'))
    return {'writes': speeds('decode'), 'reads': speeds('prefill'),
            'memory': reports['decode', krait.threads][0]['resident_bytes'],
            'steps': steps, 'fim': layout}


def median(reports, field):
    return statistics.median(report[field]['median'] for report in reports)


# Titles of the columns, and of those that a page for everybody has.
COLUMNS = ['family', 'random weights of', 'files', 'fill-in-the-middle', 'chat',
           'tokens a typed character costs', 'a jump', 'an edit above', 'reads, tokens/s',
           'a core reads', 'writes, tokens/s', 'a core writes', 'memory']
SHORT = ['family', 'random weights of', 'files', 'fill-in-the-middle', 'chat',
         'tokens a typed character costs', 'a core reads', 'a core writes']


def row(family, facts, measured):
    """The cells, as COLUMNS says."""
    def number(value):
        return f'{value:.1f}' if value < 10 else f'{value:.0f}'

    steps = measured['steps']
    return [
        family.name,
        f'{family.shape}, {family.type.upper()}',
        ', '.join(facts['formats']),
        ', '.join(sorted({measured['fim'], *facts['fim']}, reverse=True)),
        ', '.join(family.templates) or '–',
        *(f'{steps[step]:.0f}' for step in ('type', 'jump', 'edit-above')),
        *map(number, measured['reads']),
        *map(number, measured['writes']),
        f"{measured['memory'] / 1e9:.1f} GB",
    ]


def print_line(cells, columns):
    print('| ' + ' | '.join(cells[COLUMNS.index(column)] for column in columns) + ' |',
          flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('krait', help='the binary')
    parser.add_argument('--families', nargs='*', metavar='SHAPE', help='only these shapes')
    parser.add_argument('--large', action='store_true', help='those above 1B, too: takes long')
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--short', action='store_true', help='fewer columns')
    parser.add_argument('--threads', type=int, default=len(os.sched_getaffinity(0)))
    args = parser.parse_args()
    krait = Krait(args.krait, args.threads)
    columns = SHORT if args.short else COLUMNS
    print(f'{machine()}, {args.threads} threads, load {os.getloadavg()[0]:.0f}, '
          f'{datetime.date.today()}\n')
    print_line(COLUMNS, columns)
    print('|' + '---|' * len(columns))
    for family in FAMILIES:
        wanted = args.large or not family.large
        if args.families is not None:
            wanted = family.shape in args.families
        if not wanted:
            continue
        with tempfile.TemporaryDirectory() as folder:
            measured = measure(krait, family, args.rounds, pathlib.Path(folder))
        print_line(row(family, read_facts(krait, family), measured), columns)


if __name__ == '__main__':
    main()
