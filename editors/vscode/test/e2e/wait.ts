// SPDX-License-Identifier: Apache-2.0

/** Generous: machines of tests are busy, and nothing waits longer than it must. */
const defaultTimeoutMs = 60_000;

/**
 * Asks until the answer is there. `what` names it in the error; `seen` tells what was there
 * instead.
 */
export async function waitFor<T>(
  what: string, ask: () => Promise<T | undefined> | T | undefined,
  seen: () => unknown = () => '', timeoutMs = defaultTimeoutMs,
): Promise<T> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > end) {
      throw new Error(`not within ${timeoutMs / 1000} s: ${what}; ${String(await seen())}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export function waitUntil(
  what: string, isTrue: () => Promise<boolean> | boolean, seen?: () => unknown,
): Promise<true> {
  return waitFor(what, async () => await isTrue() ? true : undefined, seen);
}
