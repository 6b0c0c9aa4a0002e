#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails when an #include crosses the layers of ARCHITECTURE.md, or when a
file breaks a rule of the house that a machine can check.

Usage: layering_test.py [ROOT]
"""

import pathlib
import re
import sys

# layer -> layers whose headers it may include (besides its own)
ALLOWED = {
    'simd': set(),
    'engine': {'simd'},
    'lsp': set(),
    'grammars': set(),
    'daemon': {'simd', 'engine', 'lsp', 'grammars'},
    'tests': {'simd', 'engine', 'lsp', 'grammars', 'daemon'},
}

# layer -> its folders from the ground up: each may include its own headers,
# those of the folders before it, and the layer's own at its root.
FLOORS = {
    'engine': ('threads', 'file', 'tokenizer', 'memory', 'model', 'state',
               'layers', 'arch', 'run'),
}

# layer -> external include prefixes that it must not use
FORBIDDEN_EXTERNAL = {
    'simd': ('boost/', 'simdjson', 'fmt/', 'hwloc', 'CLI/', 'utf8proc'),
    'engine': ('boost/asio', 'boost/beast', 'boost/json', 'CLI/', 'hwy/'),
    'lsp': ('boost/asio', 'boost/beast', 'hwy/', 'hwloc', 'CLI/'),
    'grammars': ('boost/', 'hwy/', 'hwloc', 'CLI/', 'simdjson'),
    'daemon': ('hwy/',),
    'tests': (),
}

INTRINSICS = re.compile(r'(imm|x86|arm_neon|arm_sve)\w*\.h$')
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
# These return a std::ranges::subrange or a view, which the clang 14 of the
# fuzzers and clang-tidy cannot compile with GCC 12's library.
NOT_IN_CLANG = re.compile(r'std::(ranges::(unique|remove|remove_if|partition|'
                          r'rotate|equal_range|search|find_end)\(|views::)')
SPDX = 'SPDX-License-Identifier: Apache-2.0'
MAX_LINES = {'tests': 800}
MAX_LINES_DEFAULT = 600


def includes(path):
    """Yields (line number, quoted?, target) of each #include in the file."""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match[1] == '"', match[2]


def floor_of(layer, name):
    """Returns the floor of a file of the layer: -1 at its root, None if its
    folder is none of the layer's."""
    parts = pathlib.PurePosixPath(name).parts
    if len(parts) == 2:
        return -1
    return FLOORS[layer].index(parts[1]) if parts[1] in FLOORS[layer] else None


def check_floor(name, target):
    """Returns what is wrong with an include inside of a layer, or None."""
    layer = name.split('/')[0]
    if layer not in FLOORS:
        return None
    mine = floor_of(layer, name)
    if mine is None:
        return f'{name.rsplit("/", 1)[0]} is no floor of {layer}'
    if not target.startswith(f'{layer}/'):
        return None
    other = floor_of(layer, target)
    if other is None or other > mine:
        return f'{name.rsplit("/", 1)[0]} must not include {target} above it'
    return None


def check_include(layer, quoted, target):
    """Returns what is wrong with the include, or None."""
    first = target.split('/')[0]
    if first in ALLOWED and '/' in target:
        if first != layer and first not in ALLOWED[layer]:
            return f'{layer} must not include {first} ({target})'
    elif target.startswith(FORBIDDEN_EXTERNAL[layer]):
        return f'{layer} must not include {target}'
    elif quoted and layer != 'tests' and first != 'hwy':
        return f'"{target}" is not written from the root of the repository'
    if INTRINSICS.search(target) and layer != 'simd':
        return f'intrinsics ({target}) belong into simd'
    return None


def check_file(root, path):
    layer = path.relative_to(root).parts[0]
    name = path.relative_to(root)
    text = path.read_text()
    if SPDX not in text[:200]:
        yield f'{name}: no SPDX licence line'
    lines = text.count('\n')
    limit = MAX_LINES.get(layer, MAX_LINES_DEFAULT)
    if lines > limit:
        yield f'{name}: {lines} lines, more than {limit}'
    if path.suffix == '.h':
        guard = 'KRAIT_' + re.sub(r'\W', '_', str(name)).upper() + '_'
        if not path.stem.endswith('-inl') and f'#ifndef {guard}' not in text:
            yield f'{name}: no include guard {guard}'
    for number, line in enumerate(text.splitlines(), 1):
        if layer != 'tests' and NOT_IN_CLANG.search(line):
            yield f'{name}:{number}: clang 14 cannot compile {line.strip()}'
    for number, quoted, target in includes(path):
        wrong = (check_include(layer, quoted, target) or
                 check_floor(name.as_posix(), target))
        if wrong:
            yield f'{name}:{number}: {wrong}'


def check_links(root):
    """The link visibility in CMake says the same as ALLOWED."""
    for layer in ('simd', 'engine', 'lsp', 'grammars', 'daemon'):
        for path in (root / layer).rglob('CMakeLists.txt'):
            for target in re.findall(r'\bkrait_(\w+)', path.read_text()):
                if target in ALLOWED and target != layer and \
                        target not in ALLOWED[layer]:
                    yield (f'{path.relative_to(root)}: krait_{layer} must not '
                           f'link krait_{target}')


def check_queries(root):
    """Every query file is named where it is embedded: a new one, too."""
    listed = (root / 'grammars/queries.cmake').read_text().split()
    listed = {word.strip('()') for word in listed}
    folder = root / 'grammars/queries'
    for path in sorted(folder.rglob('*.scm')):
        if str(path.relative_to(folder)) not in listed:
            yield f'{path.relative_to(root)}: not in grammars/queries.cmake'


def self_test():
    """The checks themselves must be able to fail."""
    assert check_include('simd', True, 'engine/error.h')
    assert check_include('engine', False, 'boost/asio.hpp')
    assert check_include('lsp', True, 'engine/error.h')
    assert check_include('daemon', False, 'immintrin.h')
    assert check_include('engine', True, 'error.h')
    assert check_include('engine', True, 'simd/rope.h') is None
    assert check_include('daemon', True, 'lsp/message.h') is None
    assert check_floor('engine/model/a.h', 'engine/state/state.h')
    assert check_floor('engine/error.cc', 'engine/file/token.h')
    assert check_floor('engine/new/a.h', 'engine/error.h')
    assert check_floor('engine/run/a.h', 'engine/state/state.h') is None
    assert check_floor('engine/run/a.h', 'engine/error.h') is None
    assert check_floor('engine/run/a.h', 'simd/rope.h') is None
    assert NOT_IN_CLANG.search('  const auto end = std::ranges::unique(x);')
    assert not NOT_IN_CLANG.search('  std::ranges::sort(x);')


def main():
    self_test()
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else
                        pathlib.Path(__file__).resolve().parent.parent)
    problems = list(check_links(root)) + list(check_queries(root))
    files = 0
    for layer in ALLOWED:
        for path in sorted((root / layer).rglob('*')):
            if path.suffix in ('.cc', '.h'):
                files += 1
                problems.extend(check_file(root, path))
    for problem in problems:
        print(problem)
    print(f'{files} files, {len(problems)} problems')
    return 1 if problems or files == 0 else 0


if __name__ == '__main__':
    sys.exit(main())
