// SPDX-License-Identifier: Apache-2.0
//
// Why nothing is suggested: what the extension knows first, then what the server decided.
import { escapeMarkdown, markdownTable } from './markdown';
import { durationText } from './numbers';
import type { Explanation } from './protocol';
import type { Trigger } from './settings';
import type { Connection } from './status-view';
import type { Translate } from './translate';

export interface SilenceInput {
  readonly connection: Connection;
  readonly file: string;
  readonly language: string;
  /** VS Code's `editor.inlineSuggest.enabled`. */
  readonly editorShowsGhostText: boolean;
  readonly enabled: boolean;
  readonly trigger: Trigger;
  /** Undefined: no completion of this file yet. `'unknown'`: the server cannot say. */
  readonly explanation: Explanation | undefined | 'unknown';
}

export interface SilenceReport {
  /** One sentence, for a notification. */
  readonly headline: string;
  readonly markdown: string;
}

export function silenceReport(input: SilenceInput, t: Translate): SilenceReport {
  const headline = reason(input, t);
  const parts = [
    `# ${t('Why krait suggests what it does')}`,
    `**${escapeMarkdown(input.file)}** (${escapeMarkdown(input.language)})`,
    escapeMarkdown(headline),
    typeof input.explanation === 'object' ? details(input.explanation, t) : '',
  ];
  return { headline, markdown: `${parts.filter((part) => part !== '').join('\n\n')}\n` };
}

function reason(input: SilenceInput, t: Translate): string {
  if (input.connection === 'missing') return t('The program krait was not found.');
  if (input.connection !== 'running') return t('krait does not run: its output says why.');
  if (!input.editorShowsGhostText) {
    return t('VS Code shows no inline suggestions: editor.inlineSuggest.enabled is off.');
  }
  if (!input.enabled) return t('krait is turned off: krait.enable is false.');
  const explanation = input.explanation;
  if (explanation === 'unknown') return t('This krait is too old to explain itself.');
  if (explanation === undefined) {
    return input.trigger === 'onDemand'
      ? t('krait.trigger is onDemand: krait answers when you trigger completion.')
      : t('krait was not asked about this file yet.');
  }
  if (explanation.suppressedBy !== undefined) {
    return t('Nothing was shown: {0}.', explanation.suppressedBy.replace(/\.$/, ''));
  }
  if (input.trigger === 'subtle') {
    return t('There was a suggestion, but krait.trigger is subtle: trigger completion to see it.');
  }
  return t('The last time there was a suggestion.');
}

function details(explanation: Explanation, t: Translate): string {
  const count = (value: number | undefined): string | undefined =>
    value === undefined ? undefined : String(value);
  const numbers = markdownTable([
    [t('tokens reused'), count(explanation.tokensReused)],
    [t('tokens replayed'), count(explanation.tokensReplayed)],
    [t('tokens computed'), count(explanation.tokensComputed)],
    [t('tokens generated'), count(explanation.tokensGenerated)],
    [t('mean log-probability'), explanation.meanLogprob?.toFixed(2)],
    [t('plan'), explanation.plan],
    [t('extent'), explanation.extent],
    [t('stopped by'), explanation.stop],
    [t('syntax from'), explanation.syntax],
  ]);
  const times = markdownTable(explanation.ms.map(([stage, ms]) => [stage, durationText(ms)]));
  return [
    numbers === '' ? '' : `## ${t('The last completion')}\n\n${numbers}`,
    times === '' ? '' : `## ${t('Time')}\n\n${times}`,
  ].filter((part) => part !== '').join('\n\n');
}
