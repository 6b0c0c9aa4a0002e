// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filledOf, infillBody, planText } from '../../src/infill';

test('the text is cut at the cursor, and its line apart', () => {
  const text = 'def f():\n    retu\n\nf()\n';
  const body = infillBody(text, text.indexOf('retu') + 4, 'line');
  assert.equal(body['input_prefix'], 'def f():\n');
  assert.equal(body['prompt'], '    retu');
  assert.equal(body['input_suffix'], '\n\nf()\n');
  assert.deepEqual(body['stop'], ['\n']);
});

test('a block ends with its indentation', () => {
  const body = infillBody('if x:\n\t\ta', 9, 'block');
  assert.equal(body['n_indent'], 2);
  assert.equal(body['stop'], undefined);
  assert.equal(infillBody('', 0, 'block')['n_indent'], 0);
});

test('an answer is read with what it took', () => {
  const filled = filledOf({ content: ' a + b \n', krait: { plan: 'spm' },
    timings: { cache_n: 40, prompt_n: 2, prompt_ms: 1, predicted_n: 5, predicted_ms: 9 } });
  assert.deepEqual(filled, { text: ' a + b', plan: 'spm',
    cost: { reused: 40, computed: 2, generated: 5, ms: 10 } });
  assert.equal(planText('spm'), 'suffix, prefix, middle');
  assert.equal(planText('of tomorrow'), 'of tomorrow');
});
