// SPDX-License-Identifier: Apache-2.0
import { svg } from './dom';
import { niceMaximum } from './series';

const height = 160;
const left = 44; // for the scale
const top = 8;
const bottom = 18;

/** What a picture is of: as wide as its place, so that letters keep their size. */
export interface Frame {
  readonly width: number;
  /** How many values there is room for. */
  readonly most: number;
}

/** Draws in the coordinates of a picture whose newest value is at the right. */
class Plot {
  readonly element: SVGSVGElement;
  private readonly step: number;
  private readonly most: number;

  constructor({ width, most }: Frame, private readonly maximum: number) {
    this.most = most;
    this.step = (width - left) / most;
    this.element = svg('svg', {
      viewBox: `0 0 ${width} ${height}`, class: 'chart', 'aria-hidden': 'true',
    });
    for (const share of [0, 0.5, 1]) {
      const y = this.y(maximum * share);
      this.element.append(
        svg('line', { x1: left, x2: width, y1: y, y2: y, class: 'grid' }),
        svg('text', { x: left - 6, y: y + 4, class: 'scale' }, tick(maximum * share)));
    }
  }

  y(value: number): number {
    return top + (height - top - bottom) * (1 - value / this.maximum);
  }

  /** The left end of a value's place; `index` of `count`. */
  x(index: number, count: number): number {
    return left + this.step * (this.most - count + index);
  }

  bar(x: number, from: number, to: number, name: string): void {
    if (to <= from) return;
    this.element.append(svg('rect', {
      x: x + 0.5, width: Math.max(1, this.step - 1), y: this.y(to), height: this.y(from) - this.y(to),
      rx: 1, class: name,
    }));
  }

  line(values: readonly number[], name: string): void {
    const points = values.map((value, index) =>
      `${(this.x(index, values.length) + this.step / 2).toFixed(1)},${this.y(value).toFixed(1)}`);
    this.element.append(svg('polyline', { points: points.join(' '), class: name }));
  }
}

function tick(value: number): string {
  if (value >= 1e6) return `${value / 1e6}M`;
  return value >= 1000 ? `${value / 1000}k` : String(Number(value.toPrecision(3)));
}

export interface Bar {
  readonly below: number;
  readonly above: number;
}

/** Bars of two parts, one upon the other. */
export function stackedBars(bars: readonly Bar[], frame: Frame,
                            names: readonly [string, string]): SVGSVGElement {
  const plot = new Plot(frame, niceMaximum(Math.max(0, ...bars.map((bar) => bar.below + bar.above))));
  bars.forEach((bar, index) => {
    const x = plot.x(index, bars.length);
    plot.bar(x, 0, bar.below, names[0]);
    plot.bar(x, bar.below, bar.below + bar.above, names[1]);
  });
  return plot.element;
}

/** Lines with one scale, by name. */
export function lines(all: Readonly<Record<string, readonly number[]>>, frame: Frame): SVGSVGElement {
  const plot = new Plot(frame, niceMaximum(Math.max(0, ...Object.values(all).flat())));
  for (const [name, values] of Object.entries(all)) plot.line(values, name);
  return plot.element;
}
