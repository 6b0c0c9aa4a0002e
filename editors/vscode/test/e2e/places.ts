// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Folders of a user of their own, so that tests meet no other daemon and no other settings. */
export class Places {
  // Short: sockets live in there.
  readonly root = mkdtempSync('/tmp/krait-vscode-');
  readonly home = this.folder('home');
  readonly workspace = this.folder('workspace');
  readonly userData = this.folder('code');
  readonly extensions = this.folder('extensions');
  readonly stub = this.folder('stub');
  readonly env: NodeJS.ProcessEnv = {
    PATH: process.env['PATH'],
    LANG: 'C.UTF-8',
    HOME: this.home,
    XDG_RUNTIME_DIR: this.folder('run'),
    XDG_STATE_HOME: this.folder('state'),
    XDG_CONFIG_HOME: this.folder('config'),
    XDG_DATA_HOME: this.folder('data'),
    XDG_CACHE_HOME: this.folder('cache'),
    KRAIT_STUB: this.stub,
  };

  folder(name: string): string {
    const folder = path.join(this.root, name);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return folder;
  }

  /** VS Code keeps settings of the user apart from those of the machine. */
  writeSettings(whose: 'User' | 'Machine', settings: object): void {
    const file = path.join(this.folder(path.join('code', whose)), 'settings.json');
    writeFileSync(file, JSON.stringify(settings, null, 2));
  }

  /** Writes a file of the workspace. */
  write(name: string, text: string): void {
    const file = path.join(this.workspace, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  read(name: string): string {
    return readFileSync(path.join(this.workspace, name), 'utf8');
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}
