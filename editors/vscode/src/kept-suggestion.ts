// SPDX-License-Identifier: Apache-2.0
//
// The trigger `subtle`: the server is asked while typing, but its answer is not drawn. That there
// is one is told, until the cursor is somewhere else or the user asks to see it.
import {
  EventEmitter, InlineCompletionTriggerKind, window,
  type Disposable, type Position, type TextDocument,
} from 'vscode';
import type { Middleware } from 'vscode-languageclient/node';
import type { Trigger } from './settings';
import { itemsOf, type InlineAnswer } from './shown';

type Provide = NonNullable<Middleware['provideInlineCompletionItems']>;

export class KeptSuggestion implements Disposable {
  private readonly changed = new EventEmitter<void>();
  readonly onDidChange = this.changed.event;
  private place: { readonly uri: string; readonly position: Position } | undefined;
  private readonly subscriptions: readonly { dispose(): unknown }[];

  constructor(
    private readonly trigger: () => Trigger,
    /** An answer goes on to VS Code, which draws it. */
    private readonly onShown: (answer: InlineAnswer) => void,
  ) {
    this.subscriptions = [
      this.changed,
      window.onDidChangeTextEditorSelection((event) => {
        this.leaveUnless(event.textEditor.document, event.selections[0]?.active);
      }),
      window.onDidChangeActiveTextEditor((editor) => {
        this.leaveUnless(editor?.document, editor?.selection.active);
      }),
    ];
  }

  get isReady(): boolean {
    return this.place !== undefined;
  }

  readonly provide: Provide = async (document, position, context, token, next) => {
    const answer: InlineAnswer = await next(document, position, context, token);
    const isKept = this.trigger() === 'subtle'
      && context.triggerKind === InlineCompletionTriggerKind.Automatic;
    if (token.isCancellationRequested) return undefined;
    const isReady = isKept && itemsOf(answer).length > 0;
    this.become(isReady ? { uri: document.uri.toString(), position } : undefined);
    if (isKept) return undefined;
    this.onShown(answer);
    return answer;
  };

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private leaveUnless(document: TextDocument | undefined, position: Position | undefined): void {
    const place = this.place;
    if (place === undefined) return;
    const isSame = document?.uri.toString() === place.uri
      && position?.isEqual(place.position) === true;
    if (!isSame) this.become(undefined);
  }

  private become(place: KeptSuggestion['place']): void {
    const isChanged = (place === undefined) !== (this.place === undefined);
    this.place = place;
    if (isChanged) this.changed.fire();
  }
}
