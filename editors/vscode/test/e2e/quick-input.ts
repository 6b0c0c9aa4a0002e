// SPDX-License-Identifier: Apache-2.0
import type { Locator, Page } from 'playwright-core';
import { waitUntil } from './wait';

/** How long a try may take; what closes on its way takes no more of it. */
const tryMs = 1000;
/** How long what has just opened may take to look at its text. */
const lookMs = 3000;

/**
 * The box at the top of the workbench: palette, files, lists, questions. It is one element for all
 * of them, and what an earlier one leaves may still be there, fading, when the next is wanted. So
 * every step is tried until its effect is seen.
 */
export class QuickInput {
  private readonly box: Locator;
  private readonly input: Locator;
  private readonly rows: Locator;

  constructor(private readonly page: Page) {
    this.box = page.locator('.quick-input-widget');
    this.input = this.box.locator('input').first();
    this.rows = this.box.locator('.quick-input-list .monaco-list-row');
  }

  /** Opens it with a key, types a text and takes the first row that has `row`. */
  async pick(key: string, text: string, row: string): Promise<void> {
    const wanted = this.rows.filter({ hasText: row }).first();
    const offers = this.asking(key, text, wanted);
    await waitUntil(`${row} among what ${key} offers`, async () => await offers()
      && wanted.click({ timeout: tryMs }).then(() => true, () => false));
    await waitUntil(`${row} is taken`, async () => !await this.shows(text));
  }

  /** What it offers for a text. */
  async offered(key: string, text: string): Promise<readonly string[]> {
    await waitUntil(`what ${key} offers for ${text}`, this.asking(key, text, this.rows.first()));
    const texts = await this.rows.allInnerTexts();
    await this.close();
    return texts;
  }

  /** Answers a question that an extension asks. */
  async answer(question: string, text: string): Promise<void> {
    const asked = this.box.filter({ hasText: question });
    await waitUntil(`the question ${question}`, async () =>
      await asked.isVisible() && await this.fill(text));
    await this.page.keyboard.press('Enter');
  }

  async close(): Promise<void> {
    await waitUntil('the box at the top is closed', async () => {
      if (!await this.box.isVisible()) return true;
      await this.page.keyboard.press('Escape');
      return false;
    });
  }

  /** Tries to open it with a key and to type a text; true once what is wanted is offered. */
  private asking(key: string, text: string, wanted: Locator): () => Promise<boolean> {
    let filledAt = -Infinity;
    return async () => {
      if (!await this.input.isVisible()) await this.page.keyboard.press(key);
      // What has just opened may empty its input, or not look at it.
      const looked = performance.now() - filledAt < lookMs;
      if (!looked || !await this.shows(text)) {
        if (!await this.fill('') || !await this.fill(text)) return false;
        filledAt = performance.now();
      }
      return wanted.isVisible();
    };
  }

  private async fill(text: string): Promise<boolean> {
    return this.input.fill(text, { timeout: tryMs }).then(() => true, () => false);
  }

  private async shows(text: string): Promise<boolean> {
    return await this.input.isVisible()
      && await this.input.inputValue({ timeout: tryMs }).catch(() => '') === text;
  }
}
