// SPDX-License-Identifier: Apache-2.0
import { costOf } from './answer';
import type { Cost } from './conversation';

/** How much is to be written. */
export type Extent = 'line' | 'block';

const blockTokens = 128;
const lineTokens = 64;

/** The body of a request to fill in at a cursor. */
export function infillBody(text: string, cursor: number, extent: Extent): Record<string, unknown> {
  const before = text.slice(0, cursor);
  const line = before.lastIndexOf('\n') + 1;
  const indent = /^[ \t]*/.exec(before.slice(line))?.[0].length ?? 0;
  const body: Record<string, unknown> = {
    input_prefix: before.slice(0, line), prompt: before.slice(line),
    input_suffix: text.slice(cursor), temperature: 0,
    n_predict: extent === 'line' ? lineTokens : blockTokens,
  };
  if (extent === 'line') body['stop'] = ['\n'];
  else body['n_indent'] = indent;
  return body;
}

export interface Filled {
  readonly text: string;
  /** How the prompt was laid out, as `krait/explain` calls it. */
  readonly plan: string;
  readonly cost: Cost;
}

export interface InfillAnswer {
  readonly content: string;
  readonly timings: Parameters<typeof costOf>[0];
  readonly krait?: { readonly plan: string };
}

export function filledOf(answer: InfillAnswer): Filled {
  return {
    text: answer.content.trimEnd(), plan: answer.krait?.plan ?? '', cost: costOf(answer.timings),
  };
}

const plans: Readonly<Record<string, string>> = {
  'prefix': 'the text before the cursor only',
  'spm': 'suffix, prefix, middle',
  'psm': 'prefix, suffix, middle',
  'anchored-psm': 'prefix to a line above, suffix, middle from there',
  'emulated': 'the suffix as plain text, as the model knows no layout for it',
};

/** What a plan means, for people. */
export function planText(plan: string): string {
  return plans[plan] ?? plan;
}
