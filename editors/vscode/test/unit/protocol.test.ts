// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  parseAnswer, parseExplanation, parseReport, parseStatus, placeLink, placeName, requestsOf,
} from '../../src/protocol';

test('reads didChangeStatus', () => {
  const status = parseStatus({
    busy: true, kind: 'Inactive', message: 'off', krait: {
      model: 'm', loading: true, warm: true, tokens_reused: 950, tokens_computed: 1,
      tokens_generated: 9, ms: 12.5, states_bytes: 10, states_budget_bytes: 20,
    },
  });
  assert.deepEqual(status, {
    busy: true, kind: 'Inactive', message: 'off', model: 'm', loading: true, warm: true,
    tokensReused: 950, tokensComputed: 1, tokensGenerated: 9, ms: 12.5, statesBytes: 10,
    statesBudgetBytes: 20,
  });
});

test('what is absent or of another type is no error', () => {
  for (const value of [undefined, null, 3, 'x', [], { busy: 'yes', kind: 'Odd', krait: [] }]) {
    const status = parseStatus(value);
    assert.equal(status.busy, false);
    assert.equal(status.kind, 'Normal');
    assert.equal(status.warm, undefined);
    assert.equal(status.tokensReused, undefined);
  }
});

test('reads krait/explain', () => {
  const explanation = parseExplanation({
    plan: 'spm', tokens_reused: 950, tokens_replayed: 3, tokens_computed: 1, tokens_generated: 9,
    stop: 'line', extent: 'line', syntax: 'grammar', mean_logprob: -0.4,
    ms: { queue: 0.1, prefill: 2.1, other: null }, suppressed_by: null,
  });
  assert.equal(explanation?.tokensReused, 950);
  assert.equal(explanation.meanLogprob, -0.4);
  assert.deepEqual(explanation.ms, [['queue', 0.1], ['prefill', 2.1]]);
  assert.equal(explanation.suppressedBy, undefined);
  assert.equal(explanation.shown, undefined);
  assert.equal(explanation.typedThrough, false);
  const shown = { text: 'for x', typed: 'f', position: { line: 6, character: 4 } };
  assert.deepEqual(parseExplanation({ shown })?.shown, { text: 'for x', typed: 'f', line: 6 });
  assert.deepEqual(parseExplanation({ shown: { text: 'x' } })?.shown,
    { text: 'x', typed: '', line: undefined });
});

test('no completion yet is told apart from an empty explanation', () => {
  assert.equal(parseExplanation(null), undefined);
  assert.notEqual(parseExplanation({}), undefined);
});

test('reads krait/status, with and without statistics', () => {
  const report = parseReport({
    version: '1', pid: 7, uptime_seconds: 3.5, threads: 2, answers: 4, hit_rate: 0.75,
    model: { path: '/m.gguf', state: 'ready', description: 'M' },
    states: { held_bytes: 1, budget_bytes: 2 },
    statistics: { since: '2026-01-02', shown: 12, accepted: 3, partially: 1, characters: 81 },
  });
  assert.equal(report.model, 'M');
  assert.equal(report.statesBudgetBytes, 2);
  assert.equal(report.accepted, 3);
  assert.equal(parseReport({ model: { path: '/m.gguf' } }).model, '/m.gguf');
  assert.equal(parseReport({}).shown, undefined);
});

test('knows what a server can be asked', () => {
  const capabilities = {
    experimental: { krait: { version: '1', requests: ['krait/explain', 'krait/ask', 5] } },
  };
  assert.deepEqual([...requestsOf(capabilities)], ['krait/explain', 'krait/ask']);
  assert.equal(requestsOf(undefined).size, 0);
  assert.equal(requestsOf({ experimental: { krait: { requests: 'all' } } }).size, 0);
});

test('reads krait/ask', () => {
  const range = { start: { line: 4, character: 0 }, end: { line: 5, character: 0 } };
  assert.deepEqual(
    parseAnswer({ answer: 'there', citations: [{ uri: 'file:///a', range }, { range }, 'x'] }),
    { answer: 'there', citations: [{ uri: 'file:///a', line: 4 }] });
  const [page, cell] = parseAnswer({ citations: [
    { uri: 'file:///m.pdf', page: 3 }, { uri: 'file:///n.ipynb', cell: 7 },
  ] }).citations;
  assert.ok(page !== undefined && cell !== undefined);
  assert.equal(placeName(page), 'm.pdf:page 3');
  assert.equal(placeLink(page), 'file:///m.pdf#page=3');
  assert.equal(placeName(cell), 'n.ipynb:cell 7');
  assert.equal(placeLink(cell), 'file:///n.ipynb');
  assert.equal(placeName({ uri: 'file:///a/b.py', line: 6 }), 'b.py:7');
  assert.equal(placeLink({ uri: 'file:///a/b.py', line: 6 }), 'file:///a/b.py#L7');
  assert.deepEqual(parseAnswer(null), { answer: '', citations: [] });
});
