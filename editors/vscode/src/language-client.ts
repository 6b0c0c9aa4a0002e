// SPDX-License-Identifier: Apache-2.0
//
// How krait's language client differs from the usual one.
import { env, version, type LogOutputChannel } from 'vscode';
import {
  CloseAction, ErrorAction, LanguageClient, RevealOutputChannelOn,
  type LanguageClientOptions, type Middleware, type ServerOptions,
} from 'vscode-languageclient/node';
import { listOf } from './json';
import type { ServerSettings } from './settings';

export const documentSelector = [
  { scheme: 'file' }, { scheme: 'untitled' }, { scheme: 'vscode-notebook-cell' },
];

// The command of an item, which VS Code runs when the user accepted it.
const acceptedCommand = 'krait.didAcceptCompletionItem';

export interface ClientParts {
  readonly output: LogOutputChannel;
  readonly pluginVersion: string;
  readonly startServer: ServerOptions;
  readonly provideInlineCompletionItems: Middleware['provideInlineCompletionItems'];
  /** A suggestion was accepted to its end. */
  readonly onAccepted: () => void;
  /** The section `krait` of now. */
  readonly settings: () => ServerSettings;
  /** The connection closed, and nobody asked for it. */
  readonly onClosed: () => void;
}

/** Leaves it to its owner to tell the user what went wrong; all is in the output. */
class QuietClient extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}

export function createLanguageClient(parts: ClientParts): LanguageClient {
  return new QuietClient('krait', 'krait', parts.startServer, clientOptions(parts));
}

function clientOptions(parts: ClientParts): LanguageClientOptions {
  return {
    documentSelector,
    outputChannel: parts.output,
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    initializationOptions: {
      editorInfo: { name: env.appName, version },
      editorPluginInfo: { name: 'krait-vscode', version: parts.pluginVersion },
    },
    initializationFailedHandler: () => false,
    errorHandler: {
      error: () => ({ action: ErrorAction.Continue, handled: true }),
      // Not restarted by the client, which does so at once: its owner waits.
      closed: () => {
        parts.onClosed();
        return { action: CloseAction.DoNotRestart, handled: true };
      },
    },
    middleware: middlewareOf(parts),
  };
}

function middlewareOf(parts: ClientParts): Middleware {
  const provide = parts.provideInlineCompletionItems;
  return {
    ...(provide === undefined ? {} : { provideInlineCompletionItems: provide }),
    executeCommand: (command, args, next) => {
      if (command === acceptedCommand) parts.onAccepted();
      return next(command, args) as unknown;
    },
    workspace: {
      // The server asks for its own names, not for VS Code's.
      configuration: async (params, token, next) => {
        const answers = listOf(await next(params, token));
        const krait = parts.settings();
        return params.items.map((item, index) =>
          item.section === 'krait' ? krait : answers[index] ?? null);
      },
      // A server that registers for changes would get VS Code's names; it is sent its own names by
      // its owner, at the start and with each change.
      didChangeConfiguration: () => Promise.resolve(),
    },
  };
}
