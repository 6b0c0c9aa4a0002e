// SPDX-License-Identifier: Apache-2.0

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** Such as `512 MiB`, with one decimal below ten. */
export function bytesText(bytes: number): string {
  let amount = bytes;
  let unit = 0;
  while (amount >= 1024 && unit < units.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  const decimals = unit > 0 && amount < 10 ? 1 : 0;
  return `${amount.toFixed(decimals)} ${units[unit] ?? ''}`;
}

/** Such as `3.4 ms`, `120 ms`, `2.1 s`. */
export function durationText(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
}

export function percentText(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
