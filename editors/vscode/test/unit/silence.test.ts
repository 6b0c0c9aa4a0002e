// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseExplanation } from '../../src/protocol';
import { silenceReport, type SilenceInput } from '../../src/silence';
import { english } from './translate';

const explanation = parseExplanation({
  plan: 'spm', tokens_reused: 950, tokens_computed: 1, tokens_generated: 9, mean_logprob: -2.123,
  ms: { prefill: 2.1 }, suppressed_by: 'the model is not sure enough.',
});

function input(changes: Partial<SilenceInput>): SilenceInput {
  return {
    connection: 'running', file: 'a_b.py', language: 'python', editorShowsGhostText: true,
    enabled: true, trigger: 'automatic', explanation, ...changes,
  };
}

function check(changes: Partial<SilenceInput>, headline: RegExp): void {
  assert.match(silenceReport(input(changes), english).headline, headline);
}

test('says what the server decided, with its numbers', () => {
  const report = silenceReport(input({}), english);
  assert.equal(report.headline, 'Nothing was shown: the model is not sure enough.');
  const parts = ['a\\_b\\.py', '| tokens reused | 950 |', '\\-2\\.12', '| prefill | 2\\.1 ms |'];
  for (const part of parts) {
    assert.ok(report.markdown.includes(part), `${part} in ${report.markdown}`);
  }
});

test('what keeps the server from being asked comes first', () => {
  check({ connection: 'missing' }, /not found/);
  check({ connection: 'failed' }, /does not run/);
  check({ editorShowsGhostText: false }, /editor\.inlineSuggest\.enabled/);
  check({ enabled: false }, /krait\.enable/);
});

test('without an explanation it says that, too', () => {
  check({ explanation: 'unknown' }, /too old/);
  check({ explanation: undefined }, /not asked about this file yet/);
  check({ explanation: undefined, trigger: 'onDemand' }, /onDemand/);
});

test('tells silence from a suggestion that was there', () => {
  const shown = parseExplanation({ plan: 'spm', suppressed_by: null });
  check({ explanation: shown }, /there was a suggestion/);
  check({ explanation: shown, trigger: 'subtle' }, /subtle/);
});
