// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesText, durationText, percentText } from '../../src/numbers';

test('bytes', () => {
  const cases: readonly [number, string][] = [
    [0, '0 B'], [1023, '1023 B'], [1024, '1.0 KiB'], [10 * 1024, '10 KiB'],
    [512 * 1024 ** 2, '512 MiB'], [1.5 * 1024 ** 3, '1.5 GiB'], [5000 * 1024 ** 4, '5000 TiB'],
  ];
  for (const [bytes, text] of cases) assert.equal(bytesText(bytes), text);
});

test('durations and shares', () => {
  assert.equal(durationText(0.12), '0.1 ms');
  assert.equal(durationText(120.4), '120 ms');
  assert.equal(durationText(2100), '2.1 s');
  assert.equal(percentText(0.987), '98.7 %');
});
