// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RestartPolicy } from '../../src/restart-policy';

const minute = 60_000;

test('waits twice as long each time, tells once, and gives up', () => {
  const policy = new RestartPolicy();
  const decisions = [0, 1, 2, 3, 4, 5].map((second) => policy.onCrash(1000 * second));
  assert.deepEqual(decisions, [
    { action: 'restart', delayMs: 500, tell: true },
    { action: 'restart', delayMs: 1000, tell: false },
    { action: 'restart', delayMs: 2000, tell: false },
    { action: 'restart', delayMs: 4000, tell: false },
    { action: 'restart', delayMs: 8000, tell: false },
    { action: 'give-up' },
  ]);
});

test('crashes of long ago do not count', () => {
  const policy = new RestartPolicy();
  for (let time = 0; time < 20 * minute; time += 4 * minute) {
    assert.deepEqual(policy.onCrash(time), { action: 'restart', delayMs: 500, tell: true });
  }
});

test('a start by the user begins anew', () => {
  const policy = new RestartPolicy();
  for (let i = 0; i < 6; ++i) policy.onCrash(0);
  policy.reset();
  assert.deepEqual(policy.onCrash(1), { action: 'restart', delayMs: 500, tell: true });
});
