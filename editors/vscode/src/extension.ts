// SPDX-License-Identifier: Apache-2.0
//
// Puts the parts together. What is suggested is decided by the server: nothing here caches, filters
// or changes a completion.
import { commands, Uri, window, workspace, type ExtensionContext } from 'vscode';
import { RepositoryQuestions } from './ask';
import { registerCommands } from './commands';
import { followFocus, sendFocus } from './focus';
import { KeptSuggestion } from './kept-suggestion';
import { Messages } from './messages';
import { Pages } from './pages';
import { Method } from './protocol';
import { KraitServer } from './server';
import { processSettings, triggerOf } from './settings';
import { offerSetupOnce } from './setup';
import { reportShown } from './shown';
import { Snooze } from './snooze';
import { showStatusBar } from './status-bar';
import { readUserSettings } from './user-settings';

let running: KraitServer | undefined;

export function activate(context: ExtensionContext): void {
  const output = window.createOutputChannel('krait', { log: true });
  const messages = new Messages(context.extension.id);
  const kept = new KeptSuggestion(() => triggerOf(readUserSettings()), (answer) => {
    if (running !== undefined) reportShown(running, answer);
  });
  const pages = new Pages();
  const snooze = new Snooze();
  const server = new KraitServer({
    output,
    extensionFolder: context.extensionPath,
    pluginVersion: versionOf(context),
    provideInlineCompletionItems: kept.provide,
    isSilent: () => snooze.endsAt !== undefined,
    listener: {
      onAccepted: () => void setContext('accepted', true),
      onMissing: (result) => void messages.tellMissing(result),
      onCrash: () => void messages.tellCrash(),
      onGivenUp: () => void messages.tellGivenUp(),
    },
  });
  running = server;
  const questions = new RepositoryQuestions(server, Uri.joinPath(context.extensionUri, 'media'));
  context.subscriptions.push(
    output, kept, pages, snooze, questions, server,
    registerCommands({ server, kept, pages, questions, messages, output, snooze }),
    showStatusBar({ server, kept, snooze }),
    snooze.onDidChange(() => {
      server.sendSettings();
    }),
    followFocus(server),
    followSettings(server),
    followConnection(server),
    offerSetupOnce(server, context.globalState, () => messages.offerSetup()),
  );
  void server.start();
}

export async function deactivate(): Promise<void> {
  await running?.stop();
}

function versionOf(context: ExtensionContext): string {
  const { version } = context.extension.packageJSON as { readonly version?: string };
  return version ?? '';
}

function followSettings(server: KraitServer): { dispose(): void } {
  return workspace.onDidChangeConfiguration((event) => {
    if (!event.affectsConfiguration('krait')) return;
    if (processSettings.some((key) => event.affectsConfiguration(`krait.${key}`))) {
      void server.start();
    } else {
      server.sendSettings();
    }
  });
}

function followConnection(server: KraitServer): { dispose(): void } {
  let before = server.connection;
  return server.onDidChange(() => {
    const now = server.connection;
    if (now === before) return;
    before = now;
    // Commands that this server cannot serve are hidden; the walkthrough ticks what is done.
    void setContext('canAsk', server.canAnswer(Method.ask));
    void setContext('running', now === 'running');
    if (now === 'running') sendFocus(server, window.activeTextEditor);
  });
}

/** What package.json can ask for in a `when`. */
async function setContext(name: 'accepted' | 'canAsk' | 'running', value: boolean): Promise<void> {
  await commands.executeCommand('setContext', `krait.${name}`, value);
}
