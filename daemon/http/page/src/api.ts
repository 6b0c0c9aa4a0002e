// SPDX-License-Identifier: Apache-2.0
import { EventCutter } from './events';

/** What the server said instead of an answer. */
export class ApiError extends Error {
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

/** Asks the user for the token that a server wants. */
export type AskForToken = () => Promise<string>;

const tokenKey = 'krait.token';

async function errorOf(answer: Response): Promise<ApiError> {
  const text = await answer.text();
  try {
    const { error } = JSON.parse(text) as { error?: { message?: string } };
    if (error?.message !== undefined) return new ApiError(answer.status, error.message);
  } catch {
    // not of krait: a proxy's
  }
  return new ApiError(answer.status, `the server answered ${answer.status}`);
}

/** krait by HTTP, from where the page is. */
export class Api {
  private asked: Promise<string> | undefined;

  constructor(private readonly askForToken: AskForToken) {}

  async getJson<Answer>(path: string): Promise<Answer> {
    return await (await this.request(path, { method: 'GET' })).json() as Answer;
  }

  async postJson<Answer>(path: string, body: unknown, signal: AbortSignal): Promise<Answer> {
    return await (await this.post(path, body, signal)).json() as Answer;
  }

  /** The data of the events with which a request is answered. */
  async* postEvents(path: string, body: unknown, signal: AbortSignal): AsyncGenerator<string> {
    const answer = await this.post(path, body, signal);
    if (answer.body === null) return;
    const cutter = new EventCutter();
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield* cutter.push(value);
    }
  }

  private async post(path: string, body: unknown, signal: AbortSignal): Promise<Response> {
    return this.request(path, {
      method: 'POST', body: JSON.stringify(body), signal,
      headers: { 'Content-Type': 'application/json' },
    });
  }

  private async request(path: string, options: RequestInit): Promise<Response> {
    for (;;) {
      const token = sessionStorage.getItem(tokenKey);
      const headers = new Headers(options.headers);
      if (token !== null) headers.set('Authorization', `Bearer ${token}`);
      const answer = await fetch(path, { ...options, headers });
      if (answer.ok) return answer;
      if (answer.status !== 401) throw await errorOf(answer);
      // All that wait for it ask once.
      this.asked ??= this.askForToken().finally(() => { this.asked = undefined; });
      sessionStorage.setItem(tokenKey, await this.asked);
    }
  }
}
