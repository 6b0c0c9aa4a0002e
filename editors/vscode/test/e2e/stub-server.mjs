#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
//
// A language server that says exactly what a test wants, in place of `krait lsp`. It lives in the
// folder $KRAIT_STUB: `script.json` has what it answers (see ScriptedServer in stub.ts), it
// logs each message that it gets to `log.jsonl`, sends the notification in `say.json` when that
// appears, and ends at once when the file `crash` does.
import { appendFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';

const folder = process.env.KRAIT_STUB;
const script = () => JSON.parse(readFileSync(path.join(folder, 'script.json'), 'utf8'));
const crashFile = path.join(folder, 'crash');
const sayFile = path.join(folder, 'say.json');
const documents = new Map();
const endless = new Set(); // requests that end when they are cancelled

if (process.argv[2] === 'doctor') {
  console.log(`stub doctor ${JSON.stringify(process.argv.slice(3))}`);
  process.exit(0);
}

function send(message) {
  const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message }));
  process.stdout.write(`Content-Length: ${body.length}\r\n\r\n`);
  process.stdout.write(body);
}

function log(entry) {
  appendFileSync(path.join(folder, 'log.jsonl'), `${JSON.stringify(entry)}\n`);
}

function offsetOf(text, { line, character }) {
  let begin = 0;
  for (let i = 0; i < line; ++i) begin = text.indexOf('\n', begin) + 1;
  return begin + character;
}

function change({ textDocument: { uri }, contentChanges }) {
  let text = documents.get(uri);
  for (const { range, text: inserted } of contentChanges) {
    text = range === undefined ? inserted : text.slice(0, offsetOf(text, range.start))
      + inserted + text.slice(offsetOf(text, range.end));
  }
  documents.set(uri, text);
}

// Offers the rest of the first text of the script that the line begins; of all, if the user asked.
function complete({ textDocument: { uri }, position, context }) {
  const text = documents.get(uri);
  const cursor = offsetOf(text, position);
  const typed = text.slice(cursor - position.character, cursor);
  const wholes = script().completions.filter((candidate) =>
    typed.trim() !== '' && candidate.startsWith(typed) && candidate !== typed);
  const range = { start: position, end: position };
  const items = wholes.map((whole) => ({
    insertText: whole.slice(typed.length),
    range,
    command: {
      title: 'accepted', command: 'krait.didAcceptCompletionItem', arguments: [`id of ${whole}`],
    },
  }));
  return { items: context.triggerKind === 1 ? items : items.slice(0, 1) };
}

// Says what it was asked, after which questions, and that b.py has it.
function ask({ question, earlier = [], textDocument }) {
  const before = earlier.map((turn) => turn.question).join(', ');
  const uri = textDocument.uri.replace('a.py', 'b.py');
  return {
    answer: `You asked: **${question}** after [${before}] <img src="x">`,
    citations: [{ uri, range: { start: { line: 1, character: 0 } } }],
  };
}

const answers = {
  'initialize': () => ({
    capabilities: {
      textDocumentSync: 2,
      inlineCompletionProvider: {},
      executeCommandProvider: { commands: ['krait.didAcceptCompletionItem'] },
      experimental: { krait: { version: 'stub', requests: script().requests } },
    },
  }),
  'textDocument/inlineCompletion': complete,
  'krait/explain': () => script().explanation,
  'krait/status': () => ({ version: 'stub', model: { description: 'a stub' } }),
  'krait/ask': ask,
};

const reactions = {
  'initialized': () => {
    send({ method: 'didChangeStatus', params: script().status });
    const settings = {
      id: 'changes', method: 'workspace/didChangeConfiguration', registerOptions: { section: 'krait' },
    };
    send({
      id: 'register', method: 'client/registerCapability', params: { registrations: [settings] },
    });
    send({
      id: 'settings', method: 'workspace/configuration', params: { items: [{ section: 'krait' }] },
    });
  },
  'textDocument/didOpen': ({ textDocument }) => documents.set(textDocument.uri, textDocument.text),
  'textDocument/didChange': change,
  '$/cancelRequest': ({ id }) => {
    if (endless.delete(id)) send({ id, error: { code: -32800, message: 'cancelled' } });
  },
  'exit': () => process.exit(0),
};

function receive(message) {
  log(message);
  const { id, method, params } = message;
  reactions[method]?.(params);
  if (method === 'krait/ask') {
    const { partialResultToken: token, question } = params;
    send({ method: '$/progress', params: { token, value: { text: 'Well, ' } } });
    if (question === 'endless') {
      send({ method: '$/progress', params: { token, value: { text: 'let me see' } } });
      endless.add(id);
      return;
    }
  }
  if (id !== undefined && method !== undefined) {
    send({ id, result: answers[method]?.(params) ?? null });
  }
}

let buffer = Buffer.alloc(0);
process.stdin.on('data', (data) => {
  buffer = Buffer.concat([buffer, data]);
  for (;;) {
    const end = buffer.indexOf('\r\n\r\n');
    if (end < 0) return;
    const length = Number(/Content-Length: (\d+)/i.exec(buffer.toString('latin1', 0, end))[1]);
    if (buffer.length < end + 4 + length) return;
    const body = buffer.toString('utf8', end + 4, end + 4 + length);
    buffer = buffer.subarray(end + 4 + length);
    receive(JSON.parse(body));
  }
});
process.stdin.on('end', () => process.exit(0));

setInterval(() => {
  if (existsSync(sayFile)) {
    const notification = JSON.parse(readFileSync(sayFile, 'utf8'));
    rmSync(sayFile);
    send(notification);
  }
  if (!existsSync(crashFile)) return;
  rmSync(crashFile);
  process.exit(70);
}, 20);
log({ started: process.pid, arguments: process.argv.slice(2) });
