# SPDX-License-Identifier: Apache-2.0
"""Programs that others wrote for others' servers, against krait: `./dev test-clients`.

    clients_test.py KRAIT SOURCE_DIR
"""

import json
import os
import subprocess

import mistralai.client
import ollama
import openai

from clients_case import AFTER, BEFORE, CLIENTS, ROOT, ChatCase, CompletionCase
from daemon_case import main

QUESTION = [{'role': 'user', 'content': 'Say hello.'}]


class CurlTest(CompletionCase):
    """What people type, and what llama.vim sends with it."""

    def curl(self, path, body, *options):
        done = subprocess.run(['curl', '-sS', '--fail-with-body', *options, self.url + path, '-H',
                               'Content-Type: application/json', '-d', '@-'], input=json.dumps(body),
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done)
        return done.stdout

    def test_infill(self):
        said = json.loads(self.curl('/infill', {'input_prefix': BEFORE, 'input_suffix': AFTER,
                                                'n_predict': 8}))
        self.assertTrue(said['content'].startswith('append('), said['content'])

    def test_a_stream(self):
        said = self.curl('/v1/completions', {'prompt': BEFORE, 'suffix': AFTER, 'stream': True}, '-N')
        self.assertTrue(said.endswith('data: [DONE]\n\n'), said)

    def test_a_body_that_is_announced_first(self):
        # curl sends "Expect: 100-continue" with bodies over a megabyte.
        said = json.loads(self.curl('/tokenize', {'content': 'x ' * 600_000}))
        self.assertGreater(len(said['tokens']), 100_000)


class OpenAiPythonTest(CompletionCase):
    def setUp(self):
        super().setUp()
        self.client = openai.OpenAI(base_url=self.url + '/v1', api_key='any', max_retries=0)
        self.addCleanup(self.client.close)

    def test_fills_in(self):
        said = self.client.completions.create(model='krait', prompt=BEFORE, suffix=AFTER, max_tokens=8)
        self.assertTrue(said.choices[0].text.startswith('append('), said)
        self.assertGreater(said.usage.prompt_tokens, 20)

    def test_streams(self):
        parts = self.client.completions.create(model='krait', prompt=BEFORE, suffix=AFTER, max_tokens=8,
                                               stream=True)
        self.assertTrue(''.join(part.choices[0].text for part in parts).startswith('append('))

    def test_says_how_sure_it_is(self):
        said = self.client.completions.create(model='krait', prompt=BEFORE, suffix=AFTER, max_tokens=4,
                                              logprobs=3).choices[0]
        self.assertEqual(''.join(said.logprobs.tokens), said.text)
        for table, token in zip(said.logprobs.top_logprobs, said.logprobs.tokens):
            self.assertEqual(max(table, key=table.get), token)
            self.assertLessEqual(len(table), 3)

    def test_lists_models(self):
        self.assertEqual([model.owned_by for model in self.client.models.list()], ['krait'])

    def test_errors_are_its_own(self):
        with self.assertRaises(openai.BadRequestError) as wrong:
            self.client.completions.create(model='krait', prompt='a', max_tokens='many')
        self.assertIn('max_tokens', wrong.exception.message)
        with self.assertRaises(openai.APIStatusError) as unable:
            self.client.chat.completions.create(model='krait', messages=QUESTION)
        self.assertEqual(unable.exception.status_code, 501)


class OpenAiPythonChatTest(ChatCase):
    def test_chats_and_streams(self):
        with openai.OpenAI(base_url=self.url + '/v1', api_key='any', max_retries=0) as client:
            whole = client.chat.completions.create(model='krait', messages=QUESTION, max_tokens=8, seed=1)
            self.assertGreater(len(whole.choices[0].message.content), 1)
            parts = list(client.chat.completions.create(
                model='krait', messages=QUESTION, max_tokens=8, seed=1, stream=True,
                stream_options={'include_usage': True}))
            text = ''.join(part.choices[0].delta.content or '' for part in parts if part.choices)
            self.assertEqual(text, whole.choices[0].message.content)
            sure = client.chat.completions.create(model='krait', messages=QUESTION, max_tokens=4,
                                                  temperature=0, logprobs=True, top_logprobs=2)
            for one in sure.choices[0].logprobs.content:
                self.assertEqual([t.token for t in one.top_logprobs][:1], [one.token])
                self.assertEqual(len(one.top_logprobs), 2)
            usage = parts[-1].usage
            self.assertEqual(usage.prompt_tokens_details.cached_tokens, usage.prompt_tokens - 1)

    def test_the_helper_that_gathers_a_stream(self):
        with openai.OpenAI(base_url=self.url + '/v1', api_key='any', max_retries=0) as client:
            # To its end: it raises an error of its own for an answer that was cut.
            with client.chat.completions.stream(model='krait', messages=QUESTION, temperature=0) as stream:
                stream.until_done()
                said = stream.get_final_completion()
        self.assertGreater(len(said.choices[0].message.content), 1)


class MistralPythonTest(CompletionCase):
    def test_fills_in_and_streams(self):
        with mistralai.client.Mistral(api_key='any', server_url=self.url) as client:
            fields = {'model': 'codestral-latest', 'prompt': BEFORE, 'suffix': AFTER, 'max_tokens': 8,
                      'temperature': 0}
            said = client.fim.complete(**fields)
            self.assertTrue(said.choices[0].message.content.startswith('append('), said)
            parts = client.fim.stream(**fields)
            text = ''.join(part.data.choices[0].delta.content or '' for part in parts)
            self.assertEqual(text, said.choices[0].message.content)

    def test_errors_are_its_own(self):
        with mistralai.client.Mistral(api_key='any', server_url=self.url) as client:
            with self.assertRaises(mistralai.client.errors.MistralError) as wrong:
                client.chat.complete(model='krait', messages=QUESTION)
            self.assertEqual(wrong.exception.status_code, 501)

    def test_lists_models(self):
        with mistralai.client.Mistral(api_key='any', server_url=self.url) as client:
            self.assertEqual(len(client.models.list().data), 1)


class MistralPythonChatTest(ChatCase):
    def test_chats_and_streams(self):
        with mistralai.client.Mistral(api_key='any', server_url=self.url) as client:
            said = client.chat.complete(model='krait', messages=QUESTION, max_tokens=8, random_seed=1)
            self.assertGreater(len(said.choices[0].message.content), 1)
            parts = client.chat.stream(model='krait', messages=QUESTION, max_tokens=8, random_seed=1)
            text = ''.join(part.data.choices[0].delta.content or '' for part in parts)
            self.assertEqual(text, said.choices[0].message.content)


class OllamaPythonTest(CompletionCase):
    def setUp(self):
        super().setUp()
        self.client = ollama.Client(host=self.url)

    def test_fills_in_and_streams(self):
        fields = {'model': 'krait', 'prompt': BEFORE, 'suffix': AFTER,
                  'options': {'num_predict': 8, 'temperature': 0}}
        said = self.client.generate(**fields)
        self.assertTrue(said.response.startswith('append('), said)
        parts = list(self.client.generate(**fields, stream=True))
        self.assertEqual(''.join(part.response for part in parts), said.response)
        self.assertTrue(parts[-1].done)

    def test_tells_of_the_model(self):
        name = self.client.list().models[0].model
        self.assertIn('insert', self.client.show(name).capabilities)
        self.assertEqual(self.client.ps().models[0].model, name)

    def test_errors_are_its_own(self):
        with self.assertRaises(ollama.ResponseError) as wrong:
            self.client.chat(model='krait', messages=QUESTION)
        self.assertEqual(wrong.exception.status_code, 501)


class OllamaPythonChatTest(ChatCase):
    def test_chats_and_streams(self):
        client = ollama.Client(host=self.url)
        options = {'num_predict': 8, 'seed': 1}
        said = client.chat(model='krait', messages=QUESTION, options=options)
        self.assertGreater(len(said.message.content), 1)
        parts = client.chat(model='krait', messages=QUESTION, options=options, stream=True)
        self.assertEqual(''.join(part.message.content for part in parts), said.message.content)


class NodeTest(CompletionCase):
    """The same three, from npm."""

    def test_they_fill_in(self):
        run_node(self, 'fill-in.mjs', self.url, BEFORE, AFTER)


class NodeChatTest(ChatCase):
    def test_they_chat(self):
        run_node(self, 'chat.mjs', self.url)


def run_node(case, script, *arguments):
    source = (ROOT / 'tests' / 'clients' / script).read_text(encoding='utf-8')
    done = subprocess.run(['node', '--input-type=module', '-', *arguments], input=source, cwd=CLIENTS,
                          capture_output=True, text=True, timeout=120, check=False)
    case.assertEqual(done.returncode, 0, done.stderr)


class LlamaVimTest(CompletionCase):
    """The plugin itself, in a Neovim that is typed into."""

    def test_it_suggests_and_is_warm(self):
        nvim, plugin = os.environ.get('KRAIT_TEST_NVIM'), os.environ.get('KRAIT_TEST_LLAMA_VIM')
        if not nvim or not plugin:
            self.skipTest('Neovim or llama.vim could not be fetched')
        path = os.path.join(self.places.root, 'names.py')
        with open(path, 'w', encoding='utf-8') as file:
            file.write(BEFORE + AFTER)
        done = subprocess.run([nvim, '-l', str(ROOT / 'tests' / 'clients' / 'llama_vim.lua'), plugin,
                               self.url, path], env=self.places.env, capture_output=True, text=True,
                              timeout=120, check=False)
        self.assertEqual(done.returncode, 0, done)
        seen = json.loads(done.stdout)
        self.assertTrue(seen['first']['text'].startswith('nd('), seen)
        self.assertIn('        found.append(', seen['text'])
        # Its statistics, of which it shows none unless all of their fields are there.
        self.assertRegex(seen['first']['info'], r'p: \d+')
        self.assertRegex(seen['second']['info'], r'p: \d+')


class ContinueTest(CompletionCase):
    """Requests as Continue writes them, for each of its providers that fill in."""

    TEMPLATED = '<fim_suffix>' + AFTER + '<fim_prefix>' + BEFORE + '<fim_middle>'

    def send(self, path, body, **headers):
        answer, text = self.request('POST', path, body, {
            'Content-Type': 'application/json', 'User-Agent': 'node-fetch', **headers})
        self.assertEqual(answer.status, 200, text)
        return text

    def test_its_mistral_provider(self):
        text = self.send('/v1/fim/completions', {
            'model': 'codestral-latest', 'prompt': BEFORE, 'suffix': AFTER, 'max_tokens': 8,
            'temperature': 0.01, 'top_p': 1, 'frequency_penalty': 0, 'presence_penalty': 0,
            'stop': ['[PREFIX]', '[SUFFIX]', '\n\n'], 'stream': True},
            **{'Accept': 'application/json', 'x-api-key': 'any', 'Authorization': 'Bearer any'})
        events = [json.loads(line[6:]) for line in text.splitlines()
                  if line.startswith('data: ') and line != 'data: [DONE]']
        said = ''.join(event['choices'][0]['delta'].get('content', '') for event in events
                       if event['choices'])
        self.assertTrue(said.startswith('append('), said)

    def test_its_ollama_provider(self):
        text = self.send('/api/generate', {
            'model': 'krait', 'prompt': BEFORE, 'suffix': AFTER, 'raw': True, 'keep_alive': 1800,
            'options': {'temperature': 0.01, 'num_predict': 8, 'num_ctx': 8192, 'stop': ['\n\n'],
                        'num_thread': 2, 'mirostat': None}, 'stream': True})
        lines = [json.loads(line) for line in text.splitlines()]
        self.assertTrue(lines[-1]['done'])
        self.assertTrue(''.join(line['response'] for line in lines).startswith('append('), text)

    def test_its_llama_provider(self):
        text = self.send('/completion', {
            'prompt': self.TEMPLATED, 'stream': True, 'n_predict': 8, 'temperature': 0.01,
            'top_p': 1, 'frequency_penalty': 0, 'presence_penalty': 0, 'min_p': 0, 'mirostat': None,
            'stop': ['\n\n'], 'top_k': 100})
        events = [json.loads(line[6:]) for line in text.splitlines() if line.startswith('data: ')]
        self.assertTrue(events[-1]['stop'])


if __name__ == '__main__':
    os.environ.pop('OPENAI_BASE_URL', None)
    main()
