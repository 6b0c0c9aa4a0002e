// SPDX-License-Identifier: Apache-2.0
//
// Bundles the tests of a folder and runs them with node's own test runner.
//   run-tests.mjs FOLDER [NAME]     NAME: only NAME.test.ts
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';

const [folder, only = ''] = process.argv.slice(2);
const bundles = mkdtempSync(path.join(tmpdir(), 'krait-tests-'));
let status = 1;
try {
  await build({
    entryPoints: readdirSync(folder)
      .filter((name) => name.endsWith(`${only}.test.ts`)).map((name) => path.join(folder, name)),
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: ['playwright-core', 'typescript'],
    sourcemap: 'inline',
    outdir: bundles,
    outExtension: { '.js': '.cjs' },
    logLevel: 'warning',
  });
  const files = readdirSync(bundles).map((name) => path.join(bundles, name));
  // One file at a time: those that start an editor need the whole machine.
  const done = spawnSync(process.execPath,
    ['--enable-source-maps', '--test', '--test-concurrency=1', '--test-reporter=spec', ...files],
    { stdio: 'inherit', env: { ...process.env, NODE_PATH: path.resolve('node_modules') } });
  status = done.status ?? 1;
} finally {
  rmSync(bundles, { recursive: true });
}
process.exitCode = status;
