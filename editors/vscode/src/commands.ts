// SPDX-License-Identifier: Apache-2.0
import { commands, Disposable, l10n, window, type LogOutputChannel } from 'vscode';
import type { RepositoryQuestions } from './ask';
import { runDoctor } from './doctor';
import { explainSilence } from './explain';
import type { KeptSuggestion } from './kept-suggestion';
import { completesByItself, openMenu } from './menu';
import { runChoice, type Messages } from './messages';
import type { Pages } from './pages';
import type { KraitServer } from './server';
import { runSetup } from './setup';
import { runSnooze, type Snooze } from './snooze';
import { statusInput } from './status-bar';
import { statusPage } from './status-view';
import { toggledEnable, toggledLanguage, type Languages } from './toggles';
import { levelsOf, writeSetting } from './user-settings';

export interface CommandParts {
  readonly server: KraitServer;
  readonly kept: KeptSuggestion;
  readonly pages: Pages;
  readonly questions: RepositoryQuestions;
  readonly messages: Messages;
  readonly output: LogOutputChannel;
  readonly snooze: Snooze;
}

/** Registers all commands of package.json. */
export function registerCommands(parts: CommandParts): Disposable {
  const { server, questions, messages, output, snooze } = parts;
  const actions: Readonly<Record<string, (argument: unknown) => unknown>> = {
    'krait.trigger': () => commands.executeCommand('editor.action.inlineSuggest.trigger'),
    'krait.accept': () => commands.executeCommand('editor.action.inlineSuggest.commit'),
    'krait.acceptWord': () =>
      commands.executeCommand('editor.action.inlineSuggest.acceptNextWord'),
    'krait.acceptLine': () =>
      commands.executeCommand('editor.action.inlineSuggest.acceptNextLine'),
    'krait.explain': () => explainSilence(parts),
    'krait.ask': () => questions.input(),
    'krait.restart': () => server.start(),
    'krait.install': () => runChoice(messages.install()),
    'krait.snooze': (minutes) => runSnooze(snooze, minutes),
    'krait.showStatus': () => showStatus(parts),
    'krait.setup': () => runSetup(server),
    'krait.doctor': () => runDoctor(server, output),
    'krait.toggle': () => writeSetting('enable', toggledEnable(levelsOf<boolean>('enable'))),
    'krait.toggleLanguage': () => toggleLanguage(completesByItself(server, snooze)),
    'krait.showOutput': () => {
      output.show();
    },
    'krait.openMenu': () => openMenu(server, messages, snooze),
  };
  return Disposable.from(...Object.entries(actions).map(([name, action]) =>
    commands.registerCommand(name, action)));
}

async function showStatus(parts: CommandParts): Promise<void> {
  await parts.server.refreshReport();
  await parts.pages.show('status', statusPage(statusInput(parts), l10n.t));
}

async function toggleLanguage(byItself: boolean): Promise<void> {
  const language = window.activeTextEditor?.document.languageId;
  if (language === undefined) {
    await window.showInformationMessage(l10n.t('Open a file first.'));
    return;
  }
  const levels = levelsOf<Languages>('languages');
  await writeSetting('languages', toggledLanguage(levels, language, byItself));
}
