// SPDX-License-Identifier: Apache-2.0
//
// Tells the server that a suggestion is shown, as far as VS Code lets an extension know: it was
// handed over in time.
import { Range, type InlineCompletionItem, type InlineCompletionList } from 'vscode';
import { Method } from './protocol';
import type { KraitServer } from './server';

export type InlineAnswer = InlineCompletionItem[] | InlineCompletionList | null | undefined;

export function itemsOf(answer: InlineAnswer): readonly InlineCompletionItem[] {
  if (answer === null || answer === undefined) return [];
  return Array.isArray(answer) ? answer : answer.items;
}

/** Items without a command have no id by which the server could know them. */
export function reportShown(server: KraitServer, answer: InlineAnswer): void {
  const item = itemsOf(answer)[0];
  if (item?.command === undefined) return;
  const { insertText, range, command } = item;
  server.notify(Method.didShowCompletion, {
    item: {
      insertText: typeof insertText === 'string' ? insertText : insertText.value,
      ...(range instanceof Range ? { range: { start: range.start, end: range.end } } : {}),
      command,
    },
  });
}
