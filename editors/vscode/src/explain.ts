// SPDX-License-Identifier: Apache-2.0
//
// The command that answers why nothing is suggested.
import { l10n, languages, window, workspace, type TextEditor } from 'vscode';
import { documentSelector } from './language-client';
import { openSettings, runChoice, type Choice, type Messages } from './messages';
import type { Pages } from './pages';
import { Method, parseExplanation } from './protocol';
import type { KraitServer } from './server';
import { triggerOf } from './settings';
import { silenceReport, type Remedy, type SilenceInput } from './silence';
import type { Snooze } from './snooze';
import { isEnabled, readUserSettings } from './user-settings';

export interface ExplainParts {
  readonly server: KraitServer;
  readonly pages: Pages;
  readonly messages: Messages;
  readonly snooze: Snooze;
}

export async function explainSilence(parts: ExplainParts): Promise<void> {
  const editor = window.activeTextEditor;
  if (editor === undefined) {
    await window.showInformationMessage(l10n.t('Open a file first.'));
    return;
  }
  const report = silenceReport(await silenceInput(parts, editor), l10n.t);
  const more = l10n.t('Details');
  const remedy = report.remedy === undefined ? undefined : choiceFor(report.remedy, parts.messages);
  const buttons = [...(remedy === undefined ? [] : [remedy.title]), more];
  const chosen = await window.showInformationMessage(report.headline, ...buttons);
  if (chosen === more) await parts.pages.show('why', report.markdown);
  else if (chosen !== undefined && remedy !== undefined) await runChoice(remedy);
}

function choiceFor(remedy: Remedy, messages: Messages): Choice {
  switch (remedy) {
    case 'install': return messages.install();
    case 'restart': return { title: l10n.t('Restart'), command: 'krait.restart' };
    case 'showGhostText': return openSettings('editor.inlineSuggest.enabled');
    case 'enable': return { title: l10n.t('Turn on'), command: 'krait.toggle' };
    case 'endSnooze': return { title: l10n.t('Suggest again'), command: 'krait.snooze', argument: 0 };
    case 'trigger': return { title: l10n.t('Trigger completion'), command: 'krait.trigger' };
  }
}

async function silenceInput(
  { server, snooze }: ExplainParts, editor: TextEditor,
): Promise<SilenceInput> {
  const { document } = editor;
  return {
    connection: server.connection,
    file: workspace.asRelativePath(document.uri),
    language: document.languageId,
    isServed: languages.match(documentSelector, document) > 0,
    editorShowsGhostText: workspace.getConfiguration('editor', document)
      .get<boolean>('inlineSuggest.enabled', true),
    enabled: isEnabled(),
    silentUntil: snooze.endsAt,
    trigger: triggerOf(readUserSettings()),
    explanation: await explanationOf(server, document.uri.toString()),
  };
}

async function explanationOf(
  server: KraitServer, uri: string,
): Promise<SilenceInput['explanation']> {
  if (!server.canAnswer(Method.explain)) return 'unknown';
  const answer = await server.request(Method.explain, { textDocument: { uri } });
  return answer === undefined ? 'failed' : parseExplanation(answer);
}
