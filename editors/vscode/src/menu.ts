// SPDX-License-Identifier: Apache-2.0
//
// What a click on the status bar opens.
import { commands, l10n, QuickPickItemKind, window, type QuickPickItem } from 'vscode';
import { openSettings, type Messages } from './messages';
import { Method } from './protocol';
import type { KraitServer } from './server';
import { isLanguageEnabled, type Languages } from './toggles';
import { isEnabled, levelsOf } from './user-settings';

interface MenuItem extends QuickPickItem {
  readonly command?: string;
  readonly argument?: unknown;
}

export async function openMenu(server: KraitServer, messages: Messages): Promise<void> {
  const chosen = await window.showQuickPick(menuItems(server, messages), { title: 'krait' });
  if (chosen?.command === undefined) return;
  await commands.executeCommand(chosen.command, ...(chosen.argument === undefined
    ? [] : [chosen.argument]));
}

function menuItems(server: KraitServer, messages: Messages): readonly MenuItem[] {
  const t = l10n.t;
  const separator = { label: '', kind: QuickPickItemKind.Separator };
  const settings = openSettings('krait.');
  const walkthrough = messages.walkthrough(t('First steps'));
  return [
    ...toggleItems(),
    { label: `$(sparkle) ${t('Trigger completion')}`, command: 'krait.trigger' },
    { label: `$(question) ${t('Why is nothing suggested?')}`, command: 'krait.explain' },
    ...(server.canAnswer(Method.ask)
      ? [{ label: `$(comment-discussion) ${t('Ask the repository')}`, command: 'krait.ask' }] : []),
    separator,
    { label: `$(info) ${t('Show status')}`, command: 'krait.showStatus' },
    { label: `$(heart) ${t('Check this machine (krait doctor)')}`, command: 'krait.doctor' },
    { label: `$(output) ${t('Show output')}`, command: 'krait.showOutput' },
    { label: `$(refresh) ${t('Restart')}`, command: 'krait.restart' },
    separator,
    { ...settings, label: `$(gear) ${settings.title}` },
    { ...walkthrough, label: `$(book) ${walkthrough.title}` },
  ];
}

function toggleItems(): readonly MenuItem[] {
  const all: MenuItem = isEnabled()
    ? { label: `$(circle-slash) ${l10n.t('Turn off')}`, command: 'krait.toggle' }
    : { label: `$(check) ${l10n.t('Turn on')}`, command: 'krait.toggle' };
  const language = window.activeTextEditor?.document.languageId;
  if (language === undefined) return [all];
  const isOn = isLanguageEnabled(levelsOf<Languages>('languages'), language);
  return [all, isOn
    ? {
        label: `$(circle-slash) ${l10n.t('Turn off for {0}', language)}`,
        command: 'krait.toggleLanguage',
      }
    : { label: `$(check) ${l10n.t('Turn on for {0}', language)}`, command: 'krait.toggleLanguage' },
  ];
}
