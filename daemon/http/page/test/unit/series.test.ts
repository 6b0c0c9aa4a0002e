// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesText, countText, durationText, millisecondsText, niceMaximum, Series, type DaemonState } from '../../src/series';

function state(uptime: number, reused: number, computed: number): DaemonState {
  return { version: '1', uptime_seconds: uptime, model: { ready: true }, answers: 1, answers_by_plan: {},
    tokens: { reused, computed, generated: 0 }, latency_ms: { whole: { p50: 2, p99: 9 } },
    states: { held_bytes: 10, budget_bytes: 20, checkpoints: 1 }, queue: { running: 0, waiting: 0 },
    http: { requests: 1, refused: 0 } };
}

test('a moment has the tokens since the one before', () => {
  const series = new Series(10);
  series.add(state(100, 1000, 50));
  series.add(state(101, 1200, 53));
  assert.deepEqual(series.all.map(({ reused, computed }) => [reused, computed]), [[0, 0], [200, 3]]);
  assert.equal(series.all[1]?.p99, 9);
});

test('a daemon that begins anew counts anew', () => {
  const series = new Series(10);
  series.add(state(100, 1000, 50));
  series.add(state(1, 20, 5));
  assert.deepEqual(series.all[1], { reused: 0, computed: 0, p50: 2, p99: 9, heldBytes: 10 });
});

test('only the last moments are kept', () => {
  const series = new Series(3);
  for (let i = 0; i < 9; ++i) series.add(state(i, i * i, 0));
  assert.deepEqual(series.all.map(({ reused }) => reused), [11, 13, 15]);
});

test('scales end at round numbers', () => {
  const ends = [0, 0.3, 1, 1.1, 3, 7, 10, 4999, NaN].map(niceMaximum);
  assert.deepEqual(ends, [1, 0.5, 1, 2, 5, 10, 10, 5000, 1]);
});

test('numbers for people', () => {
  assert.deepEqual([0, 1023, 1536, 200 * 1024 ** 2, 1.5 * 1024 ** 3].map(bytesText),
    ['0 B', '1023 B', '1.5 KiB', '200 MiB', '1.5 GiB']);
  assert.deepEqual([0.4, 59, 60, 3720, 90061].map(durationText), ['0 s', '59 s', '1 min', '1 h 2 min', '1 d 1 h']);
  assert.equal(countText(1234567), '1\u202f234\u202f567');
  assert.deepEqual([1.234, 2500].map(millisecondsText), ['1.2\u00a0ms', '2.5\u00a0s']);
});
