// SPDX-License-Identifier: Apache-2.0
//
// What the user is told when the server is missing or ends, and what can be done about it.
import { commands, l10n, window } from 'vscode';
import type { BinaryResult } from './binary';

export interface Choice {
  readonly title: string;
  readonly command: string;
  readonly argument?: unknown;
}

export class Messages {
  constructor(private readonly extensionId: string) {}

  async tellMissing(result: BinaryResult): Promise<void> {
    const text = result.kind === 'wrong-setting'
      ? l10n.t('krait.path is set to {0}, which is no program (an absolute path is expected).',
          result.file)
      : l10n.t('The program krait was not found. Install it, or set krait.path.');
    await offer(window.showWarningMessage, text, [
      this.install(),
      openSettings('krait.path'),
      { title: l10n.t('Try again'), command: 'krait.restart' },
    ]);
  }

  async tellCrash(): Promise<void> {
    const text = l10n.t('krait ended unexpectedly and is started again.');
    await offer(window.showWarningMessage, text, [showOutput()]);
  }

  async tellGivenUp(): Promise<void> {
    const text = l10n.t('krait ended unexpectedly several times and is not started again.');
    await offer(window.showErrorMessage, text, [
      { title: l10n.t('Restart'), command: 'krait.restart' },
      { title: l10n.t('Run doctor'), command: 'krait.doctor' },
      showOutput(),
    ]);
  }

  async offerSetup(): Promise<void> {
    const text = l10n.t('krait runs the small model that comes with it. There are better ones.');
    await offer(window.showInformationMessage, text, [
      { title: l10n.t('Choose a model'), command: 'krait.setup' },
    ]);
  }

  /** The page that explains the first steps. */
  walkthrough(title: string): Choice {
    return { title, command: 'workbench.action.openWalkthrough', argument: this.category };
  }

  /** The first of these steps, also when it was done before. */
  install(): Choice {
    const title = l10n.t('How to install');
    const argument = { category: this.category, step: 'install' };
    return { title, command: 'workbench.action.openWalkthrough', argument };
  }

  private get category(): string {
    return `${this.extensionId}#krait.start`;
  }
}

export function openSettings(query: string): Choice {
  const title = l10n.t('Settings');
  return { title, command: 'workbench.action.openSettings', argument: query };
}

function showOutput(): Choice {
  return { title: l10n.t('Show output'), command: 'krait.showOutput' };
}

type Show = (message: string, ...buttons: string[]) => Thenable<string | undefined>;

export async function offer(show: Show, text: string, choices: readonly Choice[]): Promise<void> {
  const chosen = await show(text, ...choices.map((choice) => choice.title));
  const choice = choices.find((candidate) => candidate.title === chosen);
  if (choice !== undefined) await runChoice(choice);
}

export async function runChoice(choice: Choice): Promise<void> {
  await commands.executeCommand(choice.command, ...(choice.argument === undefined
    ? [] : [choice.argument]));
}
