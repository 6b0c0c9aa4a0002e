// SPDX-License-Identifier: Apache-2.0
//
// `krait doctor`, with its findings in the output channel.
import { execFile } from 'node:child_process';
import { homedir } from 'node:os';
import { l10n, ProgressLocation, window, type LogOutputChannel } from 'vscode';
import { exitText } from './child';
import type { KraitServer } from './server';
import { toDoctorArguments } from './settings';
import { readUserSettings } from './user-settings';

// It measures a model, which on a slow machine takes its time.
const timeoutMs = 120_000;

export async function runDoctor(server: KraitServer, output: LogOutputChannel): Promise<void> {
  const binary = server.findBinary();
  if (binary.kind !== 'found') {
    await server.start(); // which says what is wrong
    return;
  }
  const args = toDoctorArguments(readUserSettings());
  const title = l10n.t('krait doctor');
  const findings = await window.withProgress(
    { location: ProgressLocation.Window, title }, () => outputOf(binary.file, args));
  output.appendLine(`${binary.file} ${args.join(' ')}`);
  output.appendLine(findings);
  output.show(true);
}

function outputOf(file: string, args: readonly string[]): Promise<string> {
  const options = {
    cwd: homedir(), timeout: timeoutMs, shell: false, env: { ...process.env, NO_COLOR: '1' },
  };
  return new Promise((resolve) => {
    execFile(file, args, options, (error, stdout, stderr) => {
      // A problem that it found is its exit code as well, and no error of ours.
      const failure = error === null || typeof error.code === 'number'
        ? '' : exitText(null, error.signal ?? 'SIGTERM');
      resolve([stdout.trimEnd(), stderr.trimEnd(), failure].filter((part) => part !== '')
        .join('\n'));
    });
  });
}
