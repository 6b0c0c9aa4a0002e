// SPDX-License-Identifier: Apache-2.0
//
// The extension in a real VS Code, with the real krait and its default model.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { listOf, numberOf, objectOf, type JsonObject } from '../../src/json';
import { Editor, quietSettings } from './editor';
import { longPythonFile } from './long-file';
import { notebook } from './notebook';
import { Places } from './places';
import { waitFor, waitUntil } from './wait';

const krait = process.env['KRAIT_TEST_PROGRAM'] ?? '';
const places = new Places();
const longFile = longPythonFile(140, 'price');
const otherFile = longPythonFile(120, 'weight');
let editor: Editor;

function run(...args: readonly string[]): string {
  return execFileSync(krait, args, { env: places.env, encoding: 'utf8' });
}

function daemon(): JsonObject | undefined {
  try {
    return objectOf(JSON.parse(run('status', '--json')));
  } catch {
    return undefined; // none runs
  }
}

/** How the last completion of a file came about. */
function lastOf(name: string): JsonObject | undefined {
  const documents = listOf(daemon()?.['connections'])
    .flatMap((connection) => listOf(objectOf(connection)['documents'])).map(objectOf);
  const last = documents.find((document) => String(document['uri']).endsWith(`/${name}`))?.['last'];
  return last === undefined || last === null ? undefined : objectOf(last);
}

before(async () => {
  assert.ok(longFile.split('\n').length > 1000);
  places.write('prices.py', longFile);
  places.write('weights.py', otherFile);
  places.write('n.ipynb', notebook);
  places.writeSettings('User', {
    ...quietSettings,
    // Whether the model is sure is not what is tested, nor how it cuts blocks.
    'krait.minConfidence': -1000,
    'krait.length': 'line',
    'editor.fontSize': 16,
  });
  places.writeSettings('Machine', { 'krait.path': krait });
  editor = await Editor.open(places);
  await editor.openFile('prices.py');
});

after(async () => {
  await Editor.closeAll();
  run('stop');
  places.remove();
});

/** What is suggested after a text. What was hurried is answered anew as it is typed along. */
function unhurriedGhostText(name: string, text: string): Promise<string> {
  return waitFor('a suggestion that was not hurried', async () => {
    await editor.press('Escape');
    await editor.type(text);
    const ghost = await editor.anyGhostText();
    return lastOf(name)?.['hurried'] === undefined ? ghost : undefined;
  }, () => JSON.stringify(lastOf(name)));
}

// Whether it comes to be so in time.
async function within(timeoutMs: number, isSo: () => boolean): Promise<boolean> {
  const end = performance.now() + timeoutMs;
  while (!isSo()) {
    if (performance.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return true;
}

async function assertSaved(name: string, text: string): Promise<void> {
  await editor.save();
  await waitUntil(`${name} is saved`, () => places.read(name) === text,
    () => JSON.stringify(places.read(name).slice(-200)));
}

test('typing in a long file shows ghost text, and Tab accepts exactly it', async () => {
  await waitUntil('the daemon runs', () => objectOf(daemon()?.['model'])['state'] === 'ready');
  await editor.waitUntilRuns();
  // Said once, as the model that comes along runs.
  await editor.waitForNotification('krait runs the small model that comes with it.');
  await editor.run('Notifications: Clear All Notifications');
  await editor.type('    for val');
  const ghost = await editor.anyGhostText();
  assert.deepEqual(await editor.notifications(), []);
  await editor.screenshot('ghost-text');
  await editor.press('Tab');
  await assertSaved('prices.py', `${longFile}    for val${ghost}`);
});

test('typing the first letters of the ghost text keeps the rest of it', async () => {
  await editor.press('Escape');
  await editor.type('\n        if val');
  const ghost = await editor.anyGhostText();
  assert.ok(ghost.length >= 2, ghost);
  await editor.type(ghost.slice(0, 2));
  if (ghost.length > 2) await editor.waitForGhostText(ghost.slice(2));
});

test('a word is accepted, and the rest stays', async () => {
  await editor.press('Escape');
  await editor.type('\n\n\ndef price_all(values):\n    total = 0\n    for val');
  const ghost = await editor.anyGhostText();
  await editor.save();
  await waitUntil('the file is saved', () => places.read('prices.py').endsWith('0\n    for val'));
  const text = places.read('prices.py');
  await editor.press('Control+ArrowRight');
  await editor.save();
  const word = await waitFor('a word', () => {
    const now = places.read('prices.py');
    return now.length > text.length ? now.slice(text.length) : undefined;
  });
  assert.ok(word.length > 1 && ghost.startsWith(word), `${word} of ${ghost}`);
  assert.ok(places.read('prices.py').startsWith(text));
});

test('Escape dismisses', async () => {
  await editor.press('Escape');
  await editor.type('\n    total = pri');
  await editor.anyGhostText();
  await editor.press('Escape');
  await editor.waitForGhostText('');
});

test('coming back to a file is warm', async () => {
  await editor.openFile('weights.py');
  await editor.type('    for va');
  await editor.anyGhostText();
  await waitUntil('an answer in the other file', () => lastOf('weights.py') !== undefined);
  await editor.openFile('prices.py');
  await editor.type('q'); // not what is shown begins with: that would need no model
  const computed = await waitFor('an answer from a warm state', () => {
    const last = lastOf('prices.py');
    const reused = numberOf(last?.['tokens_reused']) ?? 0;
    return reused > 500 ? numberOf(last?.['tokens_computed']) : undefined;
  }, () => JSON.stringify(lastOf('prices.py')));
  assert.ok(computed < 64, `${computed} tokens were computed`);
});

test('the status page has what the daemon says', async () => {
  await editor.run('krait: Show Status');
  const preview = editor.webview();
  const value = async (name: string): Promise<string> => preview
    .locator('tr', { has: preview.locator('td', { hasText: name }) })
    .locator('td').nth(1).innerText();
  await preview.locator('td', { hasText: 'known from before' }).first().waitFor();
  assert.equal(await value('process'), String(daemon()?.['pid']));
  assert.match(await value('memory'), /iB of .*iB/);
  // Tab and Ctrl+Right of the tests above, which the server tells apart by itself.
  assert.match(await value('accepted'), /^[2-9] of \d+ shown$/);
  await editor.screenshot('status');
  await editor.run('View: Close Editor');
});

test('the explanation of what is typed along is that of the suggestion', async () => {
  await editor.openFile('prices.py');
  // On a slow machine the letter may come before the suggestion is the last answer.
  const ghost = await waitFor('a suggestion that is typed along', async () => {
    const shown = await unhurriedGhostText('prices.py', '\n    for val');
    await editor.type(shown.slice(0, 1));
    await editor.waitForGhostText(shown.slice(1));
    return await within(5_000, () => lastOf('prices.py')?.['typed_through'] === true)
      ? shown : undefined;
  }, () => JSON.stringify(lastOf('prices.py')));
  const typed = ghost.slice(0, 1);
  await editor.run('krait: Why Is Nothing Suggested?');
  await editor.page.locator('.notification-toast .monaco-button', { hasText: 'Details' }).click();
  const preview = editor.webview();
  // More of it was typed where an answer for an earlier letter is still what is shown.
  const alongTo = new RegExp(`you have typed: ".*${typed}"$`);
  await preview.locator('p', { hasText: alongTo }).waitFor();
  await preview.locator('code', { hasText: ghost }).waitFor();
  await preview.locator('td', { hasText: /^[1-9]\d* tokens$/ }).first().waitFor();
  await editor.screenshot('why');
  await editor.run('View: Close Editor');
});

test('a cell of a notebook is completed', async () => {
  await editor.openNotebook('n.ipynb');
  await editor.press('Control+A');
  await editor.type('import os\nfor name in os.');
  await editor.anyGhostText();
  await editor.screenshot('notebook');
  await editor.run('File: Revert File');
  await editor.run('View: Close Editor');
});

test('when the daemon is killed, completions come back', async () => {
  const pid = numberOf(daemon()?.['pid']);
  assert.ok(pid !== undefined);
  await editor.openFile('prices.py');
  await editor.press('Escape');
  process.kill(pid, 'SIGKILL');
  await waitUntil('another daemon', () => {
    const now = numberOf(daemon()?.['pid']);
    return now !== undefined && now !== pid;
  });
  await editor.type('\n    for value in va');
  await editor.anyGhostText();
  await editor.screenshot('after-kill');
  await editor.press('Escape');
  await editor.waitForGhostText('');
  const ending = '\n    for value in va';
  await editor.save();
  await waitUntil('nothing typed was lost', () => places.read('prices.py').endsWith(ending));
});
