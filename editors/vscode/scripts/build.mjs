// SPDX-License-Identifier: Apache-2.0
//
// Bundles the extension into one file.   build.mjs OUTFILE
import { build } from 'esbuild';

await build({
  entryPoints: ['src/extension.ts'],
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  external: ['vscode'],
  minify: true,
  legalComments: 'eof',
  outfile: process.argv[2] ?? 'dist/extension.js',
  logLevel: 'warning',
});
