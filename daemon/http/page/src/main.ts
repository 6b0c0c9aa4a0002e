// SPDX-License-Identifier: Apache-2.0
import { Api } from './api';
import { byId, el } from './dom';
import { History } from './history';
import { PlaygroundView } from './playground-view';
import { RepositoryChoice } from './repository-choice';
import type { DaemonState } from './series';
import { StateView } from './state-view';
import { themeButton } from './theme';
import { ThreadView } from './thread-view';

interface View {
  readonly name: string;
  readonly element: HTMLElement;
  show(shown: boolean): void;
}

async function askForToken(): Promise<string> {
  const dialog = byId('token') as HTMLDialogElement;
  const field = byId('token-field') as HTMLInputElement;
  field.value = '';
  dialog.addEventListener('cancel', (event) => { event.preventDefault(); });
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => { resolve(field.value.trim()); }, { once: true });
  });
}

const api = new Api(askForToken);
const history = new History(localStorage);
const repository = new RepositoryChoice(api);

const chat = new ThreadView(api, history, {
  kind: 'chat', title: 'Ask the model anything',
  placeholder: 'Message the model',
  examples: ['What does `git rebase --onto` do?', 'Write a Python function that merges two sorted lists.',
    'Explain the difference between a mutex and a semaphore.'],
});
const ask = new ThreadView(api, history, {
  kind: 'ask', title: 'Ask a repository, with the places that the answer is from',
  placeholder: 'Ask about the code',
  examples: ['Where are settings read?', 'How are requests cancelled?', 'What starts the server?'],
  tools: repository.element,
  prepare: (conversation) => {
    if (repository.directory === '') return 'There is no repository to ask: `krait index DIRECTORY` makes one known.';
    ask.warn('');
    conversation.repository = repository.directory;
    return undefined;
  },
});
const playground = new PlaygroundView(api);
const state = new StateView(api);

function thread(name: string, view: ThreadView, shown: () => void): View {
  return { name, element: view.element, show: (is) => {
    if (!is) return;
    view.focus();
    shown();
  } };
}

const views: readonly View[] = [
  thread('chat', chat, () => undefined),
  thread('ask', ask, () => { void repository.load().catch((error: unknown) => { ask.warn(String(error)); }); }),
  { name: 'complete', element: playground.element, show: (is) => { if (is) playground.focus(); } },
  { name: 'state', element: state.element, show: (is) => { state.shown = is; } },
];

function route(): void {
  const wanted = location.hash.slice(1);
  if (wanted === 'main') return; // the skip link
  const current = views.find((view) => view.name === wanted) ?? views[0];
  for (const view of views) {
    view.element.hidden = view !== current;
    view.show(view === current);
  }
  for (const link of document.querySelectorAll('nav a')) {
    if (link.getAttribute('href') === `#${current?.name ?? ''}`) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
}

/** Says which model there is, until there is one. */
async function showModel(): Promise<void> {
  const { model } = await api.getJson<DaemonState>('/krait/state');
  if (!model.ready) {
    byId('model').textContent = 'loading the model';
    setTimeout(() => { void showModel(); }, 1000);
    return;
  }
  const details = [model.name, model.quantisation].filter((part) => part !== undefined && part !== '');
  byId('model').replaceChildren(el('span', { class: 'dot', 'aria-hidden': 'true' }), details.join(' · '));
  if (model.no_chat !== undefined && model.no_chat !== '') {
    chat.warn(`${model.name ?? 'The model'} completes code and does not chat. \`krait model list --remote\` shows models that do; Ask and Complete work with this one.`);
  }
}

themeButton(byId('theme'));
byId('main').append(...views.map((view) => view.element));
addEventListener('hashchange', route);
route();
showModel().catch((error: unknown) => { byId('model').textContent = String(error); });
