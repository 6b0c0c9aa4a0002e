// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { listOf, objectOf, textOf, type JsonObject } from '../../src/json';
import type { Places } from './places';
import { waitFor } from './wait';

/** What the stub server of a test answers. */
export interface Script {
  /** Lines that it knows: the rest of one is offered to who has typed its beginning. */
  readonly completions: readonly string[];
  readonly explanation: JsonObject | null;
  readonly status: JsonObject;
  /** Which requests of krait's own it says that it answers. */
  readonly requests: readonly string[];
}

/** The other end of stub-server.mjs. */
export class StubServer {
  readonly program = path.resolve('test/e2e/stub-server.mjs');

  constructor(private readonly places: Places, script: Script) {
    this.play(script);
  }

  play(script: Script): void {
    this.write('script.json', script);
  }

  /** Lets the server send a notification. */
  say(method: string, params: object): void {
    this.write('say.json', { method, params });
  }

  crash(): void {
    writeFileSync(path.join(this.places.stub, 'crash'), '');
  }

  messages(): readonly JsonObject[] {
    const file = path.join(this.places.stub, 'log.jsonl');
    if (!existsSync(file)) return [];
    return readFileSync(file, 'utf8').split('\n').slice(0, -1)
      .map((line) => objectOf(JSON.parse(line)));
  }

  /** Params of the messages of a method, the oldest first. */
  received(method: string): readonly JsonObject[] {
    return this.messages().filter((message) => message['method'] === method)
      .map((message) => objectOf(message['params']));
  }

  starts(): number {
    return this.messages().filter((message) => message['started'] !== undefined).length;
  }

  /** The last message of a method for which something is true. */
  async waitForMessage(
    method: string, isRight: (params: JsonObject) => boolean,
  ): Promise<JsonObject> {
    return waitFor(`${method} at the server`, () => this.received(method).findLast(isRight),
      () => JSON.stringify(this.received(method).slice(-3)));
  }

  // Renamed, so that it is never read half.
  private write(name: string, value: object): void {
    const file = path.join(this.places.stub, name);
    writeFileSync(`${file}.new`, JSON.stringify(value));
    renameSync(`${file}.new`, file);
  }

  /** Each text that was inserted into a document, in order. */
  insertions(): readonly string[] {
    return this.received('textDocument/didChange')
      .flatMap((params) => listOf(params['contentChanges']))
      .map((change) => textOf(objectOf(change)['text']) ?? '');
  }
}
