// SPDX-License-Identifier: Apache-2.0
//
// A question about the repository; offered only by servers that answer `krait/ask`.
import { l10n, ProgressLocation, window } from 'vscode';
import { escapeMarkdown } from './markdown';
import type { Pages } from './pages';
import { Method, parseAnswer, placeLink, placeName, type RepositoryAnswer } from './protocol';
import type { KraitServer } from './server';

export async function askRepository(server: KraitServer, pages: Pages): Promise<void> {
  const question = await window.showInputBox({
    title: l10n.t('Ask the repository'),
    placeHolder: l10n.t('Where is the configuration read?'),
  });
  if (question === undefined || question.trim() === '') return;
  const uri = window.activeTextEditor?.document.uri.toString();
  const answer = await window.withProgress(
    { location: ProgressLocation.Notification, title: l10n.t('krait reads the repository') },
    () => server.request(Method.ask, {
      question, ...(uri === undefined ? {} : { textDocument: { uri } }),
    }),
  );
  if (answer === undefined) {
    await window.showWarningMessage(l10n.t('krait could not answer: its output says why.'));
    return;
  }
  await pages.show('answer', answerPage(question, parseAnswer(answer)));
}

function answerPage(question: string, { answer, citations }: RepositoryAnswer): string {
  const places = citations.map((place) =>
    `- [${escapeMarkdown(placeName(place))}](<${placeLink(place)}>)`);
  return [`# ${escapeMarkdown(question)}`, answer, places.join('\n')].join('\n\n');
}
