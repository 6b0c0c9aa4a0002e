#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures krait, and llama.cpp's llama-bench beside it on the same files.

A and B take turns, round by round, so that a machine that is shared with
others treats both alike; each figure is the median of the rounds. Without
llama-bench only krait's columns are filled. The table says what of the
machine's limits krait reaches: decoding of the memory bandwidth, a prefill of
what the cores do on int8 in registers, both measured in the same run.

Usage: compare.py KRAIT [--rounds 3] [--llama-bench CMD] [--models FILE...]
                  [--random SHAPE:TYPE...] [--folder DIR]
                  [--decode TOKENS] [--prefill TOKENS]
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
# Real shapes, of which all but the Mambas of 130M are larger than most caches,
# and every other format in one of them.
RANDOM_MODELS = ['mamba2-130m:q8_0', 'mamba2-130m:f16',
                 'codestral-mamba-7b:q4_k', 'mistral-7b:q4_k'] + [
                     f'tinyllama-1.1b:{kind}' for kind in (
                         'q8_0', 'q6_k', 'q5_k', 'q5_1', 'q5_0', 'q4_k',
                         'q4_1', 'q4_0', 'iq4_xs', 'iq4_nl', 'q3_k', 'q2_k',
                         'f16')]
TOKENS = {'decode': 64, 'prefill': 512}


def run(command):
    """Returns the standard output of a command that must succeed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f'{shlex.join(command)}: exit code {done.returncode}\n'
                 f'{done.stderr}')
    return done.stdout


def krait_round(krait, model, kind, threads):
    """Returns krait's report: speed, limits of the machine, and their shares."""
    return json.loads(run([krait, 'bench', kind, '--model', str(model),
                           '--tokens', str(TOKENS[kind]), '--repetitions', '1',
                           '--threads', str(threads), '--json']))


def llama_round(llama_bench, model, kind, threads):
    tokens = (['-p', str(TOKENS[kind]), '-n', '0'] if kind == 'prefill' else
              ['-p', '0', '-n', str(TOKENS[kind])])
    out = run(llama_bench + ['-m', str(model), '-t', str(threads), '-r', '1',
                             '-o', 'json'] + tokens)
    return json.loads(out)[0]['avg_ts']


LIMITS = {'decode': ('memory_gb_per_second', 'fraction_of_memory_bandwidth'),
          'prefill': ('int8_peak_gop_per_second', 'fraction_of_int8_peak')}


def measure(krait, llama_bench, model, kind, rounds, threads):
    """Returns a row: medians of krait and peer, the median ratio, shares."""
    reports, theirs = [], []
    for _ in range(rounds):
        reports.append(krait_round(krait, model, kind, threads))
        if llama_bench:
            theirs.append(llama_round(llama_bench, model, kind, threads))
    ours = [report['tokens_per_second']['median'] for report in reports]
    ratios = [a / b for a, b in zip(ours, theirs)]
    limit, share = (statistics.median(report[key] for report in reports)
                    for key in LIMITS[kind])
    return {
        'krait': statistics.median(ours),
        'krait_range': [min(ours), max(ours)],
        'peer': statistics.median(theirs) if theirs else None,
        'peer_range': [min(theirs), max(theirs)] if theirs else None,
        'ratio': statistics.median(ratios) if ratios else None,
        'limit': limit,
        'share': share,
    }


def caches():
    """Returns the caches that the first CPU sees: "L2 2048K, L3 260M"."""
    found = []
    folder = pathlib.Path('/sys/devices/system/cpu/cpu0/cache')
    for index in sorted(folder.glob('index*')):
        level, size = ((index / name).read_text(encoding='utf-8').strip()
                       for name in ('level', 'size'))
        if level != '1':
            found.append(f'L{level} {size}')
    return ', '.join(found) or 'caches unknown'


def machine():
    """Returns the processor's name, the number of CPUs and the caches."""
    name = 'unknown processor'
    with open('/proc/cpuinfo', encoding='utf-8') as info:
        for line in info:
            if line.startswith('model name'):
                name = line.split(':', 1)[1].strip()
                break
    return f'{name}, {len(os.sched_getaffinity(0))} CPUs, {caches()}'


def number(value):
    """Three digits: 0.53, 5.31, 53.1, 531."""
    return f'{value:.{max(0, 2 - len(str(int(value))) + 1)}f}'


def print_row(name, kind, row):
    what = f'{kind} {TOKENS[kind]}'
    low, high = row['krait_range']
    peer = ratio = '–'
    if row['peer']:
        peer = number(row['peer'])
        ratio = f"{row['ratio']:.2f}"
    print(f"| {name} | {what} | {number(row['krait'])} [{number(low)}.."
          f"{number(high)}] | {peer} | {ratio} | {100 * row['share']:.0f} % of "
          f"{row['limit']:.0f} |", flush=True)


def print_head(threads, rounds):
    print(f'{machine()}; {threads} threads; tokens/s, medians of {rounds} '
          'rounds; share of the memory bandwidth (GB/s) or of what the cores '
          'do on int8 in registers (GOP/s)')
    print('| model | what | krait | llama.cpp | ratio | share |')
    print('|---|---|---|---|---|---|')


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('krait', help='the binary')
    parser.add_argument('--rounds', type=int, default=3)
    parser.add_argument('--threads', type=int,
                        default=len(os.sched_getaffinity(0)))
    parser.add_argument('--llama-bench', default='llama-bench',
                        help='command of the peer (may hold arguments)')
    parser.add_argument('--models', nargs='*', type=pathlib.Path, default=[],
                        help='GGUF files beside the default model; without '
                        'any, random weights of known shapes')
    parser.add_argument('--random', nargs='*', metavar='SHAPE:TYPE',
                        default=RANDOM_MODELS,
                        help='for example mixtral-8x7b:q2_k; default: '
                        + ' '.join(RANDOM_MODELS))
    parser.add_argument('--folder', type=pathlib.Path,
                        help='where the random models are written for as long '
                        'as they are measured (default: a temporary folder)')
    for kind, tokens in TOKENS.items():
        parser.add_argument(f'--{kind}', type=int, default=tokens,
                            metavar='TOKENS')
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
    TOKENS.update(decode=args.decode, prefill=args.prefill)
    llama_bench = shlex.split(args.llama_bench)
    if not shutil.which(llama_bench[0]):
        print(f'{llama_bench[0]} not found: measuring krait alone',
              file=sys.stderr)
        llama_bench = []
    default = (ROOT / 'models/default').read_text(encoding='utf-8').strip()
    rows = []
    if not args.json:
        print_head(args.threads, args.rounds)
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        for model in models_to_measure(args, default, pathlib.Path(folder)):
            for kind in ('decode', 'prefill'):
                row = measure(args.krait, llama_bench, model, kind,
                              args.rounds, args.threads)
                rows.append((model.stem, kind, row))
                if not args.json:
                    print_row(model.stem, kind, row)
    if args.json:
        print(json.dumps({'machine': machine(), 'threads': args.threads,
                          'rows': rows}))


if __name__ == '__main__':
    main()
