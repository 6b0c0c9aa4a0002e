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
    'base': set(),
    'simd': set(),
    'engine': {'base', 'simd'},
    'lsp': {'base'},
    'grammars': {'base'},
    'daemon/completion': {'base', 'grammars'},
    'daemon/models': {'base'},
    'daemon/remote': {'base', 'daemon/models'},
    'daemon/repository': {'base', 'simd', 'grammars', 'daemon/completion'},
    'daemon': {'base', 'simd', 'engine', 'lsp', 'grammars',
               'daemon/completion', 'daemon/models', 'daemon/remote',
               'daemon/repository'},
    'tests': {'base', 'simd', 'engine', 'lsp', 'grammars', 'daemon',
              'daemon/completion', 'daemon/models', 'daemon/remote',
              'daemon/repository'},
}

# layer -> its folders from the ground up ('' is its root): each may include its
# own headers and those of the folders before it.
FLOORS = {
    'engine': ('', 'threads', 'file', 'tokenizer', 'prompt', 'memory', 'model',
               'state', 'layers', 'vulkan', 'arch', 'run', 'quantise', 'embedding'),
    'daemon/completion': ('text', 'generator', 'stop', 'rules', 'shown', ''),
    'daemon': ('', 'io', 'config', 'chat', 'host', 'host/local', 'host/remote',
               'session', 'http', 'bridge', 'process', 'tools', 'commands'),
}
MAIN = 'daemon/main.cc'  # on top of all

# layer -> external include prefixes that it must not use
FORBIDDEN_EXTERNAL = {
    'base': ('boost/asio', 'boost/beast', 'hwy/', 'hwloc', 'CLI/'),
    'simd': ('boost/', 'simdjson', 'fmt/', 'hwloc', 'CLI/', 'utf8proc'),
    'engine': ('boost/asio', 'boost/beast', 'boost/json', 'CLI/', 'hwy/'),
    'lsp': ('boost/asio', 'boost/beast', 'hwy/', 'hwloc', 'CLI/'),
    'grammars': ('boost/', 'hwy/', 'hwloc', 'CLI/', 'simdjson'),
    'daemon/completion': ('boost/asio', 'hwy/', 'hwloc', 'CLI/', 'curl/'),
    'daemon/models': ('boost/asio', 'hwy/', 'hwloc', 'CLI/'),
    'daemon/remote': ('boost/asio', 'hwy/', 'hwloc', 'CLI/', 'sqlite3'),
    'daemon/repository': ('boost/asio', 'hwy/', 'hwloc', 'CLI/', 'curl/'),
    'daemon': ('hwy/', 'curl/', 'sqlite3'),
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


def layer_of(name):
    """Returns the layer of a file or header, the innermost; None: none."""
    inside = [layer for layer in ALLOWED if name.startswith(layer + '/')]
    return max(inside, key=len, default=None)


def floor_of(layer, name):
    """Returns the floor of a file of the layer, None if its folder is none."""
    folder = name.rpartition('/')[0][len(layer) + 1:]
    inside = [floor for floor in FLOORS[layer]
              if folder == floor or (floor and folder.startswith(floor + '/'))]
    return FLOORS[layer].index(max(inside, key=len)) if inside else None


def check_floor(name, target):
    """Returns what is wrong with an include inside of a layer, or None."""
    layer = layer_of(name)
    if layer not in FLOORS or name == MAIN:
        return None
    mine = floor_of(layer, name)
    if mine is None:
        return f'{name.rsplit("/", 1)[0]} is no floor of {layer}'
    if layer_of(target) != layer:
        return None
    other = floor_of(layer, target)
    if other is None or other > mine:
        return f'{name} must not include {target} above it'
    return None


def check_include(layer, quoted, target):
    """Returns what is wrong with the include, or None."""
    other = layer_of(target)
    if other:
        if other != layer and other not in ALLOWED[layer]:
            return f'{layer} must not include {other} ({target})'
    elif target.startswith(FORBIDDEN_EXTERNAL[layer]):
        return f'{layer} must not include {target}'
    elif quoted and layer != 'tests' and not target.startswith('hwy/'):
        return f'"{target}" is not written from the root of the repository'
    if INTRINSICS.search(target) and layer != 'simd':
        return f'intrinsics ({target}) belong into simd'
    return None


def check_file(root, path):
    name = path.relative_to(root)
    layer = layer_of(name.as_posix())
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
    for layer in ('base', 'simd', 'engine', 'lsp', 'grammars', 'daemon'):
        for path in (root / layer).rglob('CMakeLists.txt'):
            for target in re.findall(r'\bkrait_(\w+)', path.read_text()):
                if target in ALLOWED and target != layer and \
                        target not in ALLOWED[layer]:
                    yield (f'{path.relative_to(root)}: krait_{layer} must not '
                           f'link krait_{target}')


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
    assert check_floor('daemon/host/task_queue.h', 'daemon/session/a.h')
    assert check_floor('daemon/completion/text/a.h',
                       'daemon/completion/generator.h')
    assert check_include('daemon/completion', True, 'daemon/log.h')
    assert check_include('daemon/completion', True, 'lsp/text.h')
    assert check_include('daemon/completion', True, 'daemon/models/fetch.h')
    assert check_include('daemon/models', True, 'engine/arch/model.h')
    assert check_include('daemon/models', True, 'daemon/log.h')
    assert check_include('daemon/remote', True, 'daemon/log.h')
    assert check_include('daemon/remote', True,
                         'daemon/completion/completion_service.h')
    assert check_include('daemon', False, 'curl/curl.h')
    assert check_include('daemon', False, 'sqlite3.h')
    assert check_include('daemon/repository', True, 'daemon/log.h')
    assert check_include('daemon/repository', True, 'engine/arch/model.h')
    assert check_include('daemon/completion', True, 'daemon/repository/walk.h')
    assert NOT_IN_CLANG.search('  const auto end = std::ranges::unique(x);')
    assert not NOT_IN_CLANG.search('  std::ranges::sort(x);')


def main():
    self_test()
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else
                        pathlib.Path(__file__).resolve().parent.parent)
    problems = list(check_links(root))
    files = 0
    for layer in ALLOWED:
        if '/' in layer:
            continue
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
