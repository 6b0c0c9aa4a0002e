// SPDX-License-Identifier: Apache-2.0
//
// What krait says beyond the standard (lsp/PROTOCOL.md), as types of TypeScript.
import { flagOf, listOf, numberOf, objectOf, textOf } from './json';

export const Method = {
  didChangeStatus: 'didChangeStatus',
  didFocus: 'textDocument/didFocus',
  didShowCompletion: 'textDocument/didShowCompletion',
  explain: 'krait/explain',
  status: 'krait/status',
  ask: 'krait/ask',
} as const;

export type StatusKind = 'Normal' | 'Error' | 'Warning' | 'Inactive';

/** `didChangeStatus`. Numbers of the last answer; absent: the server did not say. */
export interface ServerStatus {
  readonly busy: boolean;
  readonly kind: StatusKind;
  readonly message: string;
  readonly model: string | undefined;
  readonly loading: boolean;
  readonly warm: boolean | undefined;
  readonly tokensReused: number | undefined;
  readonly tokensComputed: number | undefined;
  readonly tokensGenerated: number | undefined;
  readonly ms: number | undefined;
  readonly statesBytes: number | undefined;
  readonly statesBudgetBytes: number | undefined;
}

export function parseStatus(value: unknown): ServerStatus {
  const status = objectOf(value);
  const krait = objectOf(status['krait']);
  const kind = textOf(status['kind']);
  return {
    busy: flagOf(status['busy']) ?? false,
    kind: kind === 'Error' || kind === 'Warning' || kind === 'Inactive' ? kind : 'Normal',
    message: textOf(status['message']) ?? '',
    model: textOf(krait['model']),
    loading: flagOf(krait['loading']) ?? false,
    warm: flagOf(krait['warm']),
    tokensReused: numberOf(krait['tokens_reused']),
    tokensComputed: numberOf(krait['tokens_computed']),
    tokensGenerated: numberOf(krait['tokens_generated']),
    ms: numberOf(krait['ms']),
    statesBytes: numberOf(krait['states_bytes']),
    statesBudgetBytes: numberOf(krait['states_budget_bytes']),
  };
}

/** A suggestion that is shown. */
export interface ShownText {
  readonly text: string;
  /** The beginning of it that the user typed since. */
  readonly typed: string;
  /** Where it begins. */
  readonly line: number | undefined;
}

function parseShown(value: unknown): ShownText | undefined {
  const shown = objectOf(value);
  const text = textOf(shown['text']);
  if (text === undefined) return undefined;
  const line = numberOf(objectOf(shown['position'])['line']);
  return { text, typed: textOf(shown['typed']) ?? '', line };
}

/** `krait/explain`: how the last completion of a document came about. */
export interface Explanation {
  readonly plan: string | undefined;
  readonly planReason: string | undefined;
  /** What was not waited for, so that the next answer for the place may be another. */
  readonly hurried: string | undefined;
  readonly tokensReused: number | undefined;
  readonly tokensReplayed: number | undefined;
  readonly tokensComputed: number | undefined;
  readonly tokensGenerated: number | undefined;
  readonly stop: string | undefined;
  readonly extent: string | undefined;
  readonly syntax: string | undefined;
  readonly meanLogprob: number | undefined;
  /** Milliseconds by stage, in the order of the stages. */
  readonly ms: readonly (readonly [string, number])[];
  /** Why nothing was shown; undefined if something was. */
  readonly suppressedBy: string | undefined;
  readonly shown: ShownText | undefined;
  /** The user typed along: the rest is of the suggestion as it was made. */
  readonly typedThrough: boolean;
}

/** Returns undefined if the document has had no completion. */
export function parseExplanation(value: unknown): Explanation | undefined {
  if (value === null || value === undefined) return undefined;
  const answer = objectOf(value);
  const ms = Object.entries(objectOf(answer['ms'])).flatMap(([stage, time]) => {
    const number = numberOf(time);
    return number === undefined ? [] : [[stage, number] as const];
  });
  return {
    plan: textOf(answer['plan']),
    planReason: textOf(answer['plan_reason']),
    hurried: textOf(answer['hurried']),
    tokensReused: numberOf(answer['tokens_reused']),
    tokensReplayed: numberOf(answer['tokens_replayed']),
    tokensComputed: numberOf(answer['tokens_computed']),
    tokensGenerated: numberOf(answer['tokens_generated']),
    stop: textOf(answer['stop']),
    extent: textOf(answer['extent']),
    syntax: textOf(answer['syntax']),
    meanLogprob: numberOf(answer['mean_logprob']),
    ms,
    suppressedBy: textOf(answer['suppressed_by']),
    shown: parseShown(answer['shown']),
    typedThrough: flagOf(answer['typed_through']) ?? false,
  };
}

/** `krait/status`: the daemon, as `krait status --json` shows it. */
export interface DaemonReport {
  readonly version: string | undefined;
  readonly pid: number | undefined;
  readonly uptimeSeconds: number | undefined;
  readonly model: string | undefined;
  readonly modelState: string | undefined;
  readonly modelError: string | undefined;
  readonly threads: number | undefined;
  readonly statesBytes: number | undefined;
  readonly statesBudgetBytes: number | undefined;
  readonly answers: number | undefined;
  readonly hitRate: number | undefined;
  readonly shown: number | undefined;
  readonly accepted: number | undefined;
  readonly partially: number | undefined;
  readonly characters: number | undefined;
  readonly since: string | undefined;
}

export function parseReport(value: unknown): DaemonReport {
  const report = objectOf(value);
  const model = objectOf(report['model']);
  const states = objectOf(report['states']);
  const statistics = objectOf(report['statistics']);
  return {
    version: textOf(report['version']),
    pid: numberOf(report['pid']),
    uptimeSeconds: numberOf(report['uptime_seconds']),
    model: textOf(model['description']) ?? textOf(model['path']),
    modelState: textOf(model['state']),
    modelError: textOf(model['error']),
    threads: numberOf(report['threads']),
    statesBytes: numberOf(states['held_bytes']),
    statesBudgetBytes: numberOf(states['budget_bytes']),
    answers: numberOf(report['answers']),
    hitRate: numberOf(report['hit_rate']),
    shown: numberOf(statistics['shown']),
    accepted: numberOf(statistics['accepted']),
    partially: numberOf(statistics['partially']),
    characters: numberOf(statistics['characters']),
    since: textOf(statistics['since']),
  };
}

/** Which requests of krait's own a server answers, from its `initialize` result. */
export function requestsOf(capabilities: unknown): ReadonlySet<string> {
  const krait = objectOf(objectOf(objectOf(capabilities)['experimental'])['krait']);
  return new Set(listOf(krait['requests']).filter((name) => typeof name === 'string'));
}

/** `krait/ask`: an answer in Markdown, and the places that it rests on. */
export interface RepositoryAnswer {
  readonly answer: string;
  readonly citations: readonly Place[];
}

/** What was asked before, and answered: a question may go on with it. */
export interface EarlierTurn {
  readonly question: string;
  readonly answer: string;
}

/** A line of a file from 0, or a page or a cell of one that has no lines, from 1. */
export interface Place {
  readonly uri: string;
  readonly line: number;
  readonly page?: number;
  readonly cell?: number;
}

/** "manual.pdf:page 3", "main.py:7" */
export function placeName({ uri, line, page, cell }: Place): string {
  const name = uri.replace(/^.*\//, '');
  if (page !== undefined) return `${name}:page ${page}`;
  return cell === undefined ? `${name}:${line + 1}` : `${name}:cell ${cell}`;
}

/** What opens it. */
export function placeLink({ uri, line, page, cell }: Place): string {
  if (page !== undefined) return `${uri}#page=${page}`;
  return cell === undefined ? `${uri}#L${line + 1}` : uri;
}

export function parseAnswer(value: unknown): RepositoryAnswer {
  const answer = objectOf(value);
  const citations = listOf(answer['citations']).flatMap((item) => {
    const source = objectOf(item);
    const uri = textOf(source['uri']);
    const start = objectOf(objectOf(source['range'])['start']);
    if (uri === undefined) return [];
    const [page, cell] = [numberOf(source['page']), numberOf(source['cell'])];
    return [{
      uri, line: numberOf(start['line']) ?? 0,
      ...(page === undefined ? {} : { page }), ...(cell === undefined ? {} : { cell }),
    }];
  });
  return { answer: textOf(answer['answer']) ?? '', citations };
}
