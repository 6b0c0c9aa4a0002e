// SPDX-License-Identifier: Apache-2.0
//
// `krait setup`, in a terminal: it asks which model, and fetches nothing before the answer.
import { homedir } from 'node:os';
import { window, type Disposable, type Memento } from 'vscode';
import { isEmbeddedModel } from './embedded-model';
import type { KraitServer } from './server';

const offeredKey = 'setupOffered';

export async function runSetup(server: KraitServer): Promise<void> {
  const binary = server.findBinary();
  if (binary.kind !== 'found') {
    await server.start(); // which says what is wrong
    return;
  }
  // A program of its own: no shell reads its words.
  window.createTerminal({
    name: 'krait setup', shellPath: binary.file, shellArgs: ['setup'], cwd: homedir(),
  }).show();
}

/** Says once, ever, that there are better models, when the one that comes along runs. */
export function offerSetupOnce(
  server: KraitServer, memory: Memento, offer: () => Promise<void>,
): Disposable {
  return server.onDidChange(() => {
    if (!isEmbeddedModel(server.status?.model) || memory.get(offeredKey) === true) return;
    void memory.update(offeredKey, true);
    void offer();
  });
}
