// SPDX-License-Identifier: Apache-2.0
//
// Silence for some minutes: until then the server is told that completion is off, so that it does
// nothing unless completion is triggered.
import { EventEmitter, l10n, window, type Disposable } from 'vscode';

const choices = [5, 10, 30, 60] as const;
const mostMinutes = 24 * 60;

export class Snooze implements Disposable {
  private readonly changed = new EventEmitter<void>();
  readonly onDidChange = this.changed.event;
  private timer: NodeJS.Timeout | undefined;
  private end: Date | undefined;

  /** The time of day at which the silence ends; undefined: there is none. */
  get endsAt(): string | undefined {
    return this.end?.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  }

  /** 0 ends it. */
  set(minutes: number): void {
    clearTimeout(this.timer);
    const isSilent = minutes > 0;
    this.end = isSilent ? new Date(Date.now() + minutes * 60_000) : undefined;
    this.timer = isSilent ? setTimeout(() => {
      this.set(0);
    }, minutes * 60_000) : undefined;
    this.changed.fire();
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.changed.dispose();
  }
}

/** The command: for so many minutes, which are asked for if a key binding does not say. */
export async function runSnooze(snooze: Snooze, argument: unknown): Promise<void> {
  const isNumber = typeof argument === 'number' && argument >= 0 && argument <= mostMinutes;
  const minutes = isNumber ? argument : await askMinutes(snooze);
  if (minutes !== undefined) snooze.set(minutes);
}

async function askMinutes(snooze: Snooze): Promise<number | undefined> {
  const items = choices.map((minutes) => ({ label: l10n.t('{0} minutes', minutes), minutes }));
  const end = { label: l10n.t('Suggest again'), minutes: 0 };
  const offered = snooze.endsAt === undefined ? items : [end, ...items];
  const title = l10n.t('How long shall krait be silent?');
  return (await window.showQuickPick(offered, { title }))?.minutes;
}
