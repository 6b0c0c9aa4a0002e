// SPDX-License-Identifier: Apache-2.0
// Formats the plugin's Lua as ../stylua.toml says:
//   node stylua.mjs           writes the files
//   node stylua.mjs --check   only says which would change
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as stylua from '@johnnymorganz/stylua';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

// Returns a setting of stylua.toml, which is all `name = value`.
const settings = readFileSync(join(root, 'stylua.toml'), 'utf8');
function setting(name) {
  const found = settings.match(new RegExp(`^${name} = "?([^"\n]*)"?$`, 'm'));
  if (!found) throw new Error(`stylua.toml: ${name} is missing`);
  return found[1];
}

function newConfig() {
  const config = stylua.Config.new();
  config.column_width = Number(setting('column_width'));
  config.indent_type = stylua.IndentType[setting('indent_type')];
  config.indent_width = Number(setting('indent_width'));
  config.quote_style = stylua.QuoteStyle[setting('quote_style')];
  return config;
}

const files = readdirSync(root, { recursive: true })
  .filter((name) => name.endsWith('.lua') && !name.includes('node_modules'))
  .map((name) => join(root, name));
const check = process.argv.includes('--check');
let different = 0;
for (const file of files) {
  const text = readFileSync(file, 'utf8');
  const formatted = stylua.formatCode(text, newConfig(), undefined, stylua.OutputVerification.Full);
  if (formatted === text) continue;
  different += 1;
  console.log(`${check ? 'not formatted' : 'formatted'}: ${relative(root, file)}`);
  if (!check) writeFileSync(file, formatted);
}
process.exitCode = check && different > 0 ? 1 : 0;
