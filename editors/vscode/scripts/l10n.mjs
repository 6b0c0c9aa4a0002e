// SPDX-License-Identifier: Apache-2.0
//
// Writes l10n/bundle.l10n.json, from which translators make bundle.l10n.LANGUAGE.json.
import { writeFileSync } from 'node:fs';
import { translatableStrings } from './translatable.mjs';

const strings = Object.fromEntries(translatableStrings('src').map((text) => [text, text]));
writeFileSync('l10n/bundle.l10n.json', `${JSON.stringify(strings, null, 2)}\n`);
