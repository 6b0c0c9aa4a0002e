// SPDX-License-Identifier: Apache-2.0
import { el, icon } from './dom';

export interface ComposerCalls {
  readonly send: (text: string) => void;
  readonly stop: () => void;
}

const arrow = 'M12 19V5M5 12l7-7 7 7';
const square = 'M7 7h10v10H7z';

/** Where a question is written: Enter sends it, Shift+Enter begins a line, Escape stops. */
export class Composer {
  readonly element: HTMLFormElement;
  private readonly field: HTMLTextAreaElement;
  private readonly button = el('button', { type: 'submit', class: 'send' });
  private running = false;

  constructor(placeholder: string, private readonly calls: ComposerCalls) {
    this.field = el('textarea', { rows: 1, placeholder, 'aria-label': placeholder,
      'aria-keyshortcuts': 'Enter' });
    this.element = el('form', { class: 'composer' }, this.field, this.button);
    this.element.addEventListener('submit', (event) => {
      event.preventDefault();
      this.act();
    });
    this.element.addEventListener('keydown', (event) => { this.onKey(event); });
    this.field.addEventListener('input', () => { this.fit(); });
    this.busy(false);
  }

  focus(): void {
    this.field.focus();
  }

  clear(): void {
    this.fill('');
  }

  fill(text: string): void {
    this.field.value = text;
    this.fit();
    this.focus();
  }

  busy(running: boolean): void {
    this.running = running;
    this.button.replaceChildren(icon(running ? square : arrow));
    this.button.setAttribute('aria-label', running ? 'Stop' : 'Send');
    this.button.title = running ? 'Stop (Escape)' : 'Send (Enter)';
    this.fit();
  }

  private act(): void {
    const text = this.field.value.trim();
    if (this.running) this.calls.stop();
    else if (text !== '') this.calls.send(text);
  }

  private onKey(event: KeyboardEvent): void {
    if (event.key === 'Escape' && this.running) {
      event.preventDefault();
      this.calls.stop();
    } else if (event.key === 'Enter' && event.target === this.field && !event.shiftKey
        && !event.isComposing) {
      event.preventDefault();
      if (!this.running) this.act();
    }
  }

  /** As high as its text, up to what the style allows. */
  private fit(): void {
    this.field.style.height = 'auto';
    const height = this.field.scrollHeight;
    if (height > 0) this.field.style.height = `${height}px`; // else it is not shown yet
    this.button.disabled = !this.running && this.field.value.trim() === '';
  }
}
