#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a graphics card does, on a machine that has one: builds nothing, needs
nothing but Python, and ends within --minutes.

  graphics_card.py --krait krait --fixtures models [--libraries DIR] [--json F]

Bring along: the program (stripped: `strip krait`), tests/data/models or the
folders of it that FIXTURES names, and, where there is no libvulkan.so.1, that
file in DIR. Weights of the measured shapes are random ones, made here.

First the logits of the fixtures, on the card beside the processor: the largest
difference, and at how many places both have the same likeliest token. Then
tokens a second when writing and reading, beside what the card does at the most,
measured in the same run. What there is no time for is left out, and said.

--small: shapes and lengths that a processor which plays a card (lavapipe) runs
in half a minute, to rehearse it. Exit code 77: there is no such card."""

import argparse
import array
import ast
import json
import os
import struct
import subprocess
import sys
import tempfile
import time

FIXTURES = [
    'llama-tiny/hf', 'mistral-tiny/hf', 'mistral-kq/gguf/model-Q4_K_M.gguf',
    'mixtral-kq/gguf/model-Q4_K_M.gguf', 'mamba1-tiny/hf', 'mamba2-kq/gguf/model-Q4_K_M.gguf',
    'granite-h-tiny/hf', 'falcon-h1-tiny/hf',
]
# The smaller ones first: what is left out for want of time is the largest.
SHAPES = [('granite-4.0-h-1b', 'q8_0'), ('mistral-7b', 'q4_k'), ('codestral-mamba-7b', 'q4_k'),
          ('mixtral-8x7b', 'q4_k')]
SMALL_FIXTURES = ['llama-tiny/hf', 'mixtral-kq/gguf/model-Q4_K_M.gguf', 'granite-h-tiny/hf']
SMALL_SHAPES = [('mamba2-60m', 'q4_k')]
TOKEN_IDS = [1 + (i * 37) % 200 for i in range(70)]


def read_npy(path):
    """The rows of a float32 array of two dimensions."""
    with open(path, 'rb') as file:
        data = file.read()
    (size,) = struct.unpack('<H', data[8:10])
    rows, cols = ast.literal_eval(data[10:10 + size].decode())['shape']
    values = array.array('f', data[10 + size:])
    return [values[r * cols:(r + 1) * cols] for r in range(rows)]


class Card:
    def __init__(self, arguments):
        self.krait = os.path.abspath(arguments.krait)
        self.device = arguments.device
        self.end = time.monotonic() + 60 * arguments.minutes
        self.environment = dict(os.environ)
        if arguments.libraries:
            before = os.environ.get('LD_LIBRARY_PATH')
            self.environment['LD_LIBRARY_PATH'] = os.path.abspath(
                arguments.libraries) + (':' + before if before else '')

    def left(self):
        return self.end - time.monotonic()

    def run(self, *arguments):
        """What the program prints; raises CalledProcessError or
        TimeoutExpired."""
        return subprocess.run([self.krait, *arguments], env=self.environment, check=True, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=max(1, self.left())).stdout

    def logits(self, model, device, folder):
        out = os.path.join(folder, 'logits.npy')
        self.run('debug', 'logits', '--model', model, '--device', device, '--out', out, '--ids',
                 ','.join(map(str, TOKEN_IDS)))
        return read_npy(out)

    def compare(self, model, folder):
        card = self.logits(model, self.device, folder)
        processor = self.logits(model, 'cpu', folder)
        likeliest = lambda row: max(range(len(row)), key=row.__getitem__)
        return {
            'largest_difference': max(
                abs(a - b) for x, y in zip(card, processor) for a, b in zip(x, y)),
            'same_likeliest': sum(likeliest(x) == likeliest(y) for x, y in zip(card, processor)),
            'places': len(card),
        }

    def measure(self, shape, weight_type, folder, small):
        path = os.path.join(folder, f'{shape}-{weight_type}.gguf')
        measured = {}
        for kind in ('decode', 'prefill'):
            tokens = {'decode': 4 if small else 64, 'prefill': 16 if small else 512}[kind]
            weights = ['--model', path] if os.path.exists(path) else [
                '--random', shape, '--type', weight_type, '--keep', path]
            measured[kind] = json.loads(self.run(
                'bench', kind, *weights, '--device', self.device, '--json', '--tokens', str(tokens),
                '--repetitions', '1' if small else '3'))
        os.remove(path)
        return measured


def reason_of(error):
    if isinstance(error, subprocess.TimeoutExpired):
        return 'no time left'
    text = (getattr(error, 'stderr', None) or str(error)).strip()
    return text.splitlines()[-1] if text else str(error)


def compare_fixtures(card, fixtures, names, folder):
    results = {}
    print(f'{"logits of":38} {"largest difference":>18} {"same likeliest":>14}')
    for name in names:
        model = os.path.join(fixtures, name)
        try:
            results[name] = found = card.compare(model, folder)
            print(f'{name:38} {found["largest_difference"]:18.5f}'
                  f' {found["same_likeliest"]:>9} of {found["places"]}')
        except (subprocess.SubprocessError, OSError) as error:
            results[name] = {'failed': reason_of(error)}
            print(f'{name:38} failed: {results[name]["failed"]}')
    return results


def share(measured, name):
    """There is none where the model does not run on one card alone."""
    return f'{100 * measured[name]:5.0f} %' if name in measured else f'{"-":>7}'


def show_speed(name, measured):
    decode, prefill = measured['decode'], measured['prefill']
    print(f'{name:26} {decode["tokens_per_second"]["median"]:10.1f}'
          f' {decode["gb_per_second"]:8.1f} {share(decode, "fraction_of_memory_bandwidth")}'
          f' {prefill["tokens_per_second"]["median"]:12.1f}'
          f' {prefill["gflop_per_second"]:9.0f} {share(prefill, "fraction_of_peak")}'
          f' of {prefill.get("peak_gop_per_second", 0):.0f} in {prefill.get("peak_kind", "-")}')


def measure_shapes(card, shapes, folder, small):
    results = {}
    print(f'\n{"":26} {"decode t/s":>10} {"GB/s":>8} {"share":>7} {"prefill t/s":>12}'
          f' {"GFLOP/s":>9} {"share":>7}')
    for shape, weight_type in shapes:
        name = f'{shape} {weight_type}'
        try:
            if card.left() < 10:
                raise subprocess.TimeoutExpired('krait', 0)
            results[name] = card.measure(shape, weight_type, folder, small)
            show_speed(name, results[name])
        except (subprocess.SubprocessError, OSError) as error:
            results[name] = {'failed': reason_of(error)}
            print(f'{name:26} left out: {results[name]["failed"]}')
        sys.stdout.flush()
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--krait', default='build/release/daemon/krait')
    parser.add_argument('--fixtures', default='tests/data/models')
    parser.add_argument('--device', default='auto')
    parser.add_argument('--libraries', help='folder of libvulkan.so.1, where there is none')
    parser.add_argument('--folder', help='where random weights are made (30 GB)')
    parser.add_argument('--minutes', type=float, default=7.5)
    parser.add_argument('--json', help='where to write all that was found')
    parser.add_argument('--small', action='store_true')
    arguments = parser.parse_args()
    card = Card(arguments)
    found = {'device': arguments.device}
    try:
        found['doctor'] = [line.strip() for line in card.run('doctor').splitlines()
                           if 'card' in line.lower() or 'vulkan' in line.lower()]
    except subprocess.CalledProcessError as error:
        # It fails where anything is amiss, and says what.
        found['doctor'] = [line.strip() for line in error.stdout.splitlines()
                           if 'card' in line.lower() or 'vulkan' in line.lower()]
    print('\n'.join(found['doctor']), end='\n\n')
    if not any(line.startswith('ok') and ' card ' in line for line in found['doctor']):
        print('there is no such card')
        return 77
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        found['logits'] = compare_fixtures(card, arguments.fixtures,
                                           SMALL_FIXTURES if arguments.small else FIXTURES, folder)
        found['speed'] = measure_shapes(card, SMALL_SHAPES if arguments.small else SHAPES, folder,
                                        arguments.small)
    if arguments.json:
        with open(arguments.json, 'w', encoding='utf-8') as file:
            json.dump(found, file, indent=1)
    failed = [name for part in ('logits', 'speed') for name, value in found[part].items()
              if 'failed' in value]
    print(f'\n{len(found["logits"]) + len(found["speed"]) - len(failed)} done, {len(failed)} failed or left out')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
