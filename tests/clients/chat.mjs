// SPDX-License-Identifier: Apache-2.0
//
// npm's openai, @mistralai/mistralai and ollama chat: chat.mjs URL
import assert from 'node:assert/strict';
import { Mistral } from '@mistralai/mistralai';
import { Ollama } from 'ollama';
import OpenAI from 'openai';

const [url] = process.argv.slice(2);
const messages = [{ role: 'user', content: 'Say hello.' }];

const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0 });
const fields = { model: 'krait', messages, max_tokens: 8, seed: 1 };
const whole = await openai.chat.completions.create(fields);
const said = whole.choices[0].message.content;
assert.ok(said.length > 1, said);
let text = '';
for await (const part of await openai.chat.completions.create({ ...fields, stream: true })) {
  text += part.choices[0].delta.content ?? '';
}
assert.equal(text, said);

const mistral = new Mistral({ apiKey: 'any', serverURL: url, retryConfig: { strategy: 'none' } });
const asked = { model: 'krait', messages, maxTokens: 8, randomSeed: 1 };
const answer = await mistral.chat.complete(asked);
assert.ok(answer.choices[0].message.content.length > 1);
text = '';
for await (const event of await mistral.chat.stream(asked)) {
  text += event.data.choices[0].delta.content ?? '';
}
assert.equal(text, answer.choices[0].message.content);

const ollama = new Ollama({ host: url });
const options = { num_predict: 8, seed: 1 };
const chatted = await ollama.chat({ model: 'krait', messages, options });
text = '';
for await (const part of await ollama.chat({ model: 'krait', messages, options, stream: true })) {
  text += part.message.content;
}
assert.equal(text, chatted.message.content);
