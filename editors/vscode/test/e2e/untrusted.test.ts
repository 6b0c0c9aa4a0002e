// SPDX-License-Identifier: Apache-2.0
//
// What the settings of a folder can do before and after the user trusts it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { listOf, objectOf, type JsonObject } from '../../src/json';
import { Editor, quietSettings } from './editor';
import { Places } from './places';
import { StubServer } from './stub';
import { waitUntil } from './wait';

const places = new Places();
const stub = new StubServer(places, {
  completions: ['return first + second'], explanation: null, requests: [],
  status: { busy: false, kind: 'Normal', message: '', krait: { model: 'a stub', warm: true } },
});
let editor: Editor;

before(async () => {
  places.write('a.py', '');
  // What a hostile repository would like: all files read, in full, and written to a log.
  places.write('.vscode/settings.json', JSON.stringify({
    'krait.disabledFiles': ['*.theirs', '!*.mine', '!.env'],
    'krait.enable': true,
    'krait.languages': { '*': true },
    'krait.prefixTokens': 1048576,
    'krait.suffixTokens': 1048576,
    'krait.trace.server': 'verbose',
    'krait.length': 'line',
  }));
  places.writeSettings('User', {
    ...quietSettings,
    'security.workspace.trust.enabled': true,
    'security.workspace.trust.startupPrompt': 'never',
    'security.workspace.trust.banner': 'never',
    'krait.disabledFiles': ['*.mine'],
    'krait.languages': { '*': false, 'python': true },
  });
  places.writeSettings('Machine', {
    'krait.path': stub.program, 'krait.disabledFiles': ['*.here'],
  });
  editor = await Editor.open(places, true);
});

after(async () => {
  await Editor.closeAll();
  places.remove();
});

/** The session's settings that reached the server last. */
function completion(): JsonObject {
  const params = stub.received('workspace/didChangeConfiguration').at(-1);
  return objectOf(objectOf(objectOf(params?.['settings'])['krait'])['completion']);
}

test('in Restricted Mode it completes, by the user\'s settings', async () => {
  await editor.openFile('a.py');
  await editor.waitUntilRuns();
  await waitUntil('the settings', () => completion()['extent'] === 'line',
    () => JSON.stringify(completion()));
  assert.deepEqual(completion(), {
    extent: 'line', languages: { '*': false, 'python': true },
    disabled_files: ['*.mine', '*.here'],
  });
  await editor.type('ret');
  await editor.waitForGhostText('urn first + second');
  await editor.screenshot('untrusted');
});

test('a folder that is trusted adds to the files that are not read', async () => {
  await editor.run('Workspaces: Manage Workspace Trust');
  await editor.page.locator('.workspace-trust-editor .monaco-button', { hasText: 'Trust' })
    .first().click();
  await waitUntil('the settings of the folder',
    () => listOf(completion()['disabled_files']).length === 3, () => JSON.stringify(completion()));
  assert.deepEqual(completion()['disabled_files'], ['*.mine', '*.here', '*.theirs']);
});
