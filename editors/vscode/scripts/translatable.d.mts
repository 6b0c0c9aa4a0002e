// SPDX-License-Identifier: Apache-2.0

export function translatableStrings(folder: string): string[];
