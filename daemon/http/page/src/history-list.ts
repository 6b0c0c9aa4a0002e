// SPDX-License-Identifier: Apache-2.0
import { titleOf, type Conversation, type Kind } from './conversation';
import { announce, el, icon } from './dom';
import type { History } from './history';

export interface HistoryCalls {
  readonly open: (conversation: Conversation) => void;
  readonly begin: () => void;
}

const cross = 'M6 6l12 12M18 6L6 18';
const plus = 'M12 5v14M5 12h14';
const lines = 'M4 7h16M4 12h16M4 17h10';

/** The conversations of this browser; on a narrow screen behind a button. */
export class HistoryList {
  readonly element: HTMLElement;
  private readonly list = el('ul');
  private readonly empty = el('p', { class: 'hint' },
    'Conversations stay in this browser, and only there.');
  private readonly toggle = el('button', { type: 'button', class: 'quiet toggle' },
    icon(lines), 'Earlier');
  private shown = '';

  constructor(private readonly history: History, private readonly kind: Kind,
              private readonly calls: HistoryCalls) {
    const begin = el('button', { type: 'button', class: 'begin' }, icon(plus), 'New');
    begin.addEventListener('click', () => {
      this.unfold(false);
      calls.begin();
    });
    this.toggle.addEventListener('click', () => {
      this.unfold(this.toggle.getAttribute('aria-expanded') !== 'true');
    });
    this.element = el('aside', { class: 'history', 'aria-label': 'Earlier conversations' },
      el('div', { class: 'heads' }, begin, this.toggle),
      el('div', { class: 'fold' }, this.list, this.empty));
    this.unfold(false);
  }

  /** `id`: of the one that is shown beside. */
  show(id: string): void {
    this.shown = id;
    const conversations = this.history.list(this.kind);
    this.empty.hidden = conversations.length > 0;
    this.toggle.disabled = conversations.length === 0;
    this.list.replaceChildren(...conversations.map((one) => this.item(one)));
  }

  private item(conversation: Conversation): HTMLElement {
    const title = titleOf(conversation);
    const open = el('button', { type: 'button', class: 'open',
      'aria-current': conversation.id === this.shown ? 'true' : undefined }, title);
    open.addEventListener('click', () => {
      this.unfold(false);
      this.calls.open(conversation);
    });
    const remove = el('button', { type: 'button', class: 'quiet icon', 'aria-label': `Delete: ${title}`,
      title: 'Delete' }, icon(cross));
    remove.addEventListener('click', () => {
      this.history.remove(conversation.id);
      announce('Deleted');
      if (conversation.id === this.shown) this.calls.begin();
      else this.show(this.shown);
      this.list.querySelector('button')?.focus();
    });
    return el('li', {}, open, remove);
  }

  private unfold(open: boolean): void {
    this.toggle.setAttribute('aria-expanded', String(open));
    this.element.classList.toggle('open', open);
  }
}
