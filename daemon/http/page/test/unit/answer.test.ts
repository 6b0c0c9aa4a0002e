// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addEvent, chatBody } from '../../src/answer';
import { newConversation, titleOf, messagesOf, placeOf, type Turn } from '../../src/conversation';

test('an answer grows by its events, and says what it took', () => {
  const turn: Turn = { role: 'assistant', text: '' };
  addEvent(turn, '{"choices":[{"delta":{"role":"assistant","content":""}}]}');
  addEvent(turn, '{"choices":[{"delta":{"content":"Hel"}}]}');
  addEvent(turn, '{"choices":[{"delta":{"content":"lo"}}]}');
  addEvent(turn, '{"choices":[{"delta":{},"finish_reason":"stop"}]}');
  addEvent(turn, '{"choices":[],"timings":{"cache_n":7,"prompt_n":2,"prompt_ms":1.5,"predicted_n":3,"predicted_ms":2}}');
  addEvent(turn, '[DONE]');
  assert.deepEqual(turn, { role: 'assistant', text: 'Hello',
    cost: { reused: 7, computed: 2, generated: 3, ms: 3.5 } });
});

test('what was checked at the end takes the place of what was streamed', () => {
  const turn: Turn = { role: 'assistant', text: 'It is [a.py:1] [no.py:9].' };
  addEvent(turn, JSON.stringify({ choices: [{ delta: {} }], krait: {
    found: true, citations: [{ path: 'a.py', line: 1, end_line: 1, text: 'x\n' }],
    dropped: [{ text: '[no.py:9]', why: 'was not shown to it' }], answer: 'It is [a.py:1].' } }));
  assert.equal(turn.text, 'It is [a.py:1].');
  assert.deepEqual(turn.about?.citations.map(placeOf), ['a.py:1']);
  assert.deepEqual(turn.about.dropped.map(({ text }) => text), ['[no.py:9]']);
});

test('a place has lines, pages or cells', () => {
  const place = { path: 'a', line: 3, end_line: 3, text: '' };
  assert.equal(placeOf({ ...place, unit: 'line' }), 'a:3');
  assert.equal(placeOf({ ...place, unit: 'page' }), 'a:page 3');
  assert.equal(placeOf({ ...place, end_line: 5, unit: 'cell' }), 'a:cells 3-5');
});

test('an error within a stream is thrown', () => {
  const turn: Turn = { role: 'assistant', text: 'a' };
  assert.throws(() => { addEvent(turn, '{"error":{"message":"the context is full"}}'); }, /the context is full/);
});

test('a question that was not answered is sent once only', () => {
  const conversation = newConversation('ask', 5);
  conversation.repository = '/r';
  conversation.turns.push({ role: 'user', text: 'lost' }, { role: 'assistant', text: '', error: 'x' },
    { role: 'user', text: 'first' }, { role: 'assistant', text: 'one' }, { role: 'user', text: 'next' });
  assert.deepEqual(messagesOf(conversation).map(({ content }) => content), ['first', 'one', 'next']);
  assert.deepEqual(chatBody(conversation)['krait'], { repository: '/r' });
});

test('a title is the begin of the first question', () => {
  const conversation = newConversation('chat', 5);
  assert.equal(titleOf(conversation), '');
  conversation.turns.push({ role: 'user', text: '  What is this?\nCode' });
  assert.equal(titleOf(conversation), 'What is this?');
  conversation.turns[0] = { role: 'user', text: '🐍'.repeat(100) };
  assert.equal(titleOf(conversation), `${'🐍'.repeat(59)}…`);
});
