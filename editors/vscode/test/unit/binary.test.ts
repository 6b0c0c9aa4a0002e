// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findBinary, type BinaryResult } from '../../src/binary';

interface Machine {
  readonly setting?: string;
  readonly searchPath?: string;
  readonly programs: readonly string[];
}

function find({ setting, searchPath = '/usr/bin:/opt/bin', programs }: Machine): BinaryResult {
  return findBinary({
    setting, searchPath, extensionFolder: '/extensions/krait', home: '/home/me',
    isExecutable: (file) => programs.includes(file),
  });
}

function check(machine: Machine, file: string): void {
  assert.deepEqual(find(machine), { kind: 'found', file });
}

const bundled = '/extensions/krait/bin/krait';
const own = '/home/me/.local/bin/krait';

test('the setting comes first, then the bundled program, the PATH, the home folder', () => {
  const programs = ['/my/krait', bundled, '/opt/bin/krait', own];
  check({ setting: '/my/krait', programs }, '/my/krait');
  check({ programs }, bundled);
  check({ programs: ['/opt/bin/krait', own] }, '/opt/bin/krait');
  check({ programs: [own] }, own);
});

test('the PATH is searched in its order', () => {
  check({ programs: ['/opt/bin/krait', '/usr/bin/krait'] }, '/usr/bin/krait');
});

test('a tilde in the setting is the home folder', () => {
  check({ setting: '~/krait/krait', programs: ['/home/me/krait/krait'] }, '/home/me/krait/krait');
});

test('a setting that names no program hides no mistake by taking another', () => {
  assert.deepEqual(find({ setting: '/my/krait', programs: [bundled] }),
    { kind: 'wrong-setting', file: '/my/krait' });
});

test('a relative setting is refused: the open folder must not choose the program', () => {
  assert.deepEqual(find({ setting: 'bin/krait', programs: ['bin/krait'] }),
    { kind: 'wrong-setting', file: 'bin/krait' });
});

test('relative entries of the PATH are not searched', () => {
  const found = find({ searchPath: '.:bin::/usr/bin', programs: ['krait', 'bin/krait'] });
  assert.deepEqual(found,
    { kind: 'missing', looked: [bundled, '/usr/bin/krait', own] });
});

test('an empty setting is none', () => {
  check({ setting: '  ', programs: [own] }, own);
});
