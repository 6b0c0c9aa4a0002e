// SPDX-License-Identifier: Apache-2.0
//
// All strings of the sources that can be translated: the first arguments of `t` and `l10n.t`.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** Returns them sorted; throws for one that is not a plain literal. */
export function translatableStrings(folder) {
  const found = new Set();
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.ts'))) {
    const file = path.join(folder, name);
    const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
    const visit = (node) => {
      if (ts.isCallExpression(node) && isTranslate(node.expression)) {
        const text = node.arguments[0];
        if (text === undefined || !ts.isStringLiteral(text)) {
          throw new Error(`${file}: ${node.getText(source)}: expected a literal`);
        }
        found.add(text.text);
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return [...found].sort();
}

function isTranslate(callee) {
  if (ts.isIdentifier(callee)) return callee.text === 't';
  return ts.isPropertyAccessExpression(callee) && callee.name.text === 't'
    && ts.isIdentifier(callee.expression) && callee.expression.text === 'l10n';
}
