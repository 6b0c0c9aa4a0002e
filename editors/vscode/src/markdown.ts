// SPDX-License-Identifier: Apache-2.0

/** Text of others as text: no links, no markup, no lines of its own. */
export function escapeMarkdown(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\`*_{}[\]()#+\-.!|<>&~$]/g, '\\$&');
}

/** Text of others between fences that it cannot close. */
export function codeBlock(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${text}\n${fence}`;
}

/** Rows without a value are left out. */
export function markdownTable(rows: readonly (readonly [string, string | undefined])[]): string {
  const shown = rows.flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [`| ${name} | ${escapeMarkdown(value)} |`],
  );
  return shown.length === 0 ? '' : ['| | |', '|---|---|', ...shown].join('\n');
}
