// SPDX-License-Identifier: Apache-2.0
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { chromium, type FrameLocator, type Page } from 'playwright-core';
import { CodeServer } from './code-server';
import type { Places } from './places';
import { QuickInput } from './quick-input';
import { waitFor, waitUntil } from './wait';

const browserArguments = [
  '--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
  '--force-prefers-reduced-motion',
];

/** What keeps an editor from being exact, from asking, and from calling home. */
export const quietSettings = {
  'workbench.startupEditor': 'none',
  'security.workspace.trust.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'editor.inlineSuggest.enabled': true,
  'editor.quickSuggestions': { other: 'off', comments: 'off', strings: 'off' },
  'editor.suggestOnTriggerCharacters': false,
  'editor.wordBasedSuggestions': 'off',
  'editor.parameterHints.enabled': false,
  'editor.autoClosingBrackets': 'never',
  'editor.autoClosingQuotes': 'never',
  'editor.autoIndent': 'none',
  'editor.minimap.enabled': false,
  'files.autoSave': 'off',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'chat.disableAIFeatures': true,
} as const;

/** The workbench in a browser, as a user sees it. */
export class Editor {
  /** What closeAll() ends, even if opening an editor did not get to its end. */
  private static readonly opened: { close(): Promise<void> }[] = [];

  /** Palette, files, lists, questions. */
  readonly quickInput: QuickInput;

  private constructor(readonly page: Page) {
    this.quickInput = new QuickInput(page);
  }

  static async open(places: Places, asksForTrust = false): Promise<Editor> {
    const server = await CodeServer.start(places, asksForTrust);
    Editor.opened.push({ close: () => server.stop() });
    const browser = await chromium.launch({
      executablePath: '/usr/bin/chromium', args: browserArguments,
    });
    Editor.opened.push(browser);
    const page = await browser.newPage({ viewport: { width: 1000, height: 600 } });
    page.setDefaultTimeout(90_000);
    await page.goto(server.url);
    await page.waitForSelector('.monaco-workbench');
    return new Editor(page);
  }

  static async closeAll(): Promise<void> {
    for (const part of Editor.opened.splice(0).reverse()) await part.close();
  }

  /** Opens a file of the workspace and puts the cursor at its end. */
  async openFile(name: string): Promise<void> {
    await this.quickInput.pick('Control+P', name, name);
    await this.page.waitForSelector(`.tab.active[data-resource-name="${name}"]`);
    await this.focusEnd();
  }

  /** Opens a notebook and puts the cursor into its first cell. */
  async openNotebook(name: string): Promise<void> {
    await this.quickInput.pick('Control+P', name, name);
    await this.page.locator('.notebook-editor .cell .monaco-editor .view-lines').first().click();
  }

  async focusEnd(): Promise<void> {
    await this.page.locator('.editor-instance .view-lines').first().click();
    await this.page.keyboard.press('Control+End');
  }

  /** Runs a command of the palette. */
  async run(title: string): Promise<void> {
    await this.quickInput.pick('F1', `>${title}`, title);
  }

  /** What the palette offers for a text. */
  async offered(text: string): Promise<readonly string[]> {
    return this.quickInput.offered('F1', `>${text}`);
  }

  /** What the page of an extension shows that was opened last. */
  webview(): FrameLocator {
    return this.page.locator('iframe.webview').last().contentFrame().frameLocator('#active-frame');
  }

  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text, { delay: 20 });
  }

  async press(key: string): Promise<void> {
    await this.page.keyboard.press(key);
  }

  /** The suggestion that is shown; lines after the first as VS Code draws them. */
  async ghostText(): Promise<string> {
    const texts = async (selector: string): Promise<readonly string[]> =>
      (await this.page.locator(selector).allTextContents())
        .map((text) => text.replace(/\u00a0/g, ' '));
    const first = (await texts('.monaco-editor .ghost-text-decoration')).join('');
    const more = await texts('.monaco-editor .suggest-preview-text .view-line');
    return [first, ...more].join('\n').trimEnd();
  }

  /** A suggestion that stays the same while it is looked at. */
  async anyGhostText(): Promise<string> {
    let before = '';
    let seen = 0;
    return waitFor('a suggestion', async () => {
      const now = await this.ghostText();
      seen = now !== '' && now === before ? seen + 1 : 0;
      before = now;
      return seen >= 5 ? now : undefined;
    });
  }

  async waitForGhostText(text: string): Promise<void> {
    await waitUntil(`the suggestion ${JSON.stringify(text)}`,
      async () => await this.ghostText() === text,
      async () => `shown: ${JSON.stringify(await this.ghostText())}`);
  }

  async save(): Promise<void> {
    await this.page.keyboard.press('Control+S');
  }

  async notifications(): Promise<readonly string[]> {
    return this.page.locator('.notification-toast .notification-list-item-message').allInnerTexts();
  }

  async waitForNotification(text: string): Promise<void> {
    await waitUntil(`the notification ${text}`,
      async () => (await this.notifications()).some((shown) => shown.includes(text)),
      async () => `shown: ${(await this.notifications()).join(' | ')}`);
  }

  /** What is typed before is not completed. */
  async waitUntilRuns(): Promise<void> {
    const icons = ['flame', 'circle-outline'].map((name) => `.statusbar-item .codicon-${name}`);
    await this.page.locator(icons.join(', ')).waitFor();
  }

  async statusText(): Promise<string> {
    const item = this.page.locator('.statusbar-item[id="krait.krait.krait.status"]');
    return await item.count() === 0 ? '' : (await item.innerText()).replace(/\s+/g, ' ').trim();
  }

  /** Keeps a picture where `KRAIT_TEST_SCREENSHOTS` says, if it does. */
  async screenshot(name: string): Promise<void> {
    const folder = process.env['KRAIT_TEST_SCREENSHOTS'];
    if (folder === undefined || folder === '') return;
    mkdirSync(folder, { recursive: true });
    await this.page.screenshot({ path: path.join(folder, `${name}.png`) });
  }
}
