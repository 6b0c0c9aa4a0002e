// SPDX-License-Identifier: Apache-2.0
//
// Tells the server which document the user looks at, and where, so that it is warm before a key is
// pressed.
import { languages, window, type Disposable, type TextEditor } from 'vscode';
import { documentSelector } from './language-client';
import { Method } from './protocol';
import type { KraitServer } from './server';

export function followFocus(server: KraitServer): Disposable {
  return window.onDidChangeActiveTextEditor((editor) => {
    sendFocus(server, editor);
  });
}

export function sendFocus(server: KraitServer, editor: TextEditor | undefined): void {
  const document = editor?.document;
  if (document === undefined || languages.match(documentSelector, document) === 0) {
    server.notify(Method.didFocus, {});
    return;
  }
  const { line, character } = editor?.selection.active ?? { line: 0, character: 0 };
  server.notify(Method.didFocus, {
    textDocument: { uri: document.uri.toString() },
    position: { line, character },
  });
}
