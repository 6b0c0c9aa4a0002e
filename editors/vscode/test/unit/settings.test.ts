// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  joinedLists, keptLocal, toArguments, toDoctorArguments, toServerSettings, triggerOf, type UserSettings,
} from '../../src/settings';

function check(user: UserSettings, completion: Record<string, unknown>): void {
  assert.deepEqual(toServerSettings(user), { completion });
}

test('what is not set is not sent, so that config.toml holds', () => {
  check({}, {});
  check({ length: undefined, maxLines: null }, {});
});

test('every setting of a session has its name in config.toml', () => {
  check({
    enable: false, languages: { markdown: false }, disabledFiles: ['*.env'], debounce: 75,
    prefetch: false,
    length: 'line', maxTokens: 32, maxLines: 3, fileMemory: false, repositoryMemory: false,
    localOnly: true,
    minConfidence: -2,
    prefixTokens: 100,
    suffixTokens: 50, temperature: 0.5, topK: 4, topP: 0.9, minP: 0.1, repetitionPenalty: 1.1,
  }, {
    enabled: false, languages: { markdown: false }, disabled_files: ['*.env'], debounce_ms: 75,
    prefetch: false,
    extent: 'line', max_tokens: 32, max_lines: 3, file_memory: false, repository_memory: false,
    local_only: true,
    min_confidence: -2,
    prefix_tokens: 100,
    suffix_tokens: 50, temperature: 0.5, top_k: 4, top_p: 0.9, min_p: 0.1, repetition_penalty: 1.1,
  });
});

test('what one level keeps here no other sends', () => {
  assert.equal(keptLocal([true, false]), true);
  assert.equal(keptLocal([false, undefined, true]), true);
  assert.equal(keptLocal([undefined, false, null]), false);
  assert.equal(keptLocal([false, 'yes']), 'yes', 'the server says what is wrong');
  assert.equal(keptLocal([undefined, null]), undefined);
});

test('a level adds to the files that are not read, and takes none away', () => {
  const join = (user: unknown[], project: unknown[] = []): unknown => joinedLists({ user, project });
  assert.deepEqual(join([['*.env', '*.key'], undefined], [[], ['*.key', 'data/**']]),
    ['*.env', '*.key', 'data/**']);
  assert.deepEqual(join([['*.env'], null, 'secrets/**']), ['*.env', 'secrets/**']);
  assert.deepEqual(join([['*.env']], [5]), ['*.env', 5], 'the server says what is wrong');
  assert.deepEqual(join([[]]), []);
  assert.equal(join([undefined, null]), undefined);
});

test('only the user can allow a file, and not one that the project forbids', () => {
  const join = (user: unknown[], project: unknown[]): unknown => joinedLists({ user, project });
  assert.deepEqual(join([['*.env', '!example.env']], [['!*.env', '!*', '*.theirs']]),
    ['*.env', '!example.env', '*.theirs']);
  // The last one that matches decides.
  assert.deepEqual(join([['*.key', '!a.key']], [['*.key']]), ['!a.key', '*.key']);
});

test('falsy values are values', () => {
  check({ debounce: 0, minConfidence: 0, disabledFiles: [] },
    { debounce_ms: 0, min_confidence: 0, disabled_files: [] });
});

test('subtle asks as automatic does; only the drawing differs', () => {
  check({ trigger: 'automatic' }, { trigger: 'automatic' });
  check({ trigger: 'onDemand' }, { trigger: 'on_demand' });
  check({ trigger: 'subtle' }, { trigger: 'automatic' });
  assert.equal(triggerOf({ trigger: 'subtle' }), 'subtle');
  assert.equal(triggerOf({ trigger: 'onDemand' }), 'onDemand');
  assert.equal(triggerOf({ trigger: 'sometimes' }), 'automatic');
  assert.equal(triggerOf({}), 'automatic');
});

test('wrong values go to the server, which says what is wrong with them', () => {
  check({ trigger: 'sometimes', maxLines: 'many' }, { trigger: 'sometimes', max_lines: 'many' });
});

test('settings of the process are options, not settings of the session', () => {
  const user = { path: '/bin/krait', model: 'a.gguf', threads: 2, memory: '1 GiB' };
  check(user, {});
  assert.deepEqual(toArguments(user),
    ['lsp', '--model', 'a.gguf', '--threads', '2', '--state-bytes', '1 GiB']);
  assert.deepEqual(toDoctorArguments(user), ['doctor', '--model', 'a.gguf', '--threads', '2']);
});

test('options are left out where nothing usable is set', () => {
  assert.deepEqual(toArguments({}), ['lsp']);
  assert.deepEqual(toArguments({ model: ' ', memory: '', threads: -1 }), ['lsp']);
  assert.deepEqual(toArguments({ model: 7, memory: {}, threads: '2' }), ['lsp']);
  assert.deepEqual(toArguments({ threads: 0 }), ['lsp', '--threads', '0']);
});

test('a value is never read as an option', () => {
  assert.deepEqual(toArguments({ model: '--config=/tmp/x', memory: '-1' }), ['lsp']);
});
