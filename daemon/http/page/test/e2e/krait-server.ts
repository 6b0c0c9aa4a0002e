// SPDX-License-Identifier: Apache-2.0
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

function program(): string {
  const value = process.env['KRAIT_TEST_PROGRAM'];
  if (value === undefined) throw new Error('KRAIT_TEST_PROGRAM is not set: test/run.sh does that');
  return value;
}

/** A `krait serve` with a home of its own. */
export class KraitServer {
  private readonly home = mkdtempSync(path.join(tmpdir(), 'krait-page-'));
  private child: ChildProcess | undefined;
  url = '';

  private get env(): NodeJS.ProcessEnv {
    const { home } = this;
    return { ...process.env, HOME: home, XDG_RUNTIME_DIR: home, XDG_CONFIG_HOME: `${home}/config`,
      XDG_STATE_HOME: `${home}/state`, XDG_CACHE_HOME: `${home}/cache`, XDG_DATA_HOME: `${home}/data` };
  }

  run(...args: string[]): string {
    return execFileSync(program(), args, { env: this.env, encoding: 'utf8' });
  }

  /** A settings file, before the start. */
  configure(toml: string): void {
    mkdirSync(`${this.home}/config/krait`, { recursive: true });
    writeFileSync(`${this.home}/config/krait/config.toml`, toml);
  }

  /** A repository with these files; its directory. */
  repository(files: Readonly<Record<string, string>>): string {
    const root = path.join(this.home, 'repository');
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
      writeFileSync(path.join(root, name), text);
    }
    return root;
  }

  async start(...options: string[]): Promise<void> {
    const child = spawn(program(), ['serve', '--listen', '127.0.0.1:0', '--threads', '2', ...options],
      { env: this.env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    this.url = await new Promise((resolve, reject) => {
      let said = '';
      const take = (data: Buffer): void => {
        said += data.toString();
        const url = /answers at (http:\S+)/.exec(said)?.[1];
        if (url !== undefined) resolve(url);
      };
      child.stdout.on('data', take);
      child.stderr.on('data', take);
      child.on('exit', () => { reject(new Error(`krait serve ended: ${said}`)); });
    });
  }

  async stop(): Promise<void> {
    const { child } = this;
    if (child !== undefined && child.exitCode === null) {
      const ended = new Promise((resolve) => child.on('exit', resolve));
      child.kill('SIGTERM');
      await ended;
      this.run('stop');
    }
    rmSync(this.home, { recursive: true, force: true });
  }
}
