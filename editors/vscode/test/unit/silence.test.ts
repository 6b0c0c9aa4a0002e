// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseExplanation } from '../../src/protocol';
import { silenceReport, type SilenceInput } from '../../src/silence';
import { english } from './translate';

const explanation = parseExplanation({
  plan: 'spm', tokens_reused: 950, tokens_computed: 1, tokens_generated: 9, mean_logprob: -2.123,
  ms: { prefill: 2.1 }, hurried: 'the syntax tree', suppressed_by: 'the model is not sure enough.',
});

function input(changes: Partial<SilenceInput>): SilenceInput {
  return {
    connection: 'running', file: 'a_b.py', language: 'python', isServed: true,
    editorShowsGhostText: true, enabled: true, silentUntil: undefined, trigger: 'automatic', explanation, ...changes,
  };
}

function check(changes: Partial<SilenceInput>, headline: RegExp, remedy?: string): void {
  const report = silenceReport(input(changes), english);
  assert.match(report.headline, headline);
  assert.equal(report.remedy, remedy);
}

test('says what the server decided, with its numbers in words', () => {
  const report = silenceReport(input({}), english);
  assert.equal(report.headline, 'Nothing was shown: the model is not sure enough.');
  const parts = [
    'a\\_b\\.py', '| known from before | 950 tokens |', '| read anew | 1 tokens |',
    '12 % for each token on average', '\\-2\\.12', '| reading | 2\\.1 ms |', '| not waited for | the syntax tree |',
    '| what was read | the text behind the cursor, then the text before it |',
  ];
  for (const part of parts) {
    assert.ok(report.markdown.includes(part), `${part} in ${report.markdown}`);
  }
});

test('after typing along it shows the suggestion as it was made', () => {
  const shown = parseExplanation({
    plan: 'spm', tokens_reused: 950, tokens_computed: 1, tokens_generated: 9, mean_logprob: -0.4,
    suppressed_by: null, typed_through: true,
    shown: { text: 'for x in `y`:\n    z', typed: 'for ', position: { line: 6, character: 4 } },
  });
  const report = silenceReport(input({ explanation: shown }), english);
  assert.equal(report.headline, 'The last time there was a suggestion, in line 7.');
  const parts = [
    '```\nfor x in `y`:\n    z\n```', 'Of this you have typed: "for "', 'typing along took no model',
    '950 tokens', '9 tokens', '67 % for each token',
  ];
  for (const part of parts) {
    assert.ok(report.markdown.includes(part), `${part} in ${report.markdown}`);
  }
});

test('code that has fences of its own stays within its block', () => {
  const shown = parseExplanation({ shown: { text: '````\n[x](command:evil)' } });
  const { markdown } = silenceReport(input({ explanation: shown }), english);
  assert.ok(markdown.includes('`````\n````\n[x](command:evil)\n`````'), markdown);
});

test('what keeps the server from being asked comes first, with what can be done', () => {
  check({ connection: 'missing' }, /not found/, 'install');
  check({ connection: 'starting' }, /starting/);
  check({ connection: 'failed' }, /does not run/, 'restart');
  check({ isServed: false }, /cells of notebooks only/);
  check({ editorShowsGhostText: false }, /editor\.inlineSuggest\.enabled/, 'showGhostText');
  check({ enabled: false }, /krait\.enable/, 'enable');
  check({ silentUntil: '14:20' }, /silent until 14:20/, 'endSnooze');
});

test('without an explanation it says that, too', () => {
  check({ explanation: 'unknown' }, /too old/);
  check({ explanation: 'failed' }, /output says why/);
  check({ explanation: undefined }, /not asked about this file yet/, 'trigger');
  check({ explanation: undefined, trigger: 'onDemand' }, /onDemand/, 'trigger');
});

test('tells silence from a suggestion that was there', () => {
  const shown = parseExplanation({ plan: 'spm', suppressed_by: null });
  check({ explanation: shown }, /there was a suggestion/);
  check({ explanation: shown, trigger: 'subtle' }, /subtle/, 'trigger');
});
