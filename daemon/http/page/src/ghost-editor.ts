// SPDX-License-Identifier: Apache-2.0
import { el } from './dom';
import { showCode } from './html';

export interface GhostCalls {
  /** The text or the cursor is another. */
  readonly changed: () => void;
  /** Somebody wants a completion here and now. */
  readonly wanted: () => void;
}

/**
 * A text field in which suggestions show as grey text at the cursor. The field's own letters are
 * invisible: what is seen is a copy beneath it, coloured, with the suggestion in it.
 *
 * Tab accepts while there is a suggestion, and otherwise leads on, as everywhere.
 */
export class GhostEditor {
  readonly element: HTMLElement;
  private readonly field: HTMLTextAreaElement;
  private readonly copy = el('pre', { 'aria-hidden': 'true' });
  private suggestion = '';
  private language = 'python';

  constructor(label: string, describedBy: string, private readonly calls: GhostCalls) {
    this.field = el('textarea', {
      'aria-label': label, 'aria-describedby': describedBy, spellcheck: 'false', wrap: 'off',
      autocapitalize: 'off', autocomplete: 'off', 'aria-keyshortcuts': 'Control+Space Tab Escape',
    });
    this.element = el('div', { class: 'editor' }, el('div', { class: 'layers' }, this.copy, this.field));
    this.field.addEventListener('input', () => { this.moved(); });
    this.field.addEventListener('keydown', (event) => { this.onKey(event); });
    this.field.addEventListener('keyup', (event) => {
      if (/^(Arrow|Home|End|Page)/.test(event.key)) this.moved();
    });
    this.field.addEventListener('pointerup', () => { this.moved(); });
    this.field.addEventListener('blur', () => { this.suggest(''); });
  }

  get text(): string {
    return this.field.value;
  }

  get cursor(): number {
    return this.field.selectionStart;
  }

  focus(): void {
    this.field.focus();
  }

  /** Puts a text in with the cursor somewhere. */
  load(text: string, cursor: number, language: string): void {
    this.language = language;
    this.field.value = text;
    this.field.setSelectionRange(cursor, cursor);
    this.moved();
  }

  color(language: string): void {
    this.language = language;
    this.draw();
  }

  /** Shows a suggestion at the cursor; empty: none. */
  suggest(text: string): void {
    if (text === '' && this.suggestion === '') return;
    this.suggestion = text;
    this.draw();
  }

  private moved(): void {
    this.suggestion = '';
    this.draw();
    this.calls.changed();
  }

  private onKey(event: KeyboardEvent): void {
    if (event.key === 'Tab' && !event.shiftKey && this.suggestion !== '') {
      event.preventDefault();
      this.accept();
    } else if (event.key === 'Escape' && this.suggestion !== '') {
      event.preventDefault();
      this.suggest('');
    } else if (event.key === ' ' && event.ctrlKey) {
      event.preventDefault();
      this.calls.wanted();
    }
  }

  private accept(): void {
    const text = this.suggestion;
    this.suggestion = '';
    // The only way that the user can undo; it says so itself where it cannot.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    if (!document.execCommand('insertText', false, text)) {
      this.field.setRangeText(text, this.cursor, this.cursor, 'end');
      this.moved();
    }
  }

  private draw(): void {
    const { text, cursor } = this;
    const before = el('span');
    const after = el('span');
    showCode(before, text.slice(0, cursor), this.language);
    showCode(after, text.slice(cursor), this.language);
    // A last line that is empty would have no height.
    this.copy.replaceChildren(before, el('span', { class: 'ghost' }, this.suggestion), after, '\n');
  }
}
