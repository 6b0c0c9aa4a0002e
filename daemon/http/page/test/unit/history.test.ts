// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newConversation, type Conversation, type Kind } from '../../src/conversation';
import { History, type Store } from '../../src/history';

/** A storage with room for so many characters. */
class SmallStore implements Store {
  private readonly items = new Map<string, string>();

  constructor(private readonly room = 1e9) {}
  get length(): number { return this.items.size; }
  key(index: number): string | null { return [...this.items.keys()][index] ?? null; }
  getItem(key: string): string | null { return this.items.get(key) ?? null; }
  removeItem(key: string): void { this.items.delete(key); }
  setItem(key: string, value: string): void {
    let taken = value.length;
    for (const [other, text] of this.items) if (other !== key) taken += text.length;
    if (taken > this.room) throw new Error('QuotaExceededError');
    this.items.set(key, value);
  }
}

function conversation(kind: Kind, changed: number, text = 'q'): Conversation {
  const one = newConversation(kind, changed);
  one.turns.push({ role: 'user', text });
  return one;
}

test('what was said last comes first, by kind', () => {
  const history = new History(new SmallStore());
  const [a, b, c] = [conversation('chat', 1), conversation('chat', 3), conversation('ask', 2)];
  for (const one of [a, b, c]) history.save(one);
  assert.deepEqual(history.list('chat').map(({ id }) => id), [b.id, a.id]);
  assert.deepEqual(history.list('ask'), [c]);
  history.remove(b.id);
  assert.deepEqual(history.list('chat'), [a]);
});

test('a conversation that goes on is kept once', () => {
  const history = new History(new SmallStore());
  const one = conversation('chat', 1);
  history.save(one);
  one.turns.push({ role: 'assistant', text: 'a' });
  history.save(one);
  assert.deepEqual(history.list('chat'), [one]);
});

test('the oldest give their room', () => {
  const history = new History(new SmallStore(2000));
  for (let i = 1; i <= 5; ++i) history.save(conversation('chat', i, 'x'.repeat(500)));
  const kept = history.list('chat').map(({ changed }) => changed);
  assert.equal(kept[0], 5);
  assert.ok(kept.length >= 2 && kept.length < 5, String(kept));
  history.save(conversation('chat', 6, 'x'.repeat(5000))); // no room for it whatever goes
  assert.deepEqual(history.list('chat'), []);
});

test('what somebody else has written is passed over', () => {
  const store = new SmallStore();
  store.setItem('krait.conversation.x', '{');
  store.setItem('krait.conversation.y', '{"id":"y","kind":"chat","changed":1,"turns":[{"role":"god","text":""}]}');
  store.setItem('krait.conversation.z', 'null');
  store.setItem('other', '1');
  assert.deepEqual(new History(store).list('chat'), []);
});
