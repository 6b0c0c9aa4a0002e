// SPDX-License-Identifier: Apache-2.0

/** What `/krait/state` answers. */
export interface DaemonState {
  readonly version: string;
  readonly uptime_seconds: number;
  readonly model: {
    readonly ready: boolean;
    readonly name?: string;
    readonly architecture?: string;
    readonly quantisation?: string;
    readonly parameters?: number;
    readonly context_length?: number;
    readonly no_chat?: string;
  };
  readonly answers: number;
  readonly answers_by_plan: Readonly<Record<string, number>>;
  readonly tokens: Readonly<Record<'reused' | 'computed' | 'generated', number>>;
  readonly latency_ms: Readonly<Record<string, { readonly p50: number; readonly p99: number }>>;
  readonly states: {
    readonly held_bytes: number; readonly budget_bytes: number; readonly checkpoints: number;
  };
  readonly queue: { readonly running: number; readonly waiting: number };
  readonly http: { readonly requests: number; readonly refused: number };
}

/** What a moment saw: tokens since the one before, the rest as it was then. */
export interface Sample {
  readonly reused: number;
  readonly computed: number;
  readonly p50: number;
  readonly p99: number;
  readonly heldBytes: number;
}

/** The last moments, the oldest first. */
export class Series {
  private readonly samples: Sample[] = [];
  private last: DaemonState | undefined;

  constructor(private readonly most: number) {}

  add(state: DaemonState): void {
    const { last } = this;
    this.last = state;
    // Another daemon, which counts anew.
    const same = last !== undefined && last.uptime_seconds <= state.uptime_seconds;
    const since = (name: 'reused' | 'computed'): number =>
      same ? Math.max(0, state.tokens[name] - last.tokens[name]) : 0;
    const whole = state.latency_ms['whole'] ?? { p50: 0, p99: 0 };
    this.samples.push({
      reused: since('reused'), computed: since('computed'), p50: whole.p50, p99: whole.p99,
      heldBytes: state.states.held_bytes,
    });
    if (this.samples.length > this.most) this.samples.shift();
  }

  get all(): readonly Sample[] {
    return this.samples;
  }
}

/** The least of 1, 2 and 5 times a power of ten that is not below the value. */
export function niceMaximum(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= value) ?? 10;
  return step * power;
}

export function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  while (bytes >= 1024 && unit < units.length - 1) {
    bytes /= 1024;
    ++unit;
  }
  return `${bytes.toFixed(unit === 0 || bytes >= 100 ? 0 : 1)} ${units[unit] ?? ''}`;
}

/** "2 d 3 h", "4 min": the two largest units at most. */
export function durationText(seconds: number): string {
  const parts: [number, string][] = [
    [Math.floor(seconds / 86400), 'd'], [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'], [Math.floor(seconds) % 60, 's'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return '0 s';
  return parts.slice(first, first + 2).filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`).join(' ');
}

export function millisecondsText(ms: number): string {
  return ms < 1000 ? `${ms.toFixed(1)}\u00a0ms` : `${(ms / 1000).toFixed(1)}\u00a0s`;
}

export function countText(count: number): string {
  return count.toLocaleString('en-GB').replace(/,/g, '\u202f');
}
