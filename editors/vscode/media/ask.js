// SPDX-License-Identifier: Apache-2.0
//
// The page of the panel with questions and answers: draws the turns that it is sent.
const host = acquireVsCodeApi();
const turnsElement = document.getElementById('turns');
const question = document.getElementById('question');
const stop = document.getElementById('stop');

// What an answer may consist of; of all else its text stays. No attributes, so no links either.
const structure = new Set(`P PRE CODE UL OL LI EM STRONG H1 H2 H3 H4 H5 H6 BLOCKQUOTE TABLE THEAD
  TBODY TR TH TD BR HR`.split(/\s+/));
const unread = new Set(['SCRIPT', 'STYLE', 'TEMPLATE', 'TITLE']);

function copySafely(from, to) {
  for (const node of from.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) {
      to.append(node.data);
    } else if (node.nodeType === Node.ELEMENT_NODE && !unread.has(node.tagName)) {
      const known = structure.has(node.tagName);
      const target = known ? to.appendChild(document.createElement(node.tagName)) : to;
      copySafely(node, target);
    }
  }
}

function make(tag, text, className = '') {
  const element = document.createElement(tag);
  element.textContent = text;
  element.className = className;
  return element;
}

function placesOf(names, turn) {
  const list = make('ul', '', 'places');
  names.forEach((name, place) => {
    const link = make('button', name, 'place');
    link.addEventListener('click', () => host.postMessage({ kind: 'open', turn, place }));
    list.appendChild(document.createElement('li')).append(link);
  });
  return list;
}

function draw(turns) {
  const page = document.scrollingElement;
  // Who reads further up is left there.
  const follows = page.scrollTop + page.clientHeight >= page.scrollHeight - 20;
  turnsElement.replaceChildren(...turns.map((turn, index) => {
    const section = make('section', '', turn.continues ? 'continues' : '');
    const answer = make('div', '', 'answer');
    copySafely(new DOMParser().parseFromString(turn.html, 'text/html').body, answer);
    section.append(make('h2', turn.question), answer, make('p', turn.note, 'note'),
      placesOf(turn.places, index));
    return section;
  }));
  stop.hidden = !turns.some((turn) => turn.underWay);
  document.getElementById('continue').disabled = turns.length === 0;
  if (follows) page.scrollTop = page.scrollHeight;
}

function ask(continues) {
  if (question.value.trim() === '') return;
  host.postMessage({ kind: 'ask', question: question.value, continues });
  question.value = '';
  host.setState('');
}

document.getElementById('form').addEventListener('submit', (event) => {
  event.preventDefault();
  ask(true);
});
document.getElementById('anew').addEventListener('click', () => ask(false));
stop.addEventListener('click', () => host.postMessage({ kind: 'stop' }));
question.addEventListener('input', () => host.setState(question.value));
question.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  ask(true);
});
window.addEventListener('message', ({ data }) => draw(data.turns));

question.value = host.getState() ?? '';
host.postMessage({ kind: 'ready' });
