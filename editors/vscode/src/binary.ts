// SPDX-License-Identifier: Apache-2.0
//
// Where the program `krait` is: the setting, else the one in the extension, else on the PATH, else
// where `./dev install` puts it.
import * as path from 'node:path';

export interface BinarySearch {
  /** `krait.path`; absolute, or beginning with `~/`. */
  readonly setting: string | undefined;
  readonly extensionFolder: string;
  /** The variable `PATH`. */
  readonly searchPath: string;
  readonly home: string;
  readonly isExecutable: (file: string) => boolean;
}

export type BinaryResult =
  | { readonly kind: 'found'; readonly file: string }
  /** `krait.path` names something else than a program; nothing else is tried. */
  | { readonly kind: 'wrong-setting'; readonly file: string }
  | { readonly kind: 'missing'; readonly looked: readonly string[] };

const programName = process.platform === 'win32' ? 'krait.exe' : 'krait';

export function findBinary(search: BinarySearch): BinaryResult {
  const setting = search.setting?.trim();
  if (setting !== undefined && setting !== '') {
    const file = setting.startsWith('~/') ? path.join(search.home, setting.slice(2)) : setting;
    // A relative path would depend on the folder that happens to be open.
    const usable = path.isAbsolute(file) && search.isExecutable(file);
    return { kind: usable ? 'found' : 'wrong-setting', file };
  }
  const looked = candidates(search);
  const file = looked.find(search.isExecutable);
  return file === undefined ? { kind: 'missing', looked } : { kind: 'found', file };
}

function candidates(search: BinarySearch): readonly string[] {
  const folders = [
    path.join(search.extensionFolder, 'bin'),
    // Relative entries mean the folder that happens to be open: not to be trusted.
    ...search.searchPath.split(path.delimiter).filter((folder) => path.isAbsolute(folder)),
    path.join(search.home, '.local', 'bin'),
  ];
  return [...new Set(folders.map((folder) => path.join(folder, programName)))];
}
