// SPDX-License-Identifier: Apache-2.0
//
// Why nothing is suggested, or what is: what the extension knows first, then what the server decided.
import { codeBlock, escapeMarkdown, markdownTable } from './markdown';
import { durationText } from './numbers';
import type { Explanation, ShownText } from './protocol';
import type { Trigger } from './settings';
import type { Connection } from './status-view';
import type { Translate } from './translate';

export interface SilenceInput {
  readonly connection: Connection;
  readonly file: string;
  readonly language: string;
  /** Whether krait has to do with documents of this kind. */
  readonly isServed: boolean;
  /** VS Code's `editor.inlineSuggest.enabled`. */
  readonly editorShowsGhostText: boolean;
  readonly enabled: boolean;
  /** The time of day until which krait is silent. */
  readonly silentUntil: string | undefined;
  readonly trigger: Trigger;
  /**
   * Undefined: no completion of this file yet. `'unknown'`: the server cannot say. `'failed'`: it
   * could, but gave no answer.
   */
  readonly explanation: Explanation | undefined | 'unknown' | 'failed';
}

/** What the user can do about it. */
export type Remedy = 'install' | 'restart' | 'showGhostText' | 'enable' | 'endSnooze' | 'trigger';

export interface SilenceReport {
  /** One sentence, for a notification. */
  readonly headline: string;
  readonly remedy: Remedy | undefined;
  readonly markdown: string;
}

export function silenceReport(input: SilenceInput, t: Translate): SilenceReport {
  const { headline, remedy } = ownReason(input, t) ?? serverReason(input, t);
  const parts = [
    `# ${t('Why krait suggests what it does')}`,
    `**${escapeMarkdown(input.file)}** (${escapeMarkdown(input.language)})`,
    escapeMarkdown(headline),
    typeof input.explanation === 'object' ? details(input.explanation, t) : '',
  ];
  return { headline, remedy, markdown: `${parts.filter((part) => part !== '').join('\n\n')}\n` };
}

interface Reason {
  readonly headline: string;
  readonly remedy?: Remedy;
}

/** What keeps the server from being asked. */
function ownReason(input: SilenceInput, t: Translate): Reason | undefined {
  if (input.connection === 'missing') {
    return { headline: t('The program krait was not found.'), remedy: 'install' };
  }
  if (input.connection === 'starting') return { headline: t('krait is starting.') };
  if (input.connection !== 'running') {
    return { headline: t('krait does not run: its output says why.'), remedy: 'restart' };
  }
  if (!input.isServed) {
    return { headline: t('krait completes files, untitled ones and cells of notebooks only.') };
  }
  if (!input.editorShowsGhostText) {
    return {
      headline: t('VS Code shows no inline suggestions: editor.inlineSuggest.enabled is off.'),
      remedy: 'showGhostText',
    };
  }
  if (!input.enabled) {
    return { headline: t('krait is turned off: krait.enable is false.'), remedy: 'enable' };
  }
  return input.silentUntil === undefined ? undefined : {
    headline: t('krait is silent until {0}.', input.silentUntil), remedy: 'endSnooze',
  };
}

function serverReason({ explanation, trigger }: SilenceInput, t: Translate): Reason {
  if (explanation === 'unknown') return { headline: t('This krait is too old to explain itself.') };
  if (explanation === 'failed') {
    return { headline: t('krait could not answer: its output says why.') };
  }
  if (explanation === undefined) {
    const headline = trigger === 'onDemand'
      ? t('krait.trigger is onDemand: krait answers when you trigger completion.')
      : t('krait was not asked about this file yet.');
    return { headline, remedy: 'trigger' };
  }
  if (explanation.suppressedBy !== undefined) {
    return { headline: t('Nothing was shown: {0}.', explanation.suppressedBy.replace(/\.$/, '')) };
  }
  if (trigger === 'subtle') {
    const headline =
      t('There was a suggestion, but krait.trigger is subtle: trigger completion to see it.');
    return { headline, remedy: 'trigger' };
  }
  const line = explanation.shown?.line;
  return {
    headline: line === undefined ? t('The last time there was a suggestion.')
      : t('The last time there was a suggestion, in line {0}.', line + 1),
  };
}

function details(explanation: Explanation, t: Translate): string {
  return [
    explanation.shown === undefined ? '' : shownText(explanation.shown, t),
    explanation.typedThrough
      ? t('What follows is of the suggestion as it was made; typing along took no model.') : '',
    table(`## ${t('How it came about')}`, numbers(explanation, t)),
    table(`## ${t('Time')}`, times(explanation, t)),
  ].filter((part) => part !== '').join('\n\n');
}

function shownText(shown: ShownText, t: Translate): string {
  const typed = shown.typed === '' ? ''
    : t('Of this you have typed: {0}', JSON.stringify(shown.typed));
  return [codeBlock(shown.text), escapeMarkdown(typed)].filter((part) => part !== '').join('\n\n');
}

type Rows = readonly (readonly [string, string | undefined])[];

function table(title: string, rows: Rows): string {
  const text = markdownTable(rows);
  return text === '' ? '' : `${title}\n\n${text}`;
}

function numbers(explanation: Explanation, t: Translate): Rows {
  // Without a model run there are none.
  if (explanation.plan === 'none') return [];
  const tokens = (count: number | undefined): string | undefined =>
    count === undefined ? undefined : t('{0} tokens', count);
  const { tokensReused, tokensReplayed, meanLogprob } = explanation;
  const known = tokensReused === undefined ? undefined : tokensReused + (tokensReplayed ?? 0);
  return [
    [t('how sure the model was'), meanLogprob === undefined ? undefined
      : t('{0} % for each token on average (log-probability {1})',
          Math.round(100 * Math.exp(meanLogprob)), meanLogprob.toFixed(2))],
    [t('known from before'), tokens(known)],
    [t('read anew'), tokens(explanation.tokensComputed)],
    [t('written'), tokens(explanation.tokensGenerated)],
    [t('what was read'), named(plans(t), explanation.plan)],
    [t('because'), explanation.planReason],
    [t('not waited for'), explanation.hurried],
    [t('how far it may reach'), named(extents(t), explanation.extent)],
    [t('where it ended'), named(stops(t), explanation.stop)],
    [t('syntax'), named(syntaxes(t), explanation.syntax)],
  ];
}

function times(explanation: Explanation, t: Translate): Rows {
  const stages = explanation.ms.filter(([, ms]) => ms >= 0.05);
  if (stages.length === 0) return [];
  const whole = explanation.ms.reduce((sum, [, ms]) => sum + ms, 0);
  const rows = stages.map(([stage, ms]) =>
    [named(stageNames(t), stage) ?? stage, durationText(ms)] as const);
  return [...rows, [t('together'), durationText(whole)]];
}

type Names = Readonly<Record<string, string>>;

/** A name of tomorrow's server is shown as it is. */
function named(names: Names, name: string | undefined): string | undefined {
  return name === undefined ? undefined : names[name] ?? name;
}

function stageNames(t: Translate): Names {
  return {
    queue: t('waiting'), tokenize: t('cutting into tokens'), prefill: t('reading'),
    decode: t('writing'), post: t('checking'),
  };
}

function plans(t: Translate): Names {
  return {
    spm: t('the text behind the cursor, then the text before it'),
    psm: t('the text before the cursor, then the text behind it'),
    emulated: t('the text around the cursor, which this model was not made for'),
    prefix: t('only the text before the cursor'),
  };
}

function extents(t: Translate): Names {
  return {
    auto: t('a line or a block, by the syntax at the cursor'),
    line: t('the rest of the line'),
    whole_line: t('one line'),
    block: t('a statement with its block'),
    unlimited: t('as far as the model goes'),
  };
}

function stops(t: Translate): Names {
  return {
    end_of_sequence: t('the model had no more to say'),
    max_tokens: t('it was as long as krait.maxTokens allows'),
    line_end: t('the line was complete'),
    blank_line: t('a blank line came'),
    dedent: t('the block of the cursor was over'),
    block_end: t('the block that it opened was complete'),
    max_lines: t('it was as long as krait.maxLines allows'),
    suffix: t('it met what stands behind the cursor'),
    repetition: t('it began to repeat itself'),
    unsure: t('the model was not sure of what would follow'),
    not_finite: t('the model computed no numbers: its file may be damaged'),
  };
}

function syntaxes(t: Translate): Names {
  return {
    grammar: t('checked with the language\'s grammar'),
    lines: t('not checked: there is a syntax error nearby'),
    none: t('not checked: no grammar, or no time'),
  };
}
