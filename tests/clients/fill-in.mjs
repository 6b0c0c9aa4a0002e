// SPDX-License-Identifier: Apache-2.0
//
// npm's openai, @mistralai/mistralai and ollama fill in: fill-in.mjs URL BEFORE AFTER
import assert from 'node:assert/strict';
import { Mistral } from '@mistralai/mistralai';
import { Ollama } from 'ollama';
import OpenAI from 'openai';

const [url, before, after] = process.argv.slice(2);

const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0 });
const fields = { model: 'krait', prompt: before, suffix: after, max_tokens: 8 };
const whole = await openai.completions.create(fields);
assert.match(whole.choices[0].text, /^append\(/);
let text = '';
for await (const part of await openai.completions.create({ ...fields, stream: true })) {
  text += part.choices[0].text;
}
assert.equal(text, whole.choices[0].text);
await assert.rejects(openai.completions.create({ ...fields, max_tokens: 'many' }),
  (error) => error instanceof OpenAI.BadRequestError && /max_tokens/.test(error.message));

const mistral = new Mistral({ apiKey: 'any', serverURL: url, retryConfig: { strategy: 'none' } });
const place = { model: 'codestral-latest', prompt: before, suffix: after, maxTokens: 8, temperature: 0 };
const filled = await mistral.fim.complete(place);
assert.match(filled.choices[0].message.content, /^append\(/);
text = '';
for await (const event of await mistral.fim.stream(place)) {
  text += event.data.choices[0].delta.content ?? '';
}
assert.equal(text, filled.choices[0].message.content);

const ollama = new Ollama({ host: url });
const asked = { model: 'krait', prompt: before, suffix: after, options: { num_predict: 8, temperature: 0 } };
const generated = await ollama.generate(asked);
assert.match(generated.response, /^append\(/);
text = '';
for await (const part of await ollama.generate({ ...asked, stream: true })) text += part.response;
assert.equal(text, generated.response);
assert.equal((await ollama.list()).models.length, 1);
