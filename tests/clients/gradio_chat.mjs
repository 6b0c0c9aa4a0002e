// SPDX-License-Identifier: Apache-2.0
//
// Asks a Gradio page something in Chromium and prints the answer: gradio_chat.mjs URL QUESTION
import { chromium } from 'playwright-core';

const [url, question] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--disable-background-networking'],
});
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(90_000);
  // Fonts and counters of the web, which a machine without one waits for.
  await page.route((address) => address.hostname !== '127.0.0.1', (route) => route.abort());
  await page.goto(url);
  await page.getByLabel('Message').fill(question);
  await page.getByRole('button', { name: 'Submit' }).click();
  const answer = page.locator('#answer').filter({ hasText: /\w{2}/ });
  await answer.waitFor();
  await page.locator('#answer .pending, #answer .generating').waitFor({ state: 'detached' });
  console.log((await answer.innerText()).trim());
} finally {
  await browser.close();
}
