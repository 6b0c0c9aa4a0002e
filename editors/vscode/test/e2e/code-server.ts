// SPDX-License-Identifier: Apache-2.0
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import path from 'node:path';
import type { Places } from './places';
import { waitFor, waitUntil } from './wait';

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: test/run.sh does that`);
  return value;
}

/** VS Code with the packaged extension, served to a browser. */
export class CodeServer {
  private constructor(private readonly process: ChildProcess, readonly url: string) {}

  /** `asksForTrust`: a folder is in Restricted Mode until the user trusts it. */
  static async start(places: Places, asksForTrust = false): Promise<CodeServer> {
    const entry = setting('KRAIT_TEST_CODE_SERVER');
    const folders = [
      '--user-data-dir', places.userData, '--extensions-dir', places.extensions,
    ];
    execFileSync(process.execPath,
      [entry, ...folders, '--install-extension', setting('KRAIT_TEST_VSIX')],
      { env: places.env, stdio: 'pipe' });
    const child = spawn(process.execPath, [
      entry, ...folders, '--config', path.join(places.root, 'config.yaml'), '--auth', 'none',
      '--bind-addr', '127.0.0.1:0', '--disable-telemetry', '--disable-update-check',
      '--disable-getting-started-override',
      ...(asksForTrust ? [] : ['--disable-workspace-trust']),
    ], {
      // A group of its own, which ends as a whole.
      env: places.env, detached: true, stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    const log = createWriteStream(path.join(places.root, 'code-server.log'));
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data: Buffer) => {
        said += data.toString();
        log.write(data);
      });
    }
    const url = await waitFor('code-server listens',
      () => /listening on (http:\/\/127\.0\.0\.1:\d+)/.exec(said)?.[1], () => said);
    return new CodeServer(child, `${url}/?folder=${encodeURIComponent(places.workspace)}`);
  }

  async stop(): Promise<void> {
    const { pid } = this.process;
    if (pid === undefined) return;
    this.signal(-pid, 'SIGTERM');
    await waitUntil('code-server ends', () =>
      this.process.exitCode !== null || this.process.signalCode !== null);
    this.signal(-pid, 'SIGKILL'); // what is left of the group
  }

  private signal(pid: number, signal: NodeJS.Signals): void {
    try {
      process.kill(pid, signal);
    } catch {
      // has ended already
    }
  }
}
