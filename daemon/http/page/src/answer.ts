// SPDX-License-Identifier: Apache-2.0
import type { About, Conversation, Cost, Turn } from './conversation';
import { messagesOf } from './conversation';

interface Timings {
  readonly cache_n: number;
  readonly prompt_n: number;
  readonly prompt_ms: number;
  readonly predicted_n: number;
  readonly predicted_ms: number;
}

interface Chunk {
  readonly choices?: readonly { readonly delta?: { readonly content?: string } }[];
  readonly krait?: About & { readonly answer?: string };
  readonly timings?: Timings;
  readonly error?: { readonly message: string };
}

/** The body of a request for the answer to a conversation's last question. */
export function chatBody(conversation: Conversation): Record<string, unknown> {
  const body: Record<string, unknown> = {
    model: 'krait', messages: messagesOf(conversation),
    stream: true, stream_options: { include_usage: true },
  };
  if (conversation.repository !== undefined) {
    body['krait'] = { repository: conversation.repository };
  }
  return body;
}

export function costOf(timings: Timings): Cost {
  return {
    reused: timings.cache_n, computed: timings.prompt_n, generated: timings.predicted_n,
    ms: timings.prompt_ms + timings.predicted_ms,
  };
}

/** Takes an event of a streamed answer into a turn. Throws what the server says failed. */
export function addEvent(turn: Turn, data: string): void {
  if (data === '[DONE]') return;
  const chunk = JSON.parse(data) as Chunk;
  if (chunk.error !== undefined) throw new Error(chunk.error.message);
  turn.text += chunk.choices?.[0]?.delta?.content ?? '';
  if (chunk.krait !== undefined) {
    const { found, citations, dropped, answer } = chunk.krait;
    turn.about = { found, citations, dropped };
    if (answer !== undefined) turn.text = answer;
  }
  if (chunk.timings !== undefined) turn.cost = costOf(chunk.timings);
}
