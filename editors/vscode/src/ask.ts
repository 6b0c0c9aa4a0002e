// SPDX-License-Identifier: Apache-2.0
//
// Questions about the repository; offered only by servers that answer `krait/ask`.
import { CancellationTokenSource, Disposable, l10n, Uri, window } from 'vscode';
import { AskPanel } from './ask-panel';
import { Conversation, finishTurn, stopTurn, type Turn } from './conversation';
import { objectOf, textOf } from './json';
import { Method, parseAnswer, type EarlierTurn } from './protocol';
import type { KraitServer } from './server';

/** One question at a time: the next one stops the one before. */
export class RepositoryQuestions implements Disposable {
  private readonly conversation = new Conversation();
  private readonly panel: AskPanel;
  private stopping: CancellationTokenSource | undefined;

  constructor(private readonly server: KraitServer, media: Uri) {
    this.panel = new AskPanel(media, {
      ask: (question, continues) => void this.ask(question, continues),
      stop: () => {
        this.stop();
      },
    });
  }

  /** Asks for a question; without one it shows those before. */
  async input(): Promise<void> {
    const question = await window.showInputBox({
      title: l10n.t('Ask the repository'),
      placeHolder: l10n.t('Where is the configuration read?'),
    });
    if (question === undefined) return;
    if (question.trim() !== '') await this.ask(question, false);
    else if (this.conversation.turns.length > 0) this.panel.show(this.conversation.turns);
  }

  dispose(): void {
    this.stop();
    this.panel.dispose();
  }

  private async ask(question: string, continues: boolean): Promise<void> {
    if (question.trim() === '') return;
    this.stop();
    const earlier = continues ? this.conversation.earlier() : [];
    // The panel itself is no text editor.
    const uri = window.activeTextEditor?.document.uri.toString()
      ?? this.conversation.turns.at(-1)?.uri;
    const turn = this.conversation.begin(question.trim(), continues, uri);
    this.panel.show(this.conversation.turns);
    await this.answer(turn, earlier);
    this.panel.refresh();
  }

  private async answer(turn: Turn, earlier: readonly EarlierTurn[]): Promise<void> {
    const stopping = new CancellationTokenSource();
    this.stopping = stopping;
    const answer = await this.server.requestInParts(Method.ask, {
      question: turn.question,
      ...(earlier.length === 0 ? {} : { earlier }),
      ...(turn.uri === undefined ? {} : { textDocument: { uri: turn.uri } }),
    }, stopping.token, (part) => {
      turn.answer += textOf(objectOf(part)['text']) ?? '';
      this.panel.refresh();
    });
    if (stopping.token.isCancellationRequested) stopTurn(turn, l10n.t('stopped'));
    else if (answer !== undefined) finishTurn(turn, parseAnswer(answer));
    else stopTurn(turn, l10n.t('krait could not answer: its output says why.'));
    if (this.stopping === stopping) this.stopping = undefined;
    stopping.dispose();
  }

  private stop(): void {
    this.stopping?.cancel();
  }
}
