// SPDX-License-Identifier: Apache-2.0
//
// package.json, the strings, and the sources agree.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { translatableStrings } from '../../scripts/translatable.mjs';
import { listOf, objectOf, textOf, type JsonObject } from '../../src/json';
import { processSettings, sessionSettings, toServerSettings } from '../../src/settings';

/** Settings of a session that nobody needs to have per editor. */
const leftToConfigToml: readonly string[] = [
  'completion.menu_item', 'completion.pause_tokens', 'completion.repository_context',
];

const manifestText = readFileSync('package.json', 'utf8');
const manifest = objectOf(JSON.parse(manifestText));
const contributes = objectOf(manifest['contributes']);
const properties = new Map<string, JsonObject>(listOf(contributes['configuration'])
  .flatMap((group) => Object.entries(objectOf(objectOf(group)['properties'])))
  .map(([name, property]) => [name, objectOf(property)]));

test('every string of package.json is in package.nls.json, and no other', () => {
  const used = [...manifestText.matchAll(/"%([^"%]+)%"/g)].map((match) => match[1] ?? '');
  const known = Object.keys(objectOf(JSON.parse(readFileSync('package.nls.json', 'utf8'))));
  assert.deepEqual([...new Set(used)].sort(), known.sort());
});

test('l10n/bundle.l10n.json has the strings of the sources (npm run l10n writes it)', () => {
  const bundle = objectOf(JSON.parse(readFileSync('l10n/bundle.l10n.json', 'utf8')));
  assert.deepEqual(Object.keys(bundle).sort(), translatableStrings('src'));
});

test('every setting that is read is described, and every one described is read', () => {
  const read = [...processSettings, ...sessionSettings].map((key) => `krait.${key}`);
  // These are not the server's.
  const own = ['krait.trace.server', 'krait.showTiming'];
  const described = [...properties.keys()].filter((name) => !own.includes(name));
  assert.deepEqual(described.sort(), read.sort());
  for (const [name, property] of properties) {
    assert.match(textOf(property['markdownDescription']) ?? '', /^%.+%$/, name);
    assert.notEqual(property['default'], undefined, name);
  }
});

test('every setting of the server can be set here, or is left to config.toml', () => {
  const source = ['known_settings.cc', 'remote_settings.cc', 'settings.h']
    .map((name) => readFileSync(`../../daemon/config/${name}`, 'utf8')).join('');
  const known = [...source.matchAll(/"(completion\.\w+)"/g)].map((match) => match[1] ?? '');
  assert.ok(known.length > 10);
  const everything = Object.fromEntries(sessionSettings.map((key) => [key, true]));
  const sent = Object.keys(toServerSettings(everything).completion)
    .map((name) => `completion.${name}`);
  assert.deepEqual([...new Set(known)].sort(), [...sent, ...leftToConfigToml].sort());
});

test('a workspace cannot choose the program or its arguments', () => {
  for (const key of processSettings) {
    assert.equal(properties.get(`krait.${key}`)?.['scope'], 'machine', key);
  }
});

test('a workspace that is not trusted cannot widen what is read or logged', () => {
  const untrusted = objectOf(objectOf(manifest['capabilities'])['untrustedWorkspaces']);
  // VS Code reads the list only with this value.
  assert.equal(untrusted['supported'], 'limited');
  const restricted = listOf(untrusted['restrictedConfigurations']);
  for (const key of [
    'enable', 'languages', 'disabledFiles', 'prefixTokens', 'suffixTokens', 'trace.server',
  ]) {
    assert.ok(restricted.includes(`krait.${key}`), key);
  }
  for (const name of restricted) assert.ok(properties.has(String(name)), String(name));
});

test('every command of package.json is registered, and no other', () => {
  const registered = [...readFileSync('src/commands.ts', 'utf8').matchAll(/'(krait\.\w+)': \(/g)]
    .map((match) => match[1]);
  const described = listOf(contributes['commands']).map((item) => objectOf(item)['command']);
  assert.deepEqual(registered.sort(), described.sort());
});

test('what is accepted is accepted by a key: the palette would end the suggestion', () => {
  const palette = new Map(listOf(objectOf(contributes['menus'])['commandPalette'])
    .map((item) => [objectOf(item)['command'], objectOf(item)['when']]));
  for (const name of ['krait.accept', 'krait.acceptWord', 'krait.acceptLine']) {
    assert.equal(palette.get(name), 'false', name);
  }
  // Tab and Ctrl+Right are VS Code's own.
  const keys = listOf(contributes['keybindings']).map((item) => objectOf(item));
  assert.deepEqual(keys.map((item) => [item['command'], item['key']]),
    [['krait.acceptLine', 'ctrl+alt+right']]);
});

test('a step of the walkthrough is done when it is, not when a button was pressed', () => {
  const steps = listOf(objectOf(listOf(contributes['walkthroughs'])[0])['steps']).map(objectOf);
  const events = new Map(steps.map((step) => [step['id'], step['completionEvents']]));
  assert.deepEqual(events.get('install'), ['onContext:krait.running']);
  assert.deepEqual(events.get('complete'), ['onContext:krait.accepted']);
  const strings = objectOf(JSON.parse(readFileSync('package.nls.json', 'utf8')));
  assert.match(textOf(strings['walkthrough.install.description']) ?? '', /\.\/dev install/);
});

test('the walkthrough says what a click in the status bar does', () => {
  assert.match(readFileSync('src/status-bar.ts', 'utf8'), /item\.command = 'krait\.openMenu'/);
  assert.match(readFileSync('media/adjust.md', 'utf8'), /click on \*krait\* in the status bar opens a menu/);
});

test('commands that the menu, the messages and the walkthrough name exist', () => {
  const named = ['src/menu.ts', 'src/messages.ts', 'src/status-bar.ts', 'package.nls.json']
    .flatMap((file) => [...readFileSync(file, 'utf8')
      .matchAll(/(?:command(?:: '|:| = '))(krait\.\w+)/g)].map((match) => match[1]));
  const described = new Set(listOf(contributes['commands'])
    .map((item) => objectOf(item)['command']));
  assert.ok(named.length > 10);
  for (const name of named) assert.ok(described.has(name), name);
});

test('files that package.json and the README name exist and are small', () => {
  const media = [...manifestText.matchAll(/"(media\/[^"]+|images\/[^"]+)"/g)];
  const shown = [...readFileSync('README.md', 'utf8').matchAll(/\]\((images\/[^)]+)\)/g)];
  assert.ok(media.length >= 5 && shown.length >= 1);
  for (const [, file] of [...media, ...shown]) {
    assert.ok(file !== undefined && existsSync(file), file);
    assert.ok(statSync(file).size <= 200_000, file);
  }
});
