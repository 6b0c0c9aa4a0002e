// SPDX-License-Identifier: Apache-2.0

/**
 * `vscode.l10n.t`, as far as it is used here. What can be tested without VS Code takes it as a
 * parameter.
 */
export type Translate = (message: string, ...args: (string | number)[]) => string;
