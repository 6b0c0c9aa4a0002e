// SPDX-License-Identifier: Apache-2.0
import { placeOf, type Citation, type Cost, type Turn } from './conversation';
import { copyOnClick } from './copy';
import { el } from './dom';
import { showCode, showMarkdown } from './html';
import { millisecondsText } from './series';

/** What somebody said, as it is now. */
export class TurnView {
  readonly element: HTMLElement;
  private readonly body = el('div', { class: 'words' });
  private readonly extra = el('div', { class: 'extra' });
  private waiting = false;

  constructor(private readonly turn: Turn) {
    const who = turn.role === 'user' ? 'You' : 'krait';
    this.element = el('article', { class: `turn ${turn.role}`, 'aria-label': who },
      this.body, this.extra);
    this.element.addEventListener('click', (event) => { this.onClick(event); });
    copyOnClick(this.element);
    this.update();
  }

  busy(running: boolean): void {
    this.element.setAttribute('aria-busy', String(running));
    this.element.classList.toggle('busy', running);
    this.update();
  }

  /** With the next frame: a model may say more in one than is worth to be drawn. */
  updateSoon(): void {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.update();
    });
  }

  private update(): void {
    const { turn } = this;
    if (turn.role === 'user') this.body.textContent = turn.text;
    else if (isPassages(turn)) this.body.textContent = 'No model that chats is loaded. These places speak of it:';
    else showMarkdown(this.body, turn.text);
    this.extra.replaceChildren(...this.extras());
  }

  private extras(): HTMLElement[] {
    const { turn } = this;
    const parts: HTMLElement[] = [];
    if (turn.about !== undefined && turn.about.citations.length > 0) {
      parts.push(citations(turn.about.citations, isPassages(turn)));
    }
    if (turn.about !== undefined && turn.about.dropped.length > 0) {
      const places = turn.about.dropped.map(({ text, why }) => `${text} ${why}`).join(', ');
      parts.push(el('p', { class: 'hint' }, `Named by the model and taken out: ${places}`));
    }
    if (turn.error !== undefined) parts.push(el('p', { class: 'error' }, turn.error));
    if (turn.stopped === true) parts.push(el('p', { class: 'hint' }, 'Stopped'));
    if (turn.role === 'assistant' && turn.text !== '' && !this.element.classList.contains('busy')) {
      const copy = el('button', { type: 'button', class: 'quiet copy-all' }, 'Copy');
      copy.dataset['copy'] = turn.text;
      parts.push(el('p', { class: 'under' }, copy,
        ...(turn.cost === undefined || isPassages(turn) ? [] : [costText(turn.cost)])));
    }
    return parts;
  }

  /** A place in the text opens its lines below. */
  private onClick(event: MouseEvent): void {
    const target = event.target instanceof Element ? event.target.closest('.cite') : null;
    const place = target instanceof HTMLElement ? target.dataset['place'] : undefined;
    if (place === undefined) return;
    for (const details of this.extra.querySelectorAll('details')) {
      if (details.dataset['place'] !== place) continue;
      details.open = true;
      details.querySelector('summary')?.focus();
    }
  }
}

/** No model said this: it is what was found, as text. */
function isPassages(turn: Turn): boolean {
  return turn.cost?.generated === 0 && turn.about !== undefined && turn.about.citations.length > 0;
}

function citations(all: readonly Citation[], firstOpen: boolean): HTMLElement {
  return el('section', { class: 'citations', 'aria-label': 'Places' }, ...all.map((citation, index) => {
    const place = placeOf(citation);
    const details = el('details', { open: firstOpen && index === 0 }, el('summary', {}, place));
    details.dataset['place'] = place;
    if (citation.text !== '') {
      const code = el('code');
      showCode(code, citation.text, languageOf(citation.path));
      details.append(el('pre', { tabindex: 0 }, code));
    }
    return details;
  }));
}

const byEnding: Readonly<Record<string, string>> = {
  cc: 'cpp', h: 'cpp', hpp: 'cpp', cxx: 'cpp', py: 'python', ts: 'typescript', tsx: 'typescript',
  js: 'javascript', mjs: 'javascript', rs: 'rust', sh: 'bash', rb: 'ruby', cs: 'csharp',
  html: 'xml', yml: 'yaml',
};

function languageOf(path: string): string {
  const ending = path.slice(path.lastIndexOf('.') + 1).toLowerCase();
  return byEnding[ending] ?? ending;
}

function costText(cost: Cost): HTMLElement {
  const read = cost.reused + cost.computed;
  return el('span', { class: 'hint' },
    `${cost.reused} of ${read} prompt tokens reused · ${cost.generated} generated · `
    + millisecondsText(cost.ms));
}
