// SPDX-License-Identifier: Apache-2.0
import type { Conversation, Kind, Turn } from './conversation';

const prefix = 'krait.conversation.';
const most = 200;

/** What `localStorage` is to conversations. */
export type Store = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>;

/** Conversations, kept in this browser and nowhere else. */
export class History {
  constructor(private readonly store: Store) {}

  /** Those of a kind, the last one first. */
  list(kind: Kind): Conversation[] {
    return this.all().filter((conversation) => conversation.kind === kind);
  }

  /** Keeps a conversation; where there is no more room, the oldest give theirs. */
  save(conversation: Conversation): void {
    const others = this.all().filter((other) => other.id !== conversation.id);
    for (const old of others.splice(most - 1)) this.remove(old.id);
    const text = JSON.stringify(conversation);
    for (;;) {
      try {
        this.store.setItem(prefix + conversation.id, text);
        return;
      } catch {
        const oldest = others.pop();
        if (oldest === undefined) return; // larger than all the room
        this.remove(oldest.id);
      }
    }
  }

  remove(id: string): void {
    this.store.removeItem(prefix + id);
  }

  private all(): Conversation[] {
    const found: Conversation[] = [];
    for (let i = 0; i < this.store.length; ++i) {
      const key = this.store.key(i);
      if (key?.startsWith(prefix) !== true) continue;
      const conversation = read(this.store.getItem(key));
      if (conversation !== undefined) found.push(conversation);
    }
    return found.sort((a, b) => b.changed - a.changed);
  }
}

/** Nothing for what another version, or somebody else, has written. */
function read(text: string | null): Conversation | undefined {
  try {
    const value = JSON.parse(text ?? '') as Partial<Conversation> | null;
    if (value === null || typeof value.id !== 'string' || typeof value.changed !== 'number'
        || (value.kind !== 'chat' && value.kind !== 'ask')
        || !Array.isArray(value.turns) || !value.turns.every(isTurn)) return undefined;
    return value as Conversation;
  } catch {
    return undefined;
  }
}

function isTurn(turn: Partial<Turn> | null): boolean {
  return turn !== null && typeof turn.text === 'string'
    && (turn.role === 'user' || turn.role === 'assistant');
}
