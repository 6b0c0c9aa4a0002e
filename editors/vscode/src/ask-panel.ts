// SPDX-License-Identifier: Apache-2.0
//
// The panel with questions and answers. Its page (media/ask.js) draws what it is sent, and says
// what the user wants; it reaches no file and no network.
import { randomUUID } from 'node:crypto';
import {
  commands, Disposable, l10n, Uri, ViewColumn, window, type Webview, type WebviewPanel,
} from 'vscode';
import type { Turn } from './conversation';
import { flagOf, numberOf, objectOf, textOf } from './json';
import { openPlace } from './open-place';
import { placeName } from './protocol';

/** While an answer is made it is drawn so often. */
const drawEveryMs = 100;

export interface PanelActions {
  ask(question: string, continues: boolean): void;
  stop(): void;
}

export class AskPanel implements Disposable {
  private panel: WebviewPanel | undefined;
  private turns: readonly Turn[] = [];
  private timer: NodeJS.Timeout | undefined;
  /** Answers that are done, as HTML. */
  private readonly rendered = new WeakMap<Turn, string>();

  constructor(private readonly media: Uri, private readonly actions: PanelActions) {}

  /** Opens it, or brings it to the front. */
  show(turns: readonly Turn[]): void {
    this.turns = turns;
    if (this.panel === undefined) this.open();
    else this.panel.reveal(undefined, true);
    this.draw();
  }

  /** Draws what is new, unless the user has closed it. */
  refresh(): void {
    if (this.panel === undefined) return;
    this.timer ??= setTimeout(() => {
      this.draw();
    }, drawEveryMs);
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.panel?.dispose();
  }

  private open(): void {
    const panel = window.createWebviewPanel('krait.ask', l10n.t('krait: the repository'),
      ViewColumn.Beside, { enableScripts: true, localResourceRoots: [this.media] });
    this.panel = panel;
    panel.webview.onDidReceiveMessage((message: unknown) => {
      this.receive(message);
    });
    panel.onDidDispose(() => {
      this.panel = undefined;
      this.actions.stop(); // nobody would see the rest
    });
    panel.webview.html = pageOf(panel.webview, this.media);
  }

  private receive(message: unknown): void {
    const { kind, question, continues, turn, place } = objectOf(message);
    if (kind === 'ready') this.draw();
    if (kind === 'stop') this.actions.stop();
    const asked = textOf(question);
    if (kind === 'ask' && asked !== undefined) {
      this.actions.ask(asked, flagOf(continues) ?? false);
    }
    const wanted = this.turns[numberOf(turn) ?? -1]?.places[numberOf(place) ?? -1];
    if (kind === 'open' && wanted !== undefined) void openPlace(wanted);
  }

  private draw(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    void this.send();
  }

  private async send(): Promise<void> {
    const turns = await Promise.all(this.turns.map(async (turn) => ({
      question: turn.question,
      continues: turn.continues,
      html: await this.htmlOf(turn),
      places: turn.places.map(placeName),
      note: turn.note ?? (turn.underWay ? l10n.t('krait reads the repository') : ''),
      underWay: turn.underWay,
    })));
    await this.panel?.webview.postMessage({ turns });
  }

  private async htmlOf(turn: Turn): Promise<string> {
    const known = this.rendered.get(turn);
    if (known !== undefined) return known;
    const done = !turn.underWay;
    const html = await htmlOfMarkdown(turn.answer);
    if (done) this.rendered.set(turn, html);
    return html;
  }
}

/** Not to be trusted: the page takes only text and its structure from it. */
async function htmlOfMarkdown(markdown: string): Promise<string> {
  try {
    const html = await commands.executeCommand('markdown.api.render', markdown);
    if (typeof html === 'string') return html;
  } catch {
    // VS Code's Markdown is turned off.
  }
  return `<pre>${markdown.replace(/&/g, '&amp;').replace(/</g, '&lt;')}</pre>`;
}

function pageOf(webview: Webview, media: Uri): string {
  const nonce = randomUUID();
  const script = webview.asWebviewUri(Uri.joinPath(media, 'ask.js')).toString();
  const style = webview.asWebviewUri(Uri.joinPath(media, 'ask.css')).toString();
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src ${webview.cspSource}`;
  const text = (label: string): string => label.replace(/[&<"]/g, (c) => `&#${c.charCodeAt(0)};`);
  const question = text(l10n.t('Ask the repository'));
  return `<!DOCTYPE html>
<html><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<link rel="stylesheet" href="${style}"></head>
<body>
<main id="turns"></main>
<form id="form">
<textarea id="question" rows="2" aria-label="${question}" placeholder="${question}"></textarea>
<button id="continue" type="submit">${text(l10n.t('Go on'))}</button>
<button id="anew" type="button">${text(l10n.t('Ask anew'))}</button>
<button id="stop" type="button" hidden>${text(l10n.t('Stop'))}</button>
</form>
<script nonce="${nonce}" src="${script}"></script>
</body></html>`;
}
