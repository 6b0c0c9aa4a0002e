// SPDX-License-Identifier: Apache-2.0

/** A notebook in Python, with one cell. */
export const notebook = JSON.stringify({
  cells: [{ cell_type: 'code', execution_count: null, metadata: {}, outputs: [], source: ['x'] }],
  metadata: { language_info: { name: 'python' } }, nbformat: 4, nbformat_minor: 5,
});
