#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures krait, and llama.cpp's llama-bench beside it on the same files.

A and B take turns, round by round, so that a machine that is shared with
others treats both alike; each figure is the median of the rounds. Without
llama-bench only krait's columns are filled.

Usage: compare.py KRAIT [--rounds 5] [--llama-bench CMD] [--models FILE...]
                  [--random SHAPE:TYPE...]
"""

import argparse
import json
import os
import pathlib
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
REAL_MODEL = ROOT / 'build/real-model/SmolLM2-135M-Instruct.Q4_1.gguf'
# More than most caches hold.
RANDOM_MODELS = ['mamba2-130m:q8_0', 'mamba2-130m:f16', 'tinyllama-1.1b:q8_0',
                 'tinyllama-1.1b:q5_k', 'tinyllama-1.1b:q4_k']
PREFILL_TOKENS = 512
DECODE_TOKENS = 64


def run(command):
    """Returns the standard output of a command that must succeed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f'{shlex.join(command)}: exit code {done.returncode}\n'
                 f'{done.stderr}')
    return done.stdout


def krait_round(krait, model, kind, threads):
    """Returns (tokens per second, fraction of the memory bandwidth)."""
    tokens = PREFILL_TOKENS if kind == 'prefill' else DECODE_TOKENS
    out = json.loads(run([krait, 'bench', kind, '--model', str(model),
                          '--tokens', str(tokens), '--repetitions', '1',
                          '--threads', str(threads), '--json']))
    return (out['tokens_per_second']['median'],
            out.get('fraction_of_memory_bandwidth', 0.0))


def llama_round(llama_bench, model, kind, threads):
    tokens = (['-p', str(PREFILL_TOKENS), '-n', '0'] if kind == 'prefill' else
              ['-p', '0', '-n', str(DECODE_TOKENS)])
    out = run(llama_bench + ['-m', str(model), '-t', str(threads), '-r', '1',
                             '-o', 'json'] + tokens)
    return json.loads(out)[0]['avg_ts']


def measure(krait, llama_bench, model, kind, rounds, threads):
    """Returns a row: medians of krait and peer, the median ratio, bandwidth."""
    ours, theirs, fractions = [], [], []
    for _ in range(rounds):
        speed, fraction = krait_round(krait, model, kind, threads)
        ours.append(speed)
        fractions.append(fraction)
        if llama_bench:
            theirs.append(llama_round(llama_bench, model, kind, threads))
    ratios = [a / b for a, b in zip(ours, theirs)]
    return {
        'krait': statistics.median(ours),
        'krait_range': [min(ours), max(ours)],
        'peer': statistics.median(theirs) if theirs else None,
        'ratio': statistics.median(ratios) if ratios else None,
        'bandwidth': statistics.median(fractions),
    }


def machine():
    """Returns the processor's name and the number of CPUs."""
    name = 'unknown processor'
    with open('/proc/cpuinfo', encoding='utf-8') as info:
        for line in info:
            if line.startswith('model name'):
                name = line.split(':', 1)[1].strip()
                break
    return f'{name}, {len(os.sched_getaffinity(0))} CPUs'


def print_table(rows, threads):
    print(f'{machine()}, {threads} threads; tokens/s, medians')
    print('| model | what | krait | llama.cpp | ratio | of bandwidth |')
    print('|---|---|---|---|---|---|')
    for name, kind, row in rows:
        what = (f'prefill {PREFILL_TOKENS}' if kind == 'prefill' else
                f'decode {DECODE_TOKENS}')
        peer = f"{row['peer']:.0f}" if row['peer'] else '–'
        ratio = f"{row['ratio']:.2f}" if row['ratio'] else '–'
        share = f"{100 * row['bandwidth']:.0f} %" if kind == 'decode' else ''
        print(f"| {name} | {what} | {row['krait']:.0f} | {peer} | {ratio} | "
              f'{share} |')


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('krait', help='the binary')
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--threads', type=int,
                        default=len(os.sched_getaffinity(0)))
    parser.add_argument('--llama-bench', default='llama-bench',
                        help='command of the peer (may hold arguments)')
    parser.add_argument('--models', nargs='*', type=pathlib.Path, default=[],
                        help='GGUF files beside the default model; without '
                        'any, random weights of known shapes')
    parser.add_argument('--random', nargs='*', metavar='SHAPE:TYPE',
                        default=RANDOM_MODELS,
                        help='for example mistral-7b:q4_k; default: '
                        + ' '.join(RANDOM_MODELS))
    parser.add_argument('--json', action='store_true')
    return parser.parse_args()


def models_to_measure(args, default, folder):
    """Yields paths; a random model is removed when the next one is asked for."""
    yield ROOT / 'models' / default
    yield from args.models
    if REAL_MODEL.exists() and not args.models:
        yield REAL_MODEL
    for name in [] if args.models else args.random:
        shape, kind = name.split(':')
        path = folder / f'{shape}-{kind}.gguf'
        run([args.krait, 'bench', 'decode', '--random', shape, '--type', kind,
             '--keep', str(path), '--tokens', '1', '--repetitions', '1',
             '--json'])
        yield path
        path.unlink()


def main():
    args = arguments()
    llama_bench = shlex.split(args.llama_bench)
    if not shutil.which(llama_bench[0]):
        print(f'{llama_bench[0]} not found: measuring krait alone',
              file=sys.stderr)
        llama_bench = []
    with tempfile.TemporaryDirectory() as folder:
        default = (ROOT / 'models/default').read_text(encoding='utf-8').strip()
        rows = []
        for model in models_to_measure(args, default, pathlib.Path(folder)):
            rows += [(model.stem, kind,
                      measure(args.krait, llama_bench, model, kind,
                              args.rounds, args.threads))
                     for kind in ('decode', 'prefill')]
    if args.json:
        print(json.dumps({'machine': machine(), 'threads': args.threads,
                          'rows': rows}))
    else:
        print_table(rows, args.threads)


if __name__ == '__main__':
    main()
