// SPDX-License-Identifier: Apache-2.0
//
// From the settings of VS Code to those of krait: to names of `config.toml` for a session, to
// options of the command line for the process. What the user did not set is not sent, so that
// `config.toml` and krait's own defaults hold. Values are checked by the server, which names what
// is wrong with one.

/** A setting without its prefix `krait.`. */
export type SettingKey =
  | 'path' | 'model' | 'threads' | 'memory'
  | 'enable' | 'languages' | 'disabledFiles' | 'trigger' | 'debounce' | 'prefetch'
  | 'length' | 'maxTokens' | 'maxLines' | 'fileMemory' | 'repositoryMemory' | 'localOnly'
  | 'minConfidence'
  | 'prefixTokens' | 'suffixTokens'
  | 'temperature' | 'topK' | 'topP' | 'minP' | 'repetitionPenalty';

/** What the user set, of any type: a settings file is written by hand. */
export type UserSettings = Readonly<Partial<Record<SettingKey, unknown>>>;

export type Trigger = 'automatic' | 'onDemand' | 'subtle';

/** Read before the process is started; a change of one needs another process. */
export const processSettings = ['path', 'model', 'threads', 'memory'] as const;

/** krait's names of a session's settings, all in the section `completion`. */
const completionNames: Readonly<Partial<Record<SettingKey, string>>> = {
  enable: 'enabled',
  languages: 'languages',
  disabledFiles: 'disabled_files',
  trigger: 'trigger',
  debounce: 'debounce_ms',
  prefetch: 'prefetch',
  length: 'extent',
  maxTokens: 'max_tokens',
  maxLines: 'max_lines',
  fileMemory: 'file_memory',
  repositoryMemory: 'repository_memory',
  localOnly: 'local_only',
  minConfidence: 'min_confidence',
  prefixTokens: 'prefix_tokens',
  suffixTokens: 'suffix_tokens',
  temperature: 'temperature',
  topK: 'top_k',
  topP: 'top_p',
  minP: 'min_p',
  repetitionPenalty: 'repetition_penalty',
};

/**
 * Whether nothing is sent to an engine elsewhere: at whatever level that is set, no other takes it
 * back. What is no boolean is passed on, as the server says what is wrong; undefined if no level
 * has it.
 */
export function keptLocal(levels: readonly unknown[]): unknown {
  const set = levels.filter((level) => level !== undefined && level !== null);
  return set.find((level) => level !== false) ?? set[0];
}

/** A setting's values at all levels that may have one. */
export interface SettingOfLevels {
  readonly user: readonly unknown[];
  /** Of the workspace and its folders. */
  readonly project: readonly unknown[];
}

/**
 * Lists of globs of files that are not read, as one list: a level can add to what krait must not read. Only the user can allow
 * something (`!example.env`): a project takes nothing away, nor does the user from what a project
 * forbids, as the last glob that matches decides. A text by itself is a list of one; undefined if
 * no level has any.
 */
export function joinedLists(levels: SettingOfLevels): readonly unknown[] | undefined {
  const isSet = (level: unknown): boolean => level !== undefined && level !== null;
  const user = levels.user.filter(isSet);
  const project = levels.project.filter(isSet);
  if (user.length + project.length === 0) return undefined;
  const forbidding = project.flat()
    .filter((glob) => typeof glob !== 'string' || !glob.startsWith('!'));
  const allowed = user.flat().filter((glob) => !forbidding.includes(glob));
  return [...new Set(allowed), ...new Set(forbidding)];
}

export const sessionSettings = Object.keys(completionNames) as readonly SettingKey[];

// `subtle` differs only in what is drawn: the server is asked as always.
const triggerValues: Readonly<Record<string, string>> = {
  onDemand: 'on_demand',
  subtle: 'automatic',
};

export interface ServerSettings {
  readonly completion: Readonly<Record<string, unknown>>;
}

/** The section `krait` of `workspace/didChangeConfiguration` and `workspace/configuration`. */
export function toServerSettings(user: UserSettings): ServerSettings {
  const completion: Record<string, unknown> = {};
  for (const key of sessionSettings) {
    const name = completionNames[key];
    const value = user[key];
    if (name === undefined || value === undefined || value === null) continue;
    completion[name] = key === 'trigger' ? triggerValue(value) : value;
  }
  return { completion };
}

function triggerValue(value: unknown): unknown {
  return typeof value === 'string' ? (triggerValues[value] ?? value) : value;
}

export function triggerOf(user: UserSettings): Trigger {
  const trigger = user.trigger;
  return trigger === 'onDemand' || trigger === 'subtle' ? trigger : 'automatic';
}

/** The arguments of `krait lsp`. */
export function toArguments(user: UserSettings): readonly string[] {
  const state = textSetting(user.memory);
  return ['lsp', ...modelArguments(user), ...(state === undefined ? [] : ['--state-bytes', state])];
}

/** The arguments of `krait doctor`, which checks what `krait lsp` would run. */
export function toDoctorArguments(user: UserSettings): readonly string[] {
  return ['doctor', ...modelArguments(user)];
}

function modelArguments(user: UserSettings): readonly string[] {
  const model = textSetting(user.model);
  const threads = user.threads;
  const isCount = typeof threads === 'number' && Number.isInteger(threads) && threads >= 0;
  return [
    ...(model === undefined ? [] : ['--model', model]),
    ...(isCount ? ['--threads', String(threads)] : []),
  ];
}

// A value that begins with a dash would be read as an option of its own.
function textSetting(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  return text === '' || text.startsWith('-') ? undefined : text;
}
