// SPDX-License-Identifier: Apache-2.0

/** A place of a repository that an answer names. */
export interface Citation {
  readonly path: string;
  readonly line: number;
  readonly end_line: number;
  /** What the two count; "line" if it is not said. */
  readonly unit?: string;
  readonly text: string;
}

/** What the model named as a place, and why it was taken out. */
export interface Dropped {
  readonly text: string;
  readonly why: string;
}

/** What is known of an answer besides its text. */
export interface About {
  readonly found: boolean;
  readonly citations: readonly Citation[];
  readonly dropped: readonly Dropped[];
}

/** What an answer took, in tokens. */
export interface Cost {
  readonly reused: number;
  readonly computed: number;
  readonly generated: number;
  readonly ms: number;
}

export interface Turn {
  readonly role: 'user' | 'assistant';
  text: string;
  about?: About;
  cost?: Cost;
  /** The user did not want more of it. */
  stopped?: boolean;
  /** Why there is no answer. */
  error?: string;
}

export type Kind = 'chat' | 'ask';

export interface Conversation {
  readonly id: string;
  readonly kind: Kind;
  /** Of `ask`: the directory. */
  repository?: string;
  /** When something was said last, in milliseconds since 1970. */
  changed: number;
  readonly turns: Turn[];
}

export function newConversation(kind: Kind, now: number): Conversation {
  return { id: `${now.toString(36)}-${crypto.randomUUID()}`, kind, changed: now, turns: [] };
}

/** What it is called in a list: how its first question begins. */
export function titleOf(conversation: Conversation): string {
  const first = conversation.turns[0]?.text.trim().split('\n')[0] ?? '';
  const characters = Array.from(first);
  return characters.length <= 60 ? first : `${characters.slice(0, 59).join('').trimEnd()}…`;
}

export interface Message {
  readonly role: 'user' | 'assistant';
  readonly content: string;
}

/** What is sent: a question without an answer is asked once only, as the last one. */
export function messagesOf(conversation: Conversation): Message[] {
  const messages: Message[] = [];
  for (const turn of conversation.turns) {
    if (turn.role === 'assistant' && turn.text === '') {
      messages.pop();
      continue;
    }
    messages.push({ role: turn.role, content: turn.text });
  }
  return messages;
}

/** "daemon/main.cc:12-34", "manual.pdf:page 3" */
export function placeOf({ path, line, end_line: last, unit = 'line' }: Citation): string {
  const numbers = line === last ? `${line}` : `${line}-${last}`;
  if (unit === 'line') return `${path}:${numbers}`;
  return `${path}:${unit}${line === last ? '' : 's'} ${numbers}`;
}
