// SPDX-License-Identifier: Apache-2.0
import type { Translate } from '../../src/translate';

/** English, as VS Code fills it in. */
export const english: Translate = (message, ...args) =>
  message.replace(/\{(\d+)\}/g, (_, index: string) => String(args[Number(index)]));
