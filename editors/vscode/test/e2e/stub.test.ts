// SPDX-License-Identifier: Apache-2.0
//
// The extension in a real VS Code, with a server that says exactly what the test wants.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { listOf, objectOf } from '../../src/json';
import { Editor, quietSettings } from './editor';
import { notebook } from './notebook';
import { Places } from './places';
import { StubServer, type Script } from './stub';
import { waitFor, waitUntil } from './wait';

const line = 'return first + second  # the sum of both';
const block = 'for item in items:\n    total += item\n    count += 1';
const script: Script = {
  completions: [line, block, 'suggested = 1', 'many = one', 'many = two', 'many = three'],
  explanation: {
    plan: 'spm', tokens_reused: 950, tokens_computed: 1, mean_logprob: -2.5, ms: { prefill: 2 },
    suppressed_by: 'the model is not sure enough',
  },
  status: {
    busy: false, kind: 'Normal', message: '', krait: {
      model: 'a stub', warm: true, ms: 12.4, tokens_reused: 950, tokens_computed: 1,
    },
  },
  requests: ['krait/explain', 'krait/status'],
};

const places = new Places();
const stub = new StubServer(places, script);
let editor: Editor;

// The settings of the machine, because only these are read again when their file changes.
function configure(settings: object, program: string = stub.program): void {
  places.writeSettings('Machine', { ...settings, 'krait.path': program });
}

/** The session's settings that reached the server last. */
function completionSettings(): unknown {
  const params = stub.received('workspace/didChangeConfiguration').at(-1);
  return objectOf(objectOf(params?.['settings'])['krait'])['completion'];
}

async function waitForSettings(wanted: object): Promise<void> {
  await stub.waitForMessage('workspace/didChangeConfiguration', () => {
    try {
      assert.deepEqual(completionSettings(), wanted);
      return true;
    } catch {
      return false;
    }
  });
}

before(async () => {
  places.write('a.py', 'first = 1\n');
  places.write('b.py', 'second = 2\nthird = 3');
  places.write('n.ipynb', notebook);
  places.writeSettings('User', quietSettings);
  configure({ 'krait.length': 'block', 'krait.trigger': 'onDemand' });
  editor = await Editor.open(places);
  await editor.openFile('a.py');
});

after(async () => {
  await Editor.closeAll();
  places.remove();
});

/** What the server was told to be shown. */
function shownIds(): readonly unknown[] {
  return stub.received('textDocument/didShowCompletion')
    .flatMap((params) => listOf(objectOf(objectOf(params['item'])['command'])['arguments']));
}

/** Begins with the text on an empty line of a.py. */
async function begin(text: string): Promise<void> {
  await editor.waitUntilRuns();
  await editor.openFile('a.py');
  await editor.press('Escape');
  await editor.press('Control+A');
  await editor.type(text);
}

async function assertSaved(name: string, text: string): Promise<void> {
  await waitUntil(`${name} is saved`, async () => {
    await editor.save(); // again: a command of the extension takes its time
    return places.read(name) === text;
  }, () => JSON.stringify(places.read(name)));
}

test('introduces itself, and sends the settings by the names of krait', async () => {
  const initialize = await stub.waitForMessage('initialize', () => true);
  const options = objectOf(initialize['initializationOptions']);
  assert.equal(objectOf(options['editorPluginInfo'])['name'], 'krait-vscode');
  assert.notEqual(objectOf(options['editorInfo'])['version'], undefined);
  await waitForSettings({ extent: 'block', trigger: 'on_demand' });
  const pulled = await waitFor('the settings that the server asked for', () =>
    stub.messages().find((message) => message['id'] === 'settings'));
  assert.deepEqual(pulled['result'],
    [{ completion: { extent: 'block', trigger: 'on_demand' } }]);
  configure({ 'krait.maxLines': 3 });
  await waitForSettings({ max_lines: 3 });
  for (const params of stub.received('workspace/didChangeConfiguration')) {
    const names = Object.keys(objectOf(objectOf(params['settings'])['krait']));
    assert.deepEqual(names, ['completion']);
  }
  configure({});
  await waitForSettings({});
});

test('the status bar shows that the server is warm', async () => {
  await editor.waitUntilRuns();
  await waitUntil('krait in the status bar', async () => await editor.statusText() === 'krait',
    () => editor.statusText());
  assert.equal(await editor.page.locator('.statusbar-item .codicon-flame').count(), 1);
});

test('Tab accepts exactly the suggestion, and its command reaches the server', async () => {
  await begin('ret');
  await editor.waitForGhostText(line.slice(3));
  await editor.screenshot('stub-ghost');
  await editor.press('Tab');
  await assertSaved('a.py', line);
  const accepted = await stub.waitForMessage('workspace/executeCommand', () => true);
  assert.equal(accepted['command'], 'krait.didAcceptCompletionItem');
  assert.deepEqual(accepted['arguments'], [`id of ${line}`]);
  const shown = await stub.waitForMessage('textDocument/didShowCompletion', () => true);
  assert.deepEqual(objectOf(objectOf(shown['item'])['command'])['arguments'], [`id of ${line}`]);
});

test('a word is accepted, and the server sees it as a change', async () => {
  await begin('ret');
  await editor.waitForGhostText(line.slice(3));
  const commands = stub.received('workspace/executeCommand').length;
  await editor.press('Control+ArrowRight');
  await editor.waitForGhostText(line.slice('return'.length));
  await assertSaved('a.py', 'return');
  await waitUntil('the word at the server', () => stub.insertions().includes('urn'));
  assert.equal(stub.received('workspace/executeCommand').length, commands);
  await editor.press('Tab');
  await assertSaved('a.py', line);
});

test('a line of a block is accepted by its key', async () => {
  await begin('for it');
  await editor.waitForGhostText(block.slice('for it'.length));
  await editor.screenshot('stub-block');
  await editor.press('Control+Alt+ArrowRight');
  await assertSaved('a.py', 'for item in items:\n');
});

test('one of several is chosen, and the server learns which', async () => {
  await begin('man');
  await editor.waitForGhostText('y = one');
  await editor.press('Alt+]');
  await editor.waitForGhostText('y = two');
  await editor.press('Alt+]');
  await editor.waitForGhostText('y = three');
  await editor.press('Alt+[');
  await editor.waitForGhostText('y = two');
  await editor.press('Tab');
  await assertSaved('a.py', 'many = two');
  await stub.waitForMessage('workspace/executeCommand', (params) =>
    listOf(params['arguments']).includes('id of many = two'));
});

test('cells of a notebook are completed', async () => {
  await editor.openNotebook('n.ipynb');
  await editor.press('Control+A');
  await editor.type('ret');
  await editor.waitForGhostText(line.slice(3));
  await editor.screenshot('stub-notebook');
  const asked = stub.received('textDocument/inlineCompletion').at(-1);
  assert.match(String(objectOf(asked?.['textDocument'])['uri']), /^vscode-notebook-cell:.*n\.ipynb/);
  await editor.run('krait: Why Is Nothing Suggested?');
  await editor.waitForNotification('Nothing was shown: the model is not sure enough.');
  await editor.run('Notifications: Clear All Notifications');
  await editor.run('File: Revert File');
  await editor.run('View: Close Editor');
});

test('Escape dismisses', async () => {
  await begin('ret');
  await editor.waitForGhostText(line.slice(3));
  await editor.press('Escape');
  await editor.waitForGhostText('');
  await assertSaved('a.py', 'ret');
});

test('typing what is suggested keeps the rest of it', async () => {
  await begin('ret');
  await editor.waitForGhostText(line.slice(3));
  await editor.type('urn fir');
  await editor.waitForGhostText(line.slice('return fir'.length));
  await editor.type('X');
  await editor.waitForGhostText('');
});

test('a change of file tells the server where the user looks', async () => {
  await editor.openFile('b.py');
  const focus = await stub.waitForMessage('textDocument/didFocus', (params) =>
    String(objectOf(params['textDocument'])['uri']).endsWith('/b.py'));
  assert.notEqual(objectOf(focus['position'])['line'], undefined);
});

test('subtle: the status bar announces what a trigger shows', async () => {
  configure({ 'krait.trigger': 'subtle' });
  await waitForSettings({ trigger: 'automatic' });
  await begin('sugg');
  await waitUntil('the announcement',
    async () => await editor.statusText() === 'krait: suggestion ready', () => editor.statusText());
  assert.equal(await editor.ghostText(), '');
  assert.ok(!shownIds().includes('id of suggested = 1'));
  await editor.screenshot('stub-subtle');
  await editor.run('krait: Trigger Completion');
  await editor.waitForGhostText('ested = 1');
  await waitUntil('the report', () => shownIds().includes('id of suggested = 1'));
  await editor.press('Tab');
  await assertSaved('a.py', 'suggested = 1');
  configure({});
  await waitForSettings({});
});

test('says why nothing is suggested', async () => {
  await editor.openFile('a.py');
  await editor.run('krait: Why Is Nothing Suggested?');
  await editor.waitForNotification('Nothing was shown: the model is not sure enough.');
  await editor.page.locator('.notification-toast .monaco-button', { hasText: 'Details' }).click();
  const preview = editor.webview();
  await preview.locator('td', { hasText: '950 tokens' }).waitFor();
  await preview.locator('td', { hasText: '8 % for each token on average' }).waitFor();
  await editor.screenshot('stub-why');
  await editor.run('View: Close Editor');
});

test('turning a language off writes it into the settings', async () => {
  await editor.openFile('a.py');
  await editor.run('krait: Turn Completion On or Off for This Language');
  await waitForSettings({ languages: { python: false } });
  await editor.run('krait: Turn Completion On or Off for This Language');
  await waitForSettings({ languages: { python: true } });
});

test('the menu of the status bar', async () => {
  await editor.page.locator('.statusbar-item[id="krait.krait.krait.status"]').click();
  const rows = editor.page.locator('.quick-input-list .monaco-list-row');
  await rows.first().waitFor();
  const texts = (await rows.allInnerTexts()).join('\n');
  for (const text of ['Turn off', 'Turn off for python', 'Why is nothing', 'Restart', 'Settings']) {
    assert.ok(texts.includes(text), `${text} in ${texts}`);
  }
  await editor.screenshot('stub-menu');
  await editor.quickInput.close();
});

test('silence for some minutes, which the menu ends', async () => {
  await editor.openFile('a.py');
  await editor.run('krait: Be Silent for Some Minutes');
  const rows = editor.page.locator('.quick-input-list .monaco-list-row');
  await rows.filter({ hasText: '10 minutes' }).click();
  await waitUntil('the server is told', () => objectOf(completionSettings())['enabled'] === false);
  await editor.page.locator('.statusbar-item .codicon-bell-slash').waitFor();
  await editor.run('krait: Why Is Nothing Suggested?');
  await editor.waitForNotification('krait is silent until');
  await editor.page.locator('.notification-toast .monaco-button', { hasText: 'Suggest again' })
    .click();
  await waitUntil('the server is told', () => objectOf(completionSettings())['enabled'] === undefined);
  await editor.waitUntilRuns();
});

test('what the last answer took stands in the status bar, if that is wanted', async () => {
  configure({ 'krait.showTiming': true });
  await waitUntil('the numbers', async () => await editor.statusText() === 'krait 12 ms, 950+1 tokens',
    () => editor.statusText());
  configure({});
  await waitUntil('the name alone', async () => await editor.statusText() === 'krait');
});

test('an engine elsewhere that does not answer is told of once, and stands in the status bar', async () => {
  const why = 'completions come from krait\'s own model until https://there answers again: HTTP 500';
  const warning = editor.page
    .locator('.statusbar-item[id="krait.krait.krait.status"] .codicon-warning');
  await editor.run('Notifications: Clear All Notifications');
  stub.say('window/showMessage', { type: 2, message: why });
  await editor.waitForNotification(why);
  stub.say('didChangeStatus', { ...script.status, kind: 'Warning', message: why });
  await warning.waitFor();
  await editor.screenshot('stub-engine-elsewhere');
  await editor.run('Notifications: Clear All Notifications');
  stub.say('window/showMessage', { type: 3, message: 'https://there answers again, and completes' });
  await editor.waitForNotification('https://there answers again, and completes');
  stub.say('didChangeStatus', script.status);
  await editor.waitUntilRuns();
  await editor.run('Notifications: Clear All Notifications');
});

test('the doctor\'s findings are in the output', async () => {
  await editor.run('krait: Check This Machine (krait doctor)');
  await editor.page.locator('.panel .view-line', { hasText: 'stub doctor []' }).waitFor();
  await editor.run('View: Hide Panel');
});

test('the repository can be asked only where the server answers that', async () => {
  assert.ok(!(await editor.offered('krait: Ask')).some((row) => row.includes('Ask the Repo')));
  stub.play({ ...script, requests: [...script.requests, 'krait/ask'] });
  await editor.run('krait: Restart');
  await waitUntil('the command', async () =>
    (await editor.offered('krait: Ask')).some((row) => row.includes('Ask the Repo')));
  await editor.run('krait: Ask the Repository');
  await editor.quickInput.answer('Ask the repository', 'Where is it?');
  const panel = editor.webview();
  await panel.locator('.answer', { hasText: 'You asked: Where is it? after []' }).waitFor();
  assert.equal(await panel.locator('.answer strong').innerText(), 'Where is it?');
  assert.equal(await panel.locator('.answer img').count(), 0, 'only text and its structure');
  await editor.screenshot('ask');
});

test('a question goes on in the panel, its places open, and it can be stopped', async () => {
  const panel = editor.webview();
  await panel.locator('#question').fill('And then?');
  await panel.locator('#question').press('Enter');
  await panel.locator('.continues .answer', { hasText: 'And then? after [Where is it?]' }).waitFor();
  await panel.locator('#question').fill('endless');
  await panel.locator('#anew').click();
  await panel.locator('.answer', { hasText: 'Well, let me see' }).waitFor();
  await panel.locator('#stop').click();
  await panel.locator('.note', { hasText: 'stopped' }).waitFor();
  assert.equal(await panel.locator('section').count(), 3, 'the history stays');
  assert.equal(stub.received('krait/ask').at(-1)?.['earlier'], undefined);
  await panel.locator('.place', { hasText: 'b.py:2' }).first().click();
  await editor.page.waitForSelector('.tab.active[data-resource-name="b.py"]');
  await editor.run('View: Close All Editor Groups');
});

test('a server that ends is started again, and the user is told once', async () => {
  const starts = stub.starts();
  await editor.run('Notifications: Clear All Notifications');
  stub.crash();
  await editor.waitForNotification('krait ended unexpectedly and is started again.');
  await waitUntil('the first restart', () => stub.starts() === starts + 1);
  await waitUntil('it runs', () => stub.received('initialized').length === stub.starts());
  await editor.run('Notifications: Clear All Notifications');
  stub.crash();
  await waitUntil('the second restart', () => stub.starts() === starts + 2
    && stub.received('initialized').length === stub.starts());
  await begin('ret');
  await editor.waitForGhostText(line.slice(3));
  assert.deepEqual(await editor.notifications(), []);
});

test('a missing program is told with what to do, and found once it is there', async () => {
  configure({}, '/nowhere/krait');
  await editor.waitForNotification('krait.path is set to /nowhere/krait');
  const buttons = await editor.page.locator('.notification-toast .monaco-button').allInnerTexts();
  assert.deepEqual(buttons.map((button) => button.trim()),
    ['How to install', 'Settings', 'Try again']);
  await editor.screenshot('stub-missing');
  // Trying is not having: the step is not ticked by that.
  await editor.run('krait: Check This Machine (krait doctor)');
  await editor.run('Notifications: Clear All Notifications');
  await editor.openFile('a.py');
  await editor.run('krait: Why Is Nothing Suggested?');
  await editor.waitForNotification('The program krait was not found.');
  await editor.page.locator('.notification-toast .monaco-button', { hasText: 'How to' })
    .first().click();
  const step = editor.page.locator('.gettingStartedContainer .getting-started-step.expanded');
  await step.filter({ hasText: './dev install' }).waitFor();
  assert.equal(await step.locator('.codicon-getting-started-step-checked.complete').count(), 0);
  await editor.screenshot('stub-walkthrough');
  await editor.page.locator('.statusbar-item[id="krait.krait.krait.status"]').click();
  const rows = editor.page.locator('.quick-input-list .monaco-list-row');
  await rows.filter({ hasText: 'Install krait' }).waitFor();
  await editor.screenshot('stub-missing-menu');
  await editor.quickInput.close();
  configure({});
  await begin('ret');
  await editor.waitForGhostText(line.slice(3));
});

test('the page of the extension has no broken picture', async () => {
  await editor.run('Extensions: Show Installed Extensions');
  await editor.page.locator('.extension-list-item', { hasText: 'krait' }).first().click();
  const page = editor.webview();
  await page.locator('h1', { hasText: 'krait for VS Code' }).waitFor();
  assert.equal(await page.locator('img').count(), 0);
  await editor.screenshot('stub-extension-page');
});
