// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Conversation, finishTurn, stopTurn } from '../../src/conversation';

function ask(
  conversation: Conversation, question: string, continues: boolean, answer = `of ${question}`,
): void {
  finishTurn(conversation.begin(question, continues, undefined), { answer, citations: [] });
}

test('a question goes on with what was said since the conversation began', () => {
  const conversation = new Conversation();
  assert.deepEqual(conversation.earlier(), []);
  ask(conversation, 'old', true);
  assert.equal(conversation.turns[0]?.continues, false, 'with nothing before it');
  ask(conversation, 'a', false);
  ask(conversation, 'b', true);
  assert.deepEqual(conversation.earlier(),
    [{ question: 'a', answer: 'of a' }, { question: 'b', answer: 'of b' }]);
});

test('what was not answered is not said to have been', () => {
  const conversation = new Conversation();
  ask(conversation, 'a', false);
  const stopped = conversation.begin('b', true, undefined);
  stopped.answer = 'half';
  stopTurn(stopped, 'stopped');
  conversation.begin('c', true, undefined).answer = 'under way';
  assert.deepEqual(conversation.earlier(), [{ question: 'a', answer: 'of a' }]);
});

test('is bounded', () => {
  const conversation = new Conversation();
  for (let i = 0; i < 60; ++i) ask(conversation, `${i}`, i > 0, `x${'\u{1f40d}'.repeat(5000)}`);
  assert.equal(conversation.turns.length, 50);
  const earlier = conversation.earlier();
  assert.deepEqual(earlier.map((turn) => turn.question),
    ['52', '53', '54', '55', '56', '57', '58', '59']);
  assert.equal(earlier[0]?.answer, `x${'\u{1f40d}'.repeat(1999)}`, 'no half of a character');
});

test('an answer takes the place of what was said on the way', () => {
  const conversation = new Conversation();
  const turn = conversation.begin('a', false, 'file:///a.py');
  turn.answer = 'There [1]';
  finishTurn(turn, { answer: 'There', citations: [{ uri: 'file:///b', line: 3 }] });
  assert.deepEqual(turn, {
    question: 'a', continues: false, uri: 'file:///a.py', answer: 'There',
    places: [{ uri: 'file:///b', line: 3 }], note: undefined, underWay: false,
  });
});
