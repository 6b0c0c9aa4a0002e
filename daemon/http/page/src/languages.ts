// SPDX-License-Identifier: Apache-2.0
import hljs from 'highlight.js/lib/core';
import bash from 'highlight.js/lib/languages/bash';
import c from 'highlight.js/lib/languages/c';
import cpp from 'highlight.js/lib/languages/cpp';
import csharp from 'highlight.js/lib/languages/csharp';
import css from 'highlight.js/lib/languages/css';
import diff from 'highlight.js/lib/languages/diff';
import go from 'highlight.js/lib/languages/go';
import java from 'highlight.js/lib/languages/java';
import javascript from 'highlight.js/lib/languages/javascript';
import json from 'highlight.js/lib/languages/json';
import lua from 'highlight.js/lib/languages/lua';
import php from 'highlight.js/lib/languages/php';
import python from 'highlight.js/lib/languages/python';
import ruby from 'highlight.js/lib/languages/ruby';
import rust from 'highlight.js/lib/languages/rust';
import sql from 'highlight.js/lib/languages/sql';
import typescript from 'highlight.js/lib/languages/typescript';
import xml from 'highlight.js/lib/languages/xml';
import yaml from 'highlight.js/lib/languages/yaml';

const known = {
  bash, c, cpp, csharp, css, diff, go, java, javascript, json, lua, php, python, ruby, rust, sql,
  typescript, xml, yaml,
};
for (const [name, language] of Object.entries(known)) hljs.registerLanguage(name, language);

/** The languages that are coloured, for people to choose from. */
export const languageNames: readonly string[] = Object.keys(known);

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;');
}

/** HTML that shows the code, coloured if the language is known. */
export function highlighted(code: string, language: string): string {
  if (hljs.getLanguage(language) === undefined) return escaped(code);
  return hljs.highlight(code, { language, ignoreIllegals: true }).value;
}
