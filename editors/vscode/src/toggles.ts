// SPDX-License-Identifier: Apache-2.0
//
// Turning completion off and on, for all files or for a language: what to write into the settings.

/** A setting at the levels at which it can be set; undefined: not set there. */
export interface SettingLevels<T> {
  readonly user: T | undefined;
  readonly workspace: T | undefined;
}

export interface SettingUpdate<T> {
  readonly level: keyof SettingLevels<T>;
  readonly value: T;
}

export type Languages = Readonly<Record<string, boolean>>;

/** Written where it takes effect: what the workspace sets hides what the user sets. */
export function toggledEnable(levels: SettingLevels<boolean>): SettingUpdate<boolean> {
  const now = levels.workspace ?? levels.user ?? true;
  return { level: levels.workspace === undefined ? 'user' : 'workspace', value: !now };
}

/** `byItself`: whether the server completes it if no setting says; it knows what its model can. */
export function isLanguageEnabled(
  levels: SettingLevels<Languages>, language: string, byItself: boolean,
): boolean {
  const merged = { ...levels.user, ...levels.workspace };
  return merged[language] ?? merged['*'] ?? byItself;
}

export function toggledLanguage(
  levels: SettingLevels<Languages>, language: string, byItself: boolean,
): SettingUpdate<Languages> {
  const level = levels.workspace?.[language] === undefined ? 'user' : 'workspace';
  const value = { ...levels[level], [language]: !isLanguageEnabled(levels, language, byItself) };
  return { level, value };
}
