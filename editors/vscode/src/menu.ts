// SPDX-License-Identifier: Apache-2.0
//
// What a click on the status bar opens.
import { commands, l10n, QuickPickItemKind, window, type QuickPickItem } from 'vscode';
import { openSettings, type Messages } from './messages';
import { Method } from './protocol';
import type { KraitServer } from './server';
import type { Snooze } from './snooze';
import { isLanguageEnabled, type Languages } from './toggles';
import { isEnabled, levelsOf } from './user-settings';

interface MenuItem extends QuickPickItem {
  readonly command?: string;
  readonly argument?: unknown;
}

export async function openMenu(
  server: KraitServer, messages: Messages, snooze: Snooze,
): Promise<void> {
  const items = server.connection === 'missing'
    ? missingItems(messages) : menuItems(server, messages, snooze);
  const chosen = await window.showQuickPick(items, { title: 'krait' });
  if (chosen?.command === undefined) return;
  await commands.executeCommand(chosen.command, ...(chosen.argument === undefined
    ? [] : [chosen.argument]));
}

/** Without the program there is nothing else to do than to get it. */
function missingItems(messages: Messages): readonly MenuItem[] {
  const t = l10n.t;
  return [
    { ...messages.install(), label: `$(cloud-download) ${t('Install krait')}` },
    { ...openSettings('krait.path'), label: `$(gear) ${t('Say where it is')}` },
    { label: `$(refresh) ${t('Try again')}`, command: 'krait.restart' },
    { label: `$(output) ${t('Show output')}`, command: 'krait.showOutput' },
  ];
}

function menuItems(
  server: KraitServer, messages: Messages, snooze: Snooze,
): readonly MenuItem[] {
  const t = l10n.t;
  const separator = { label: '', kind: QuickPickItemKind.Separator };
  const settings = openSettings('krait.');
  const walkthrough = messages.walkthrough(t('First steps'));
  return [
    ...toggleItems(completesByItself(server, snooze)),
    snoozeItem(snooze),
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

function snoozeItem(snooze: Snooze): MenuItem {
  return snooze.endsAt === undefined
    ? { label: `$(bell-slash) ${l10n.t('Be silent for some minutes')}`, command: 'krait.snooze' }
    : {
        label: `$(bell) ${l10n.t('Suggest again')}`, command: 'krait.snooze', argument: 0,
        description: l10n.t('silent until {0}', snooze.endsAt),
      };
}

/** Whether the server completes the document in focus if no setting says anything of its language. */
export function completesByItself(server: KraitServer, snooze: Snooze): boolean {
  return server.status?.kind !== 'Inactive' || !isEnabled() || snooze.endsAt !== undefined;
}

function toggleItems(byItself: boolean): readonly MenuItem[] {
  const all: MenuItem = isEnabled()
    ? { label: `$(circle-slash) ${l10n.t('Turn off')}`, command: 'krait.toggle' }
    : { label: `$(check) ${l10n.t('Turn on')}`, command: 'krait.toggle' };
  const language = window.activeTextEditor?.document.languageId;
  if (language === undefined) return [all];
  const isOn = isLanguageEnabled(levelsOf<Languages>('languages'), language, byItself);
  return [all, isOn
    ? {
        label: `$(circle-slash) ${l10n.t('Turn off for {0}', language)}`,
        command: 'krait.toggleLanguage',
      }
    : { label: `$(check) ${l10n.t('Turn on for {0}', language)}`, command: 'krait.toggleLanguage' },
  ];
}
