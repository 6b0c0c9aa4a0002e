// SPDX-License-Identifier: Apache-2.0

const windowMs = 3 * 60 * 1000;
const mostCrashes = 5;
const firstDelayMs = 500;

export type CrashDecision =
  | { readonly action: 'restart'; readonly delayMs: number; readonly tell: boolean }
  | { readonly action: 'give-up' };

/**
 * What to do when the server ended by itself: start it again, waiting twice as long each time,
 * and give up after five times in three minutes. The user is told the first time of a series.
 */
export class RestartPolicy {
  private crashes: number[] = [];

  /** `now` in milliseconds, from any fixed point. */
  onCrash(now: number): CrashDecision {
    this.crashes = this.crashes.filter((time) => now - time < windowMs);
    this.crashes.push(now);
    const count = this.crashes.length;
    if (count > mostCrashes) return { action: 'give-up' };
    return { action: 'restart', delayMs: firstDelayMs * 2 ** (count - 1), tell: count === 1 };
  }

  /** The user started it: what was before does not count. */
  reset(): void {
    this.crashes = [];
  }
}
