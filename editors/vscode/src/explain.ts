// SPDX-License-Identifier: Apache-2.0
//
// The command that answers why nothing is suggested.
import { l10n, window, workspace, type TextEditor } from 'vscode';
import type { Pages } from './pages';
import { Method, parseExplanation } from './protocol';
import type { KraitServer } from './server';
import { triggerOf } from './settings';
import { silenceReport, type SilenceInput } from './silence';
import { isEnabled, readUserSettings } from './user-settings';

export async function explainSilence(server: KraitServer, pages: Pages): Promise<void> {
  const editor = window.activeTextEditor;
  if (editor === undefined) {
    await window.showInformationMessage(l10n.t('Open a file first.'));
    return;
  }
  const report = silenceReport(await silenceInput(server, editor), l10n.t);
  const more = l10n.t('Details');
  if (await window.showInformationMessage(report.headline, more) === more) {
    await pages.show('why', report.markdown);
  }
}

async function silenceInput(server: KraitServer, editor: TextEditor): Promise<SilenceInput> {
  const { document } = editor;
  return {
    connection: server.connection,
    file: workspace.asRelativePath(document.uri),
    language: document.languageId,
    editorShowsGhostText: workspace.getConfiguration('editor', document)
      .get<boolean>('inlineSuggest.enabled', true),
    enabled: isEnabled(),
    trigger: triggerOf(readUserSettings()),
    explanation: await explanationOf(server, document.uri.toString()),
  };
}

async function explanationOf(
  server: KraitServer, uri: string,
): Promise<SilenceInput['explanation']> {
  const answer = await server.request(Method.explain, { textDocument: { uri } });
  return answer === undefined ? 'unknown' : parseExplanation(answer);
}
