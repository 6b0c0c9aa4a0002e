// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseReport, parseStatus } from '../../src/protocol';
import { statusPage, statusView, type StatusInput } from '../../src/status-view';
import { english } from './translate';

const mebibyte = 1024 * 1024;
const warm = {
  busy: false, kind: 'Normal', message: '', krait: {
    model: 'mamba2-tiny', loading: false, warm: true, tokens_reused: 950, tokens_computed: 1,
    tokens_generated: 9, ms: 12.4, states_bytes: 3 * mebibyte, states_budget_bytes: 512 * mebibyte,
  },
};

function input(changes: Partial<StatusInput>): StatusInput {
  return {
    connection: 'running', server: undefined, report: undefined, suggestionReady: false,
    enabled: true, silentUntil: undefined, showsTiming: false, ...changes,
  };
}

function check(changes: Partial<StatusInput>, text: string, tooltip: RegExp): void {
  const view = statusView(input(changes), english);
  assert.equal(view.text, text);
  assert.match(view.tooltip, tooltip);
}

test('shows model, warmth, tokens and memory', () => {
  const server = parseStatus(warm);
  check({ server }, '$(flame) krait', /warm/);
  const { tooltip } = statusView(input({ server }), english);
  const parts = [
    'mamba2\\-tiny', '950 tokens known from before, 1 read anew, 9 written', '3\\.0 MiB of 512 MiB',
    '| it took | 12 ms |',
  ];
  for (const part of parts) {
    assert.ok(tooltip.includes(part), `${part} in ${tooltip}`);
  }
});

test('each state of the server has a face', () => {
  const status = (changes: object): StatusInput['server'] => parseStatus({ ...warm, ...changes });
  check({ server: status({ busy: true }) }, '$(loading~spin) krait', /completing/);
  check({ server: status({ krait: { loading: true } }) }, '$(loading~spin) krait', /loading/);
  check({ server: status({ krait: { warm: false } }) }, '$(circle-outline) krait', /cold/);
  check({ server: status({ kind: 'Inactive' }) }, '$(circle-slash) krait', /this file/);
  check({ server: status({ kind: 'Error', message: 'no model' }) }, '$(error) krait', /no model/);
  check({ server: status({ kind: 'Warning', message: 'old' }) }, '$(warning) krait', /old/);
  check({ server: status({}), enabled: false }, '$(circle-slash) krait', /turned off/);
  check({}, '$(circle-outline) krait', /running/);
});

test('each state of the process has a face', () => {
  check({ connection: 'starting' }, '$(loading~spin) krait', /starting/);
  check({ connection: 'waiting' }, '$(loading~spin) krait', /started again/);
  check({ connection: 'missing' }, '$(warning) krait', /not found/);
  check({ connection: 'failed' }, '$(error) krait', /output/);
  check({ connection: 'stopped' }, '$(circle-slash) krait', /stopped/);
});

test('what the last answer took stands in the status bar, if that is wanted', () => {
  const server = parseStatus(warm);
  check({ server, showsTiming: true }, '$(flame) krait 12 ms, 950+1 tokens', /warm/);
  check({ showsTiming: true }, '$(circle-outline) krait', /running/);
  check({ server, showsTiming: true, connection: 'stopped' }, '$(circle-slash) krait', /stopped/);
});

test('silence has a face, and an end', () => {
  check({ server: parseStatus(warm), silentUntil: '14:20' }, '$(bell-slash) krait',
    /silent until 14:20/);
});

test('a suggestion that is kept back is announced', () => {
  check({ server: parseStatus(warm), suggestionReady: true },
    '$(lightbulb) krait: suggestion ready', /trigger completion/);
  check({ connection: 'failed', suggestionReady: true }, '$(error) krait', /output/);
});

test('the daemon\'s report fills in what the status lacks', () => {
  const report = parseReport({
    version: '1.2', model: { path: 'm.gguf', state: 'failed', error: 'bad file' }, hit_rate: 0.5,
    states: { held_bytes: 2048, budget_bytes: 4096 }, pid: 77, threads: 2, uptime_seconds: 2,
    statistics: { shown: 10, accepted: 2, partially: 1, characters: 40 },
  });
  const { tooltip } = statusView(input({ report }), english);
  for (const part of ['m\\.gguf', '2\\.0 KiB of 4\\.0 KiB', '50\\.0 %', '3 of 10 shown']) {
    assert.ok(tooltip.includes(part), `${part} in ${tooltip}`);
  }
  const page = statusPage(input({ report }), english);
  for (const part of ['| process | 77 |', 'bad file', '| characters saved | 40 |']) {
    assert.ok(page.includes(part), `${part} in ${page}`);
  }
});

test('text of the server is no markup', () => {
  const server = parseStatus({ ...warm, kind: 'Error', message: '[x](command:evil)\n# big $(a)' });
  const { tooltip } = statusView(input({ server }), english);
  assert.ok(!tooltip.includes('[x]('));
  assert.ok(!tooltip.includes('\n# big'));
  assert.ok(!tooltip.includes('$(a)'));
});
