// SPDX-License-Identifier: Apache-2.0
import type { Api } from './api';
import { lines, stackedBars, type Frame } from './chart';
import { el } from './dom';
import { bytesText, countText, durationText, Series, type DaemonState } from './series';

const everyMs = 1000;
const moments = 120;

const stageNames: Readonly<Record<string, string>> = {
  queue: 'Waiting', tokenize: 'Making tokens', prefill: 'Reading the prompt',
  decode: 'Writing', post: 'Checking', whole: 'Whole answer',
};

/** What the daemon does, as it does it. */
export class StateView {
  readonly element = el('div', { class: 'state' });
  private readonly series = new Series(moments);
  private readonly problem = el('p', { class: 'notice', role: 'alert', hidden: true });
  private readonly tiles = el('dl', { class: 'tiles' });
  private readonly tokens = el('div');
  private readonly latency = el('div');
  private readonly stages = el('tbody');
  private readonly plans = el('tbody');
  private readonly memory = el('div');
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly api: Api) {
    this.element.append(this.problem, this.tiles,
      figure('Prompt tokens, each second', this.tokens, [['reused', 'reused'], ['computed', 'computed']]),
      figure('Time to an answer, ms', this.latency, [['p50', 'median'], ['p99', '99th percentile']]),
      figure('Memory of warm states, MiB', this.memory, []),
      table('Time by stage, ms', ['Stage', 'Median', '99 %'], this.stages),
      table('Answers by plan', ['Plan', 'Answers'], this.plans));
    document.addEventListener('visibilitychange', () => { this.restart(); });
  }

  /** Looks as long as it is shown. */
  set shown(shown: boolean) {
    this.element.hidden = !shown;
    this.restart();
  }

  private restart(): void {
    clearInterval(this.timer);
    if (this.element.hidden || document.hidden) return;
    void this.look();
    this.timer = setInterval(() => { void this.look(); }, everyMs);
  }

  private async look(): Promise<void> {
    try {
      const state = await this.api.getJson<DaemonState>('/krait/state');
      this.series.add(state);
      this.problem.hidden = true;
      this.show(state);
    } catch (error) {
      this.problem.hidden = false;
      this.problem.textContent = error instanceof TypeError
        ? 'krait is not reached: is `krait serve` still running?' : String(error);
    }
  }

  private show(state: DaemonState): void {
    const { all } = this.series;
    const frameOf = (place: HTMLElement): Frame => ({ width: place.clientWidth || 600, most: moments });
    this.tiles.replaceChildren(...tilesOf(state));
    this.tokens.replaceChildren(stackedBars(
      all.map(({ reused, computed }) => ({ below: reused, above: computed })), frameOf(this.tokens),
      ['reused', 'computed']));
    this.latency.replaceChildren(lines(
      { p50: all.map(({ p50 }) => p50), p99: all.map(({ p99 }) => p99) }, frameOf(this.latency)));
    this.stages.replaceChildren(...Object.entries(state.latency_ms).map(([stage, { p50, p99 }]) =>
      row(stageNames[stage] ?? stage, p50.toFixed(1), p99.toFixed(1))));
    const plans = Object.entries(state.answers_by_plan).sort(([, a], [, b]) => b - a);
    this.plans.replaceChildren(...(plans.length === 0
      ? [row('None yet', '0')] : plans.map(([plan, count]) => row(plan, countText(count)))));
    this.memory.replaceChildren(
      lines({ held: all.map(({ heldBytes }) => heldBytes / 1024 ** 2) }, frameOf(this.memory)),
      ...memoryOf(state));
  }
}

function tilesOf(state: DaemonState): HTMLElement[] {
  const { reused, computed, generated } = state.tokens;
  const share = reused + computed === 0 ? '–' : `${(100 * reused / (reused + computed)).toFixed(1)} %`;
  const tile = (name: string, value: string, hint: string): HTMLElement =>
    el('div', { class: 'card' }, el('dt', {}, name),
      el('dd', {}, value, el('span', { class: 'hint' }, hint)));
  return [
    tile('Reused', share, `${countText(reused)} of ${countText(reused + computed)} prompt tokens`),
    tile('Answers', countText(state.answers), `${countText(generated)} tokens generated`),
    tile('Now', countText(state.queue.running), `running, ${countText(state.queue.waiting)} waiting`),
    tile('Up', durationText(state.uptime_seconds),
      `${countText(state.http.requests)} requests, ${countText(state.http.refused)} refused`),
  ];
}

function memoryOf(state: DaemonState): Node[] {
  const { held_bytes: held, budget_bytes: budget, checkpoints } = state.states;
  const text = `${bytesText(held)} of ${bytesText(budget)}, ${countText(checkpoints)} states`;
  const share = budget === 0 ? 0 : Math.min(1, held / budget);
  const level = el('span');
  level.style.width = `${100 * share}%`;
  const meter = el('div', { class: 'meter', role: 'meter', 'aria-label': 'Memory of warm states',
    'aria-valuemin': 0, 'aria-valuemax': budget, 'aria-valuenow': held, 'aria-valuetext': text }, level);
  return [meter, el('p', { class: 'hint' }, text)];
}

function figure(title: string, picture: HTMLElement,
                legend: readonly (readonly [string, string])[]): HTMLElement {
  const axis = el('p', { class: 'axis' }, el('span', {}, '2 minutes ago'), el('span', {}, 'now'));
  return el('figure', { class: 'card picture' },
    el('figcaption', {}, el('h2', {}, title), el('p', { class: 'legend' },
      ...legend.map(([name, text]) => el('span', {}, el('i', { class: name }), text)))),
    picture, axis);
}

function table(title: string, heads: readonly string[], body: HTMLElement): HTMLElement {
  return el('section', { class: 'card' }, el('table', {}, el('caption', {}, title),
    el('thead', {}, el('tr', {}, ...heads.map((head) => el('th', { scope: 'col' }, head)))), body));
}

function row(name: string, ...values: string[]): HTMLElement {
  return el('tr', {}, el('th', { scope: 'row' }, name),
    ...values.map((value) => el('td', {}, value)));
}
