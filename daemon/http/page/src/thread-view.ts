// SPDX-License-Identifier: Apache-2.0
import { ApiError, type Api } from './api';
import { addEvent, chatBody } from './answer';
import { Composer } from './composer';
import { newConversation, type Conversation, type Kind, type Turn } from './conversation';
import { announce, el } from './dom';
import type { History } from './history';
import { HistoryList } from './history-list';
import { TurnView } from './turn-view';

/** What a view of conversations is about. */
export interface ThreadOptions {
  readonly kind: Kind;
  readonly title: string;
  readonly placeholder: string;
  /** Questions to begin with. */
  readonly examples: readonly string[];
  /** What stands above the composer, such as a choice of repositories. */
  readonly tools?: HTMLElement;
  /** Readies a conversation for its next question; a sentence: why it cannot be asked. */
  readonly prepare?: (conversation: Conversation) => string | undefined;
}

/** Conversations with the model: those that were, and the one that is shown. */
export class ThreadView {
  readonly element: HTMLElement;
  private readonly log = el('div', { class: 'log', role: 'log', 'aria-live': 'off', tabindex: 0 });
  private readonly notice = el('p', { class: 'notice', hidden: true });
  private readonly composer: Composer;
  private readonly list: HistoryList;
  private conversation: Conversation;
  private running: AbortController | undefined;

  constructor(private readonly api: Api, private readonly history: History,
              private readonly options: ThreadOptions) {
    this.conversation = newConversation(options.kind, Date.now());
    this.composer = new Composer(options.placeholder, {
      send: (text) => { void this.ask(text); },
      stop: () => { this.running?.abort(); },
    });
    this.list = new HistoryList(history, options.kind, {
      open: (conversation) => { this.open(conversation); },
      begin: () => { this.begin(); },
    });
    this.log.setAttribute('aria-label', options.title);
    this.element = el('div', { class: 'thread' }, this.list.element,
      el('div', { class: 'talk' }, this.notice, this.log,
        el('div', { class: 'foot' }, ...(options.tools ? [options.tools] : []),
          this.composer.element)));
    this.show();
  }

  focus(): void {
    this.composer.focus();
  }

  /** Says something above the conversation; empty: nothing. */
  warn(text: string): void {
    this.notice.textContent = text;
    this.notice.hidden = text === '';
  }

  private begin(): void {
    this.open(newConversation(this.options.kind, Date.now()));
    this.focus();
  }

  private open(conversation: Conversation): void {
    this.running?.abort();
    this.conversation = conversation;
    this.show();
  }

  private show(): void {
    this.list.show(this.conversation.id);
    const turns = this.conversation.turns.map((turn) => new TurnView(turn).element);
    this.log.replaceChildren(...(turns.length === 0 ? [this.welcome()] : turns));
    this.log.scrollTop = this.log.scrollHeight;
  }

  private welcome(): HTMLElement {
    const examples = this.options.examples.map((text) => {
      const button = el('button', { type: 'button', class: 'example' }, text);
      button.addEventListener('click', () => { this.composer.fill(text); });
      return el('li', {}, button);
    });
    return el('div', { class: 'welcome' }, el('h2', {}, this.options.title),
      el('ul', { 'aria-label': 'Examples' }, ...examples));
  }

  private async ask(text: string): Promise<void> {
    const { conversation } = this;
    const why = this.options.prepare?.(conversation);
    if (why !== undefined) {
      this.warn(why);
      announce(why);
      return;
    }
    this.composer.clear();
    conversation.turns.push({ role: 'user', text });
    const body = chatBody(conversation);
    const turn: Turn = { role: 'assistant', text: '' };
    conversation.turns.push(turn);
    this.show();
    await this.answer(conversation, turn, body);
  }

  private async answer(conversation: Conversation, turn: Turn, body: unknown): Promise<void> {
    const view = new TurnView(turn);
    this.log.lastElementChild?.replaceWith(view.element);
    const running = new AbortController();
    this.running = running;
    this.composer.busy(true);
    view.busy(true);
    announce(this.options.kind === 'ask' ? 'Searching the repository' : 'Answering');
    try {
      for await (const data of this.api.postEvents('/v1/chat/completions', body, running.signal)) {
        addEvent(turn, data);
        this.follow(() => { view.updateSoon(); });
      }
    } catch (error) {
      if (running.signal.aborted) turn.stopped = true;
      else turn.error = reasonOf(error);
    }
    conversation.changed = Date.now();
    this.history.save(conversation);
    if (this.running === running) {
      this.running = undefined;
      this.composer.busy(false);
    }
    this.follow(() => { view.busy(false); });
    this.list.show(this.conversation.id);
    announce(turn.error ?? (turn.text === '' ? 'Stopped' : turn.text));
  }

  /** Keeps the end in sight while something grows, unless the user scrolled away from it. */
  private follow(change: () => void): void {
    const { log } = this;
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
    change();
    if (atEnd) requestAnimationFrame(() => { log.scrollTop = log.scrollHeight; });
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof ApiError && error.status === 503) {
    return `${error.message}. Ask again in a moment.`;
  }
  if (error instanceof TypeError) return 'krait is not reached: is `krait serve` still running?';
  return error instanceof Error ? error.message : String(error);
}
