// SPDX-License-Identifier: Apache-2.0
//
// The settings of the extension, read from and written to VS Code.
import { ConfigurationTarget, workspace } from 'vscode';
import { objectOf } from './json';
import {
  joinedLists, keptLocal, processSettings, sessionSettings, type SettingOfLevels, type SettingKey,
  type UserSettings,
} from './settings';
import type { SettingLevels, SettingUpdate } from './toggles';

const section = 'krait';

/** All that the user or the workspace set; defaults of package.json are left out. */
export function readUserSettings(): UserSettings {
  const settings: Partial<Record<SettingKey, unknown>> = {};
  for (const key of [...processSettings, ...sessionSettings]) {
    if (isSet(key)) settings[key] = workspace.getConfiguration(section).get<unknown>(key);
  }
  const disabledFiles = joinedLists(allLevelsOf('disabledFiles'));
  if (disabledFiles !== undefined) settings.disabledFiles = disabledFiles;
  const { user, project } = allLevelsOf('localOnly');
  const localOnly = keptLocal([...user, ...project]);
  if (localOnly !== undefined) settings.localOnly = localOnly;
  return settings;
}

function allLevelsOf(key: SettingKey): SettingOfLevels {
  const found = workspace.getConfiguration(section).inspect<unknown>(key);
  // Where the editor runs on another machine, a user has settings there, too; `globalValue` is
  // only one of them.
  const split = objectOf(found);
  const folders = (workspace.workspaceFolders ?? []).map(({ uri }) =>
    workspace.getConfiguration(section, uri).inspect<unknown>(key)?.workspaceFolderValue);
  return {
    user: [split['globalLocalValue'], split['globalRemoteValue'], found?.globalValue],
    project: [found?.workspaceValue, ...folders],
  };
}

function isSet(key: SettingKey): boolean {
  const found = workspace.getConfiguration(section).inspect(key);
  return [found?.globalValue, found?.workspaceValue, found?.workspaceFolderValue]
    .some((value) => value !== undefined);
}

export function isEnabled(): boolean {
  return workspace.getConfiguration(section).get<boolean>('enable', true);
}

/** Whether the status bar says what an answer took; the server has nothing to do with it. */
export function showsTiming(): boolean {
  return workspace.getConfiguration(section).get<boolean>('showTiming', false);
}

export function levelsOf<T>(key: SettingKey): SettingLevels<T> {
  const found = workspace.getConfiguration(section).inspect<T>(key);
  return { user: found?.globalValue, workspace: found?.workspaceValue };
}

export async function writeSetting<T>(key: SettingKey, update: SettingUpdate<T>): Promise<void> {
  const target = update.level === 'user'
    ? ConfigurationTarget.Global : ConfigurationTarget.Workspace;
  await workspace.getConfiguration(section).update(key, update.value, target);
}
