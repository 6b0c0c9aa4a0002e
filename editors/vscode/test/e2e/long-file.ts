// SPDX-License-Identifier: Apache-2.0

/** A Python file of a few thousand lines, as an application might have it. */
export function longPythonFile(functions: number, noun: string): string {
  const parts = ['import os\nimport sys\n'];
  for (let i = 0; i < functions; ++i) {
    parts.push([
      `def ${noun}_total_${i}(values, factor=${i % 9}):`,
      `    """Returns the sum of the values, each times ${i % 9}."""`,
      '    total = 0',
      '    for value in values:',
      '        if value is None:',
      '            continue',
      '        total += value * factor',
      '    return total',
      '',
    ].join('\n'));
  }
  parts.push(`def ${noun}_main(values):\n    total = 0\n`);
  return parts.join('\n');
}
