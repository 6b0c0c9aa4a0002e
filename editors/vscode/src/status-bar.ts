// SPDX-License-Identifier: Apache-2.0
import {
  Disposable, l10n, MarkdownString, StatusBarAlignment, ThemeColor, window, workspace,
} from 'vscode';
import type { KeptSuggestion } from './kept-suggestion';
import type { KraitServer } from './server';
import type { Snooze } from './snooze';
import { statusView, type StatusInput } from './status-view';
import { isEnabled, showsTiming } from './user-settings';

// The daemon's totals change with each answer; nobody reads them that often.
const reportIntervalMs = 5000;

const backgrounds = {
  none: undefined,
  warning: new ThemeColor('statusBarItem.warningBackground'),
  error: new ThemeColor('statusBarItem.errorBackground'),
} as const;

export interface StatusParts {
  readonly server: KraitServer;
  readonly kept: KeptSuggestion;
  readonly snooze: Snooze;
}

export function statusInput({ server, kept, snooze }: StatusParts): StatusInput {
  return {
    connection: server.connection,
    server: server.status,
    report: server.report,
    suggestionReady: kept.isReady,
    enabled: isEnabled(),
    silentUntil: snooze.endsAt,
    showsTiming: showsTiming(),
  };
}

/** Shows the state of things in the status bar for as long as it lives. */
export function showStatusBar(parts: StatusParts): Disposable {
  const { server, kept, snooze } = parts;
  const item = window.createStatusBarItem('krait.status', StatusBarAlignment.Right, 100);
  item.name = 'krait';
  item.command = 'krait.openMenu';
  let askedAt = -Infinity;
  const draw = (): void => {
    const view = statusView(statusInput(parts), l10n.t);
    item.text = view.text;
    item.tooltip = new MarkdownString(view.tooltip, true);
    item.backgroundColor = backgrounds[view.severity];
    item.accessibilityInformation = { label: view.text.replace(/\$\([^)]*\) ?/g, '') };
    if (server.status?.busy === true || performance.now() - askedAt < reportIntervalMs) return;
    askedAt = performance.now();
    void server.refreshReport();
  };
  draw();
  item.show();
  return Disposable.from(
    item,
    server.onDidChange(draw),
    kept.onDidChange(draw),
    snooze.onDidChange(draw),
    workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('krait')) draw();
    }),
  );
}
