// SPDX-License-Identifier: Apache-2.0
import type { Api } from './api';
import type { Cost } from './conversation';
import { announce, el } from './dom';
import { GhostEditor } from './ghost-editor';
import { filledOf, infillBody, planText, type Extent, type Filled, type InfillAnswer } from './infill';
import { languageNames } from './languages';
import { millisecondsText } from './series';

// As long as editors wait after a key.
const quietMs = 150;

const sample = `import json
from pathlib import Path


def load_settings(path):
    """Returns the settings in a JSON file, or none if there is no such file."""
    file = Path(path)
    if not file.exists():
        return {}
    with file.open() as stream:
        `;
const sampleEnd = `


print(load_settings("settings.json"))
`;

/** A text to type in, with what krait suggests and what that took. */
export class PlaygroundView {
  readonly element: HTMLElement;
  private readonly editor: GhostEditor;
  private readonly facts = el('dl', { class: 'facts' });
  private readonly bar = el('div', { class: 'share', 'aria-hidden': 'true' });
  private readonly problem = el('p', { class: 'error', role: 'alert', hidden: true });
  private readonly extent = el('select', {}, el('option', { value: 'line' }, 'one line'),
    el('option', { value: 'block' }, 'a block'));
  private readonly automatic = el('input', { type: 'checkbox', checked: true });
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: AbortController | undefined;

  constructor(private readonly api: Api) {
    this.editor = new GhostEditor('Code', 'editor-keys', {
      changed: () => { this.changed(); },
      wanted: () => { void this.complete(); },
    });
    this.element = el('div', { class: 'playground' }, this.toolbar(), this.editor.element,
      this.keys(), this.problem,
      el('section', { class: 'card cost', 'aria-label': 'What the last completion took' },
        el('h2', {}, 'What it took'), this.bar, this.facts));
    this.show(undefined);
    this.automatic.checked = false;
    this.editor.load(sample + sampleEnd, sample.length, 'python');
    this.automatic.checked = true;
  }

  focus(): void {
    this.editor.focus();
  }

  private toolbar(): HTMLElement {
    const language = el('select', {}, ...languageNames.map((name) =>
      el('option', { value: name, selected: name === 'python' }, name)));
    language.addEventListener('change', () => { this.editor.color(language.value); });
    const now = el('button', { type: 'button', class: 'primary' }, 'Complete here');
    // The field keeps its cursor, and its keyboard on a phone.
    now.addEventListener('pointerdown', (event) => { event.preventDefault(); });
    now.addEventListener('click', () => {
      this.editor.focus();
      void this.complete();
    });
    return el('div', { class: 'toolbar' },
      el('label', {}, 'Colours ', language), el('label', {}, 'Write ', this.extent),
      el('label', {}, this.automatic, ' while typing'), now);
  }

  private keys(): HTMLElement {
    const key = (name: string): HTMLElement => el('kbd', {}, name);
    return el('p', { class: 'hint', id: 'editor-keys' }, key('Tab'), ' accepts, ', key('Esc'),
      ' dismisses, ', key('Ctrl'), '+', key('Space'), ' asks. Paste what you like: it goes to krait on this machine.');
  }

  private changed(): void {
    clearTimeout(this.timer);
    this.running?.abort();
    if (!this.automatic.checked) return;
    this.timer = setTimeout(() => { void this.complete(); }, quietMs);
  }

  private async complete(): Promise<void> {
    clearTimeout(this.timer);
    this.running?.abort();
    const running = new AbortController();
    this.running = running;
    const { text, cursor } = this.editor;
    const body = infillBody(text, cursor, this.extent.value as Extent);
    try {
      const answer = await this.api.postJson<InfillAnswer>('/infill', body, running.signal);
      this.tell('');
      if (running.signal.aborted) return;
      const filled = filledOf(answer);
      this.editor.suggest(filled.text);
      this.show(filled);
      announce(filled.text === '' ? 'No suggestion' : `Suggestion: ${filled.text}`);
    } catch (error) {
      if (!running.signal.aborted) this.tell(error instanceof Error ? error.message : String(error));
    }
  }

  private tell(problem: string): void {
    this.problem.hidden = problem === '';
    this.problem.textContent = problem;
  }

  private show(filled: Filled | undefined): void {
    if (filled === undefined) {
      this.facts.replaceChildren(el('div', {}, el('dt', {}, 'Nothing was asked yet'),
        el('dd', {}, 'Type in the code above.')));
      return;
    }
    const { cost } = filled;
    const fact = (name: string, value: string, hint: string): HTMLElement =>
      el('div', {}, el('dt', {}, name), el('dd', {}, value, el('span', { class: 'hint' }, hint)));
    this.facts.replaceChildren(
      fact('Tokens reused', String(cost.reused), 'from warm states'),
      fact('Tokens computed', String(cost.computed), 'of the prompt'),
      fact('Tokens generated', String(cost.generated), 'of the answer'),
      fact('Time of the model', millisecondsText(cost.ms), 'reading and writing'),
      fact('Plan', filled.plan, planText(filled.plan)));
    this.bar.replaceChildren(...shares(cost));
  }
}

function shares(cost: Cost): HTMLElement[] {
  const parts = [['reused', cost.reused], ['computed', cost.computed]] as const;
  return parts.filter(([, tokens]) => tokens > 0).map(([name, tokens]) => {
    const part = el('span', { class: name });
    part.style.flexGrow = String(tokens);
    return part;
  });
}
