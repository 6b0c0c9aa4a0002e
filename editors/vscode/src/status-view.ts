// SPDX-License-Identifier: Apache-2.0
//
// What the status bar says of the state of things.
import { markdownTable, escapeMarkdown } from './markdown';
import { bytesText, durationText, percentText } from './numbers';
import type { DaemonReport, ServerStatus } from './protocol';
import type { Translate } from './translate';

/** Between the extension and the process `krait lsp`. */
export type Connection = 'starting' | 'running' | 'waiting' | 'missing' | 'failed' | 'stopped';

export interface StatusInput {
  readonly connection: Connection;
  /** Undefined: the server has not said anything, or is too old to do so. */
  readonly server: ServerStatus | undefined;
  readonly report: DaemonReport | undefined;
  /** A suggestion that the trigger `subtle` keeps back until it is asked for. */
  readonly suggestionReady: boolean;
  readonly enabled: boolean;
  /** The time of day until which krait is silent. */
  readonly silentUntil: string | undefined;
  /** Whether the status bar says what the last answer took. */
  readonly showsTiming: boolean;
}

export interface StatusView {
  readonly text: string;
  readonly severity: 'none' | 'warning' | 'error';
  readonly tooltip: string;
}

export function statusView(input: StatusInput, t: Translate): StatusView {
  const [icon, state, severity] = headline(input, t);
  const ready = input.connection === 'running' && input.suggestionReady;
  return {
    text: ready ? `$(lightbulb) krait: ${t('suggestion ready')}`
      : [`$(${icon}) krait`, ...timing(input, t)].join(' '),
    severity,
    tooltip: [
      `**krait** · ${escapeMarkdown(state)}`,
      ready ? t('A suggestion is ready: trigger completion to see it.') : '',
      input.connection === 'running' ? numbers(input, t) : '',
      t('Click for the menu.'),
    ].filter((part) => part !== '').join('\n\n'),
  };
}

/** What the last answer took: time, tokens known from before, tokens that had to be read. */
function timing({ connection, server, showsTiming }: StatusInput, t: Translate): readonly string[] {
  const { ms, tokensReused, tokensComputed } = server ?? {};
  if (!showsTiming || connection !== 'running' || ms === undefined) return [];
  return [t('{0}, {1}+{2} tokens', durationText(ms), tokensReused ?? 0, tokensComputed ?? 0)];
}

/** All that is known, for reading at leisure. */
export function statusPage(input: StatusInput, t: Translate): string {
  const { report } = input;
  const uptime = report?.uptimeSeconds;
  return [
    `# krait`,
    escapeMarkdown(headline(input, t)[1]),
    numbers(input, t),
    markdownTable([
      [t('process'), countText(report?.pid)],
      [t('runs since'), uptime === undefined ? undefined : durationText(1000 * uptime)],
      [t('threads'), countText(report?.threads)],
      [t('answers'), countText(report?.answers)],
      [t('model state'), report?.modelError ?? report?.modelState],
      [t('characters saved'), countText(report?.characters)],
      [t('counted since'), report?.since],
    ]),
  ].filter((part) => part !== '').join('\n\n');
}

type Headline = readonly [icon: string, state: string, severity: StatusView['severity']];

function headline(input: StatusInput, t: Translate): Headline {
  switch (input.connection) {
    case 'starting':
      return ['loading~spin', t('starting'), 'none'];
    case 'waiting':
      return ['loading~spin', t('ended unexpectedly and is started again'), 'warning'];
    case 'missing':
      return ['warning', t('the program krait was not found'), 'warning'];
    case 'failed':
      return ['error', t('does not run: see the output'), 'error'];
    case 'stopped':
      return ['circle-slash', t('stopped'), 'none'];
    case 'running':
      return runningHeadline(input, t);
  }
}

function runningHeadline(input: StatusInput, t: Translate): Headline {
  const server = input.server;
  if (server?.kind === 'Error') return ['error', server.message || t('error'), 'error'];
  if (server?.kind === 'Warning') return ['warning', server.message || t('warning'), 'warning'];
  if (!input.enabled) return ['circle-slash', t('turned off'), 'none'];
  if (input.silentUntil !== undefined) {
    return ['bell-slash', t('silent until {0}', input.silentUntil), 'none'];
  }
  if (server?.kind === 'Inactive') {
    return ['circle-slash', server.message || t('turned off for this file'), 'none'];
  }
  if (server === undefined) return ['circle-outline', t('running'), 'none'];
  if (server.loading) return ['loading~spin', t('loading the model'), 'none'];
  if (server.busy) return ['loading~spin', t('completing'), 'none'];
  if (server.warm === true) return ['flame', t('warm'), 'none'];
  return ['circle-outline', server.warm === false ? t('cold') : t('ready'), 'none'];
}

function numbers(input: StatusInput, t: Translate): string {
  const { server, report } = input;
  return markdownTable([
    [t('model'), server?.model ?? report?.model],
    [t('last answer'), tokensText(server, t)],
    [t('it took'), server?.ms === undefined ? undefined : durationText(server.ms)],
    [t('memory'), memoryText(input, t)],
    [t('tokens that were known from before'), report?.hitRate === undefined ? undefined : percentText(report.hitRate)],
    [t('accepted'), acceptedText(report, t)],
    [t('version'), report?.version],
  ]);
}

function tokensText(server: ServerStatus | undefined, t: Translate): string | undefined {
  if (server?.tokensReused === undefined) return undefined;
  return t('{0} tokens known from before, {1} read anew, {2} written',
    server.tokensReused, server.tokensComputed ?? 0, server.tokensGenerated ?? 0);
}

function countText(count: number | undefined): string | undefined {
  return count === undefined ? undefined : String(count);
}

export function memoryText(input: StatusInput, t: Translate): string | undefined {
  const held = input.server?.statesBytes ?? input.report?.statesBytes;
  const budget = input.server?.statesBudgetBytes ?? input.report?.statesBudgetBytes;
  if (held === undefined) return undefined;
  if (budget === undefined) return bytesText(held);
  return t('{0} of {1}', bytesText(held), bytesText(budget));
}

function acceptedText(report: DaemonReport | undefined, t: Translate): string | undefined {
  if (report?.shown === undefined || report.accepted === undefined) return undefined;
  return t('{0} of {1} shown', report.accepted + (report.partially ?? 0), report.shown);
}
