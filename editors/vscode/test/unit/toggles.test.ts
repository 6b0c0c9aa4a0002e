// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLanguageEnabled, toggledEnable, toggledLanguage } from '../../src/toggles';

test('completion is turned off and on where that takes effect', () => {
  const none = { user: undefined, workspace: undefined };
  assert.deepEqual(toggledEnable(none), { level: 'user', value: false });
  assert.deepEqual(toggledEnable({ ...none, user: false }), { level: 'user', value: true });
  assert.deepEqual(toggledEnable({ user: true, workspace: false }),
    { level: 'workspace', value: true });
});

test('a language follows its own entry, then that of all others', () => {
  const on = (user: Record<string, boolean> | undefined, workspace?: Record<string, boolean>)
    : boolean => isLanguageEnabled({ user, workspace }, 'python', true);
  assert.equal(on(undefined), true);
  assert.equal(on({ '*': false }), false);
  assert.equal(on({ '*': false, 'python': true }), true);
  assert.equal(on({ python: true }, { python: false }), false);
});

test('a toggle keeps the other languages', () => {
  assert.deepEqual(
    toggledLanguage({ user: { markdown: false }, workspace: undefined }, 'python', true),
    { level: 'user', value: { markdown: false, python: false } });
  assert.deepEqual(
    toggledLanguage({ user: { python: true }, workspace: { python: false } }, 'python', true),
    { level: 'workspace', value: { python: true } });
  assert.deepEqual(
    toggledLanguage({ user: { '*': false }, workspace: undefined }, 'python', true),
    { level: 'user', value: { '*': false, 'python': true } });
});

test('what the server leaves alone by itself is turned on', () => {
  const none = { user: undefined, workspace: undefined };
  assert.equal(isLanguageEnabled(none, 'markdown', false), false);
  assert.deepEqual(toggledLanguage(none, 'markdown', false),
    { level: 'user', value: { markdown: true } });
});
