// SPDX-License-Identifier: Apache-2.0
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { homedir } from 'node:os';

/**
 * Starts `krait lsp`; rejects if that is impossible. No shell, and not in the workspace's folder:
 * nothing in there takes part in it.
 */
export async function startChild(
  file: string, args: readonly string[],
): Promise<ChildProcessWithoutNullStreams> {
  const child = spawn(file, args, { cwd: homedir(), stdio: 'pipe', shell: false });
  await once(child, 'spawn');
  return child;
}

export function exitText(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `exit code ${code ?? 'unknown'}` : `signal ${signal}`;
}
