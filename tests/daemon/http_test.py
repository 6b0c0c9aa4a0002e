# SPDX-License-Identifier: Apache-2.0
"""End to end: the daemon's HTTP in the dialects that other programs speak, with the default model.

    http_test.py KRAIT SOURCE_DIR
"""

import base64
import json
import math
import os
import shutil
import signal
import socket
import statistics
import struct
import sys
import time

from daemon_case import main, wait_until
from http_case import AFTER, BEFORE, HttpCase, source_lines

CHATML = "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}"


def check_typing(case, typed):
    """Each key costs the model 4 tokens of a prompt of more than 1000, at the median."""
    lines = source_lines(640)
    at = 400
    costs = []
    before = '\n'.join(lines[:at]) + '\n'
    after = '\n' + '\n'.join(lines[at:]) + '\n'
    for count in range(len(typed)):
        text = before + typed[:count]
        begin = text.rfind('\n') + 1
        prefix = text[:begin].splitlines(keepends=True)[-256:]
        suffix = after.splitlines(keepends=True)[:64]
        body = case.post('/infill', {
            'input_prefix': ''.join(prefix), 'prompt': text[begin:],
            'input_suffix': ''.join(suffix), 'n_predict': 4, 'top_k': 40, 'top_p': 0.9,
            'samplers': ['top_k', 'top_p', 'infill'], 'cache_prompt': True,
            't_max_predict_ms': 1000, 'n_indent': 4})
        costs.append(body['timings']['prompt_n'])
        if count == 0:
            case.assertGreater(body['tokens_evaluated'], 1000)
    first = costs.pop(0)
    case.assertGreater(first, 1000)
    case.assertLessEqual(statistics.median(costs), 4, costs)
    # A line break moves the window by a line, which must not cost the whole.
    case.assertLess(max(costs), first / 4, costs)


def drop_id(token):
    return {key: value for key, value in token.items() if key != 'id'}


class RandomShapeTest(HttpCase):
    def test_typing_costs_few_tokens(self):
        """Mamba-2 with 60M parameters, whose weights are of no model."""
        model = os.path.join(self.places.root, 'random.gguf')
        done = self.run_krait('bench', 'decode', '--random', 'mamba2-60m', '--type', 'q8_0',
                              '--keep', model, '--tokens', '1', '--repetitions', '1')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.serve('--model', model)
        check_typing(self, '    result = compute_3(left)\n    x\n')


class WithoutMiddleTest(HttpCase):
    def test_a_model_without_a_middle_token_fills_in(self):
        """llama.cpp's server answers 501 there."""
        self.serve('--model', os.path.join(sys.argv[2], 'tests', 'data', 'models', 'llama3-tiny',
                                           'hf'))
        body = self.infill()
        self.assertEqual(body['krait'], {'plan': 'emulated'})
        self.assertGreater(body['tokens_evaluated'], 20)


class ServeTest(HttpCase):
    def test_serves_until_it_is_stopped_and_the_daemon_stays(self):
        process = self.serve()
        self.assertEqual(self.get('/health'), {'status': 'ok'})
        status = self.status()
        self.assertEqual(status['http'], ['127.0.0.1:%d' % self.port])
        self.assertIn('serve', [c['purpose'] for c in status['connections']])
        self.assertIn('http://127.0.0.1:%d' % self.port, self.run_krait('status').stdout)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(20), 0)
        wait_until(lambda: self.status()['http'] == [], 'no listener')
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(('127.0.0.1', self.port))
        self.assertTrue(self.status()['running'])

    def test_ends_with_the_daemon(self):
        process = self.serve()
        self.assertEqual(self.run_krait('stop').returncode, 0)
        self.assertEqual(process.wait(20), 1)
        self.assertIn('the daemon has ended', process.stderr.read())

    def test_two_share_an_address(self):
        first = self.serve()
        second = self.serve(port=self.port)
        first.terminate()
        first.wait(20)
        self.assertEqual(self.get('/health'), {'status': 'ok'})
        second.terminate()

    def test_mistakes_are_told(self):
        done = self.run_krait('serve', '--listen', 'example.org:80')
        self.assertEqual(done.returncode, 2)
        self.assertIn('expected an address and a port', done.stderr)
        taken = socket.create_server(('127.0.0.1', 0))
        self.addCleanup(taken.close)
        done = self.run_krait('serve', '--listen', '127.0.0.1:%d' % taken.getsockname()[1])
        self.assertEqual(done.returncode, 2)
        self.assertIn('cannot listen at', done.stderr)

    def test_the_setting_keeps_the_daemon(self):
        with socket.create_server(('127.0.0.1', 0)) as free:
            self.port = free.getsockname()[1]
        self.config('idle_minutes = 0.005\n[http]\nlisten = "127.0.0.1:%d"\n' % self.port)
        daemon = self.daemon()
        wait_until(self.answers, 'an answer')
        time.sleep(1)
        self.assertIsNone(daemon.poll())
        self.assertEqual(self.get('/health'), {'status': 'ok'})

    def answers(self):
        try:
            return self.request('GET', '/health')[0].status == 200
        except ConnectionRefusedError:
            return False


class LlamaTest(HttpCase):
    def setUp(self):
        super().setUp()
        self.serve()

    def test_infill(self):
        answer, text = self.request('POST', '/infill', {
            'input_prefix': BEFORE, 'input_suffix': AFTER, 'n_predict': 8, 'id_slot': 0,
            'samplers': ['top_k', 'top_p', 'infill'], 'cache_prompt': True, 'top_k': 40,
            'top_p': 0.9, 'unknown': {'field': 1}})
        self.assertEqual(answer.status, 200, text)
        # llama.vim looks for these very bytes.
        self.assertIn('"content":"', text)
        self.assertNotIn('\n', text)
        body = json.loads(text)
        self.assertTrue(body['content'])
        self.assertTrue(body['stop'])
        self.assertIn(body['stop_type'], ('eos', 'limit'))
        self.assertIsInstance(body['generation_settings']['n_ctx'], int)
        timings = body['timings']
        self.assertEqual(timings['prompt_n'] + timings['cache_n'], body['tokens_evaluated'])
        self.assertGreater(timings['prompt_n'], 20)
        again = self.infill()
        self.assertEqual(again['content'], body['content'])
        self.assertLessEqual(again['timings']['prompt_n'], 4)

    def test_response_fields(self):
        body = self.infill(response_fields=['content', 'timings/prompt_n', 'timings/predicted_ms',
                                            'truncated', 'nothing', 'content/nothing'])
        self.assertEqual(set(body), {'content', 'timings/prompt_n', 'timings/predicted_ms',
                                     'truncated'})
        self.assertEqual(self.infill(before='', after='', n_predict=0, samplers=[],
                                     response_fields=['']), {})

    def test_warm_up_reads_and_says_nothing(self):
        body = self.infill(n_predict=0, t_max_predict_ms=1)
        self.assertEqual((body['content'], body['tokens_predicted']), ('', 0))
        self.assertGreater(body['timings']['prompt_n'], 20)
        self.assertLessEqual(self.infill()['timings']['prompt_n'], 4)

    def test_several_answers_differ(self):
        bodies = self.infill(n_cmpl=3)
        self.assertEqual([body['index'] for body in bodies], [0, 1, 2])
        self.assertEqual(len({body['content'] for body in bodies}), 3)
        self.assertEqual(bodies[0]['content'], self.infill()['content'])

    def test_stops(self):
        whole = self.infill(n_predict=24)['content']
        word = whole[3:5]
        cut = self.infill(n_predict=24, stop=[word, 'never there'])
        self.assertEqual(cut['content'], whole[:whole.index(word)])
        self.assertEqual((cut['stop_type'], cut['stopping_word']), ('word', word))

    def test_streams(self):
        # What was said already would come in one piece.
        events = [json.loads(event) for event in self.events(
            '/infill', {'input_prefix': BEFORE, 'input_suffix': AFTER, 'n_predict': 16})]
        whole = self.infill(n_predict=16)['content']
        self.assertEqual(''.join(event['content'] for event in events), whole)
        self.assertEqual([event['stop'] for event in events],
                         [False] * (len(events) - 1) + [True])
        self.assertGreater(len(events), 3)

    def test_completion_and_tokens(self):
        tokens = self.post('/tokenize', {'content': 'def f(x):'})['tokens']
        self.assertEqual(self.post('/detokenize', {'tokens': tokens})['content'], 'def f(x):')
        pieces = self.post('/tokenize', {'content': 'def f', 'with_pieces': True})['tokens']
        self.assertEqual(''.join(piece['piece'] for piece in pieces), 'def f')
        body = self.post('/completion', {'prompt': 'import os\nimport ', 'n_predict': 4,
                                         'temperature': 0})
        self.assertTrue(body['content'])
        self.assertEqual(len(body['tokens']), body['tokens_predicted'])
        seeded = {'prompt': 'import os\nimport ', 'n_predict': 8, 'temperature': 1.5}
        self.assertEqual(self.post('/completion', dict(seeded, seed=7))['content'],
                         self.post('/completion', dict(seeded, seed=7))['content'])
        self.post('/completion', {'prompt': [10 ** 8]}, status=400)
        self.post('/detokenize', {'tokens': [10 ** 8]}, status=400)

    def test_text_of_structured_calls_is_no_control_token(self):
        props = self.get('/props')
        end = props['eos_token']
        self.assertTrue(end)
        # As a token it is one, as text it is several.
        self.assertEqual(len(self.post('/tokenize', {'content': end})['tokens']), 1)
        self.assertGreater(len(self.post('/tokenize', {'content': end, 'parse_special': False})
                               ['tokens']), 1)
        plain = self.infill(before=BEFORE, n_predict=0)['tokens_evaluated']
        more = self.infill(before=end + BEFORE, n_predict=0)['tokens_evaluated']
        self.assertGreater(more, plain + 1)

    def test_what_there_is(self):
        self.assertEqual(self.get('/v1/models')['object'], 'list')
        props = self.get('/props')
        self.assertTrue(props['model_path'].endswith('.gguf'))
        self.assertFalse(any(slot['is_processing'] for slot in self.get('/slots')))
        self.infill()
        answer, text = self.request('GET', '/metrics')
        self.assertEqual(answer.status, 200)
        values = dict(line.rsplit(' ', 1) for line in text.splitlines()
                      if line and not line.startswith('#'))
        self.assertGreater(int(values['llamacpp:prompt_tokens_total']), 20)
        self.assertEqual(values['krait_model_ready'], '1')

    def test_wrong_requests(self):
        error = self.post('/infill', {'input_suffix': ''}, status=400)['error']
        self.assertIn('input_prefix', error['message'])
        self.assertEqual((error['code'], error['type']), (400, 'invalid_request_error'))
        error = self.post('/infill', {'input_prefix': 1, 'input_suffix': ''}, status=400)['error']
        self.assertIn('expected a string', error['message'])
        self.post('/infill', '{"input_prefix": ', status=400)
        self.post('/infill', '[]' * 10, status=400)
        self.get('/infill', status=405)
        self.get('/nothing', status=404)
        error = self.post('/apply-template', {'messages': [{'role': 'user', 'content': 'x'}]},
                          status=501)['error']
        self.assertEqual(error['type'], 'not_supported_error')
        error = self.post('/v1/embeddings', {'input': [[1, 2]]}, status=400)['error']
        self.assertIn('input[0]: expected a string', error['message'])

    def test_embeddings(self):
        """All dialects give the same vectors, which tell what a text is about."""
        texts = ['open a file and read its lines', 'add two numbers',
                 'def load(path):\n    with open(path) as f:\n        return f.readlines()']
        answer = self.post('/v1/embeddings', {'model': 'm', 'input': texts})
        self.assertEqual([row['index'] for row in answer['data']], [0, 1, 2])
        self.assertEqual(answer['model'], 'm')
        # The terms of the texts, which the table of terms reads in place of tokens.
        self.assertEqual(answer['usage']['prompt_tokens'], 18)
        vectors = [row['embedding'] for row in answer['data']]

        def dot(a, b):
            return sum(x * y for x, y in zip(a, b))
        self.assertEqual({len(vector) for vector in vectors}, {128})
        self.assertAlmostEqual(dot(vectors[0], vectors[0]), 1, places=5)
        self.assertGreater(dot(vectors[0], vectors[2]), dot(vectors[1], vectors[2]))
        short = self.post('/v1/embeddings', {'input': texts[1], 'encoding_format': 'base64'})
        packed = base64.b64decode(short['data'][0]['embedding'])
        for x, y in zip(struct.unpack('<128f', packed), vectors[1]):
            self.assertAlmostEqual(x, y, places=6)
        self.assertEqual(self.post('/api/embed', {'input': texts})['embeddings'], vectors)
        self.assertEqual(self.post('/api/embeddings', {'prompt': texts[0]})['embedding'],
                         vectors[0])
        for key in ('content', 'input'):
            rows = self.post('/embedding', {key: texts[2]})
            self.assertEqual(rows, [{'index': 0, 'embedding': [vectors[2]]}])
        self.post('/v1/embeddings', {'input': ['x'] * 2049}, status=400)
        self.post('/v1/embeddings', {'input': 'x', 'encoding_format': 'int8'}, status=400)

    def test_typing_costs_few_tokens(self):
        """llama.vim's payload: 256 lines before, 64 after, as one types in between."""
        check_typing(self, '    result = compute_3(left, total) + len(values)\n'
                           '    if result > 10:\n')

    def test_an_end_of_the_connection_cancels(self):
        body = json.dumps({'prompt': 'def f():\n', 'n_predict': 16000, 'ignore_eos': True,
                           'temperature': 1}).encode()
        peer = socket.create_connection(('127.0.0.1', self.port))
        peer.sendall(b'POST /completion HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n'
                     % len(body) + body)
        wait_until(lambda: self.status()['queue']['running'], 'it runs')
        peer.close()
        wait_until(lambda: not self.status()['queue']['running'], 'it was cancelled', seconds=5)

    def test_the_end_is_seen_behind_another_request(self):
        body = json.dumps({'prompt': 'def f():\n', 'n_predict': 16000, 'ignore_eos': True,
                           'temperature': 1}).encode()
        peer = socket.create_connection(('127.0.0.1', self.port))
        peer.sendall(b'POST /completion HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n'
                     % len(body) + body + b'GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n')
        wait_until(lambda: self.status()['queue']['running'], 'it runs')
        peer.close()
        wait_until(lambda: not self.status()['queue']['running'], 'it was cancelled', seconds=5)


class OtherDialectsTest(HttpCase):
    def setUp(self):
        super().setUp()
        self.serve()

    def test_openai_completions(self):
        asked = {'model': 'x', 'prompt': BEFORE, 'suffix': AFTER, 'max_tokens': 8}
        body = self.post('/v1/completions', asked)
        self.assertEqual(body['object'], 'text_completion')
        self.assertEqual(body['choices'][0]['text'], self.infill()['content'])
        usage = body['usage']
        self.assertEqual(usage['total_tokens'],
                         usage['prompt_tokens'] + usage['completion_tokens'])
        again = self.post('/v1/completions', asked)
        self.assertGreaterEqual(again['usage']['prompt_tokens_details']['cached_tokens'],
                                usage['prompt_tokens'] - 4)
        events = self.events('/v1/completions', dict(asked, stream_options={'include_usage': True}))
        self.assertEqual(events.pop(), '[DONE]')
        events = [json.loads(event) for event in events]
        self.assertEqual(events.pop()['usage']['prompt_tokens'], usage['prompt_tokens'])
        self.assertEqual(''.join(e['choices'][0]['text'] for e in events),
                         body['choices'][0]['text'])
        self.assertEqual(events[-1]['choices'][0]['finish_reason'],
                         body['choices'][0]['finish_reason'])
        several = self.post('/v1/completions', dict(asked, n=2, logprobs=1, echo=True))
        self.assertEqual(len({choice['text'] for choice in several['choices']}), 2)
        for choice in several['choices']:
            self.assertTrue(choice['text'].startswith(BEFORE))
            self.assertTrue(all(p <= 0 for p in choice['logprobs']['token_logprobs']))
        error = self.post('/v1/completions', {'prompt': {}}, status=400)['error']
        self.assertEqual(error['type'], 'invalid_request_error')

    def test_probabilities(self):
        """The same in each dialect."""
        place = {'prompt': BEFORE, 'suffix': AFTER}
        asked = dict(place, max_tokens=4, logprobs=3)
        plain = self.infill(n_predict=4)
        llama = self.infill(n_predict=4, n_probs=3)
        self.assertEqual(llama['content'], plain['content'])
        self.assertNotIn('completion_probabilities', plain)
        said = llama['completion_probabilities']
        self.assertEqual(''.join(one['token'] for one in said), llama['content'])
        for i, one in enumerate(said):
            top = one['top_logprobs']
            # Of the first those are left out that say only what is typed already.
            self.assertIn(len(top), (3,) if i else (1, 2, 3))
            self.assertEqual((top[0]['id'], top[0]['logprob']), (one['id'], one['logprob']))
            self.assertEqual(top, sorted(top, key=lambda t: -t['logprob']))
            self.assertLessEqual(sum(math.exp(t['logprob']) for t in top), 1 + 1e-5)
            self.assertEqual(bytes(one['bytes']).decode(), one['token'])
        openai = self.post('/v1/completions', asked)['choices']
        tables = openai[0]['logprobs']['top_logprobs']
        self.assertEqual(tables, [{t['token']: t['logprob'] for t in one['top_logprobs']}
                                  for one in said])
        events = [json.loads(event) for event in self.events('/v1/completions', asked)[:-1]]
        parts = [e['choices'][0]['logprobs'] for e in events if e['choices'][0]['logprobs']]
        for key, whole in openai[0]['logprobs'].items():
            self.assertEqual(sum((part[key] for part in parts), []), whole)
        ollama = self.post('/api/generate', dict(
            place, stream=False, logprobs=True, top_logprobs=3, options={'num_predict': 4}))
        without_ids = [dict(one, top_logprobs=[drop_id(t) for t in one['top_logprobs']])
                       for one in map(drop_id, said)]
        self.assertEqual(ollama['logprobs'], without_ids)
        self.post('/v1/completions', dict(asked, logprobs=21), status=400)

    def test_a_further_answer_begins_with_the_next_likely_token(self):
        first, second = self.post('/completion', {'prompt': BEFORE, 'n_predict': 3, 'n_probs': 2,
                                                  'temperature': 0, 'n_cmpl': 2})
        likely = first['completion_probabilities'][0]['top_logprobs']
        self.assertEqual([first['tokens'][0], second['tokens'][0]], [t['id'] for t in likely])

    def test_mistral_fim(self):
        asked = {'model': 'codestral-latest', 'prompt': BEFORE, 'suffix': AFTER, 'max_tokens': 8}
        said = self.post('/v1/fim/completions', asked)['choices'][0]
        self.assertEqual(said['message']['content'], self.infill()['content'])
        events = self.events('/v1/fim/completions', asked)
        self.assertEqual(events.pop(), '[DONE]')
        text = ''.join(json.loads(e)['choices'][0]['delta'].get('content', '')
                       for e in events if json.loads(e)['choices'])
        self.assertEqual(text, said['message']['content'])
        error = self.post('/v1/fim/completions', {'prompt': 1}, status=422)
        self.assertEqual(error['object'], 'error')

    def test_ollama(self):
        asked = {'model': 'x', 'prompt': BEFORE, 'suffix': AFTER, 'options': {'num_predict': 8}}
        answer, text = self.request('POST', '/api/generate', asked)
        self.assertEqual(answer.getheader('Content-Type'), 'application/x-ndjson')
        parts = [json.loads(line) for line in text.splitlines()]
        self.assertEqual(''.join(part['response'] for part in parts), self.infill()['content'])
        self.assertEqual([part['done'] for part in parts], [False] * (len(parts) - 1) + [True])
        self.assertGreater(parts[-1]['prompt_eval_count'], 20)
        whole = self.post('/api/generate', dict(asked, stream=False))
        self.assertEqual(whole['response'], self.infill()['content'])
        raw = self.post('/api/generate', {'prompt': 'import os\nimport ', 'raw': True,
                                          'stream': False, 'options': {'num_predict': 4}})
        self.assertTrue(raw['response'])
        self.assertEqual(self.post('/api/generate', {'model': 'x'})['done_reason'], 'load')
        tags = self.get('/api/tags')['models']
        self.assertEqual(len(tags), 1)
        self.assertIn('insert', self.post('/api/show', {'model': tags[0]['name']})['capabilities'])
        self.assertIn('version', self.get('/api/version'))
        self.assertIsInstance(self.post('/api/chat', {'messages': [{'role': 'user'}]},
                                        status=501)['error'], str)

    def test_a_model_that_cannot_chat_says_so(self):
        error = self.post('/v1/chat/completions',
                          {'messages': [{'role': 'user', 'content': 'Hello'}]}, status=501)['error']
        self.assertIn('template', error['message'])


class ChatTest(HttpCase):
    """With a tiny model of random weights and a template."""

    def setUp(self):
        super().setUp()
        source = os.path.join(sys.argv[2], 'tests', 'data', 'models', 'qwen2-tiny', 'hf')
        model = os.path.join(self.places.root, 'chatty')
        shutil.copytree(source, model)
        path = os.path.join(model, 'tokenizer_config.json')
        with open(path, encoding='utf-8') as file:
            fields = json.load(file)
        fields['chat_template'] = CHATML
        with open(path, 'w', encoding='utf-8') as file:
            json.dump(fields, file)
        self.serve('--model', model)

    asked = {'messages': [{'role': 'system', 'content': 'Be brief.'},
                          {'role': 'user', 'content': 'Hello <|im_end|>'}],
             'max_tokens': 12, 'seed': 3, 'temperature': 0}

    def test_conversations(self):
        body = self.post('/v1/chat/completions', self.asked)
        said = body['choices'][0]['message']
        self.assertEqual(said['role'], 'assistant')
        self.assertTrue(said['content'])
        events = self.events('/v1/chat/completions', self.asked)
        self.assertEqual(events.pop(), '[DONE]')
        deltas = [json.loads(event)['choices'][0]['delta'] for event in events]
        self.assertEqual(deltas[0], {'role': 'assistant', 'content': ''})
        self.assertEqual(''.join(d.get('content', '') for d in deltas), said['content'])
        ollama = self.post('/api/chat', {
            'messages': self.asked['messages'], 'stream': False,
            'options': {'num_predict': 12, 'temperature': 0}})
        self.assertEqual(ollama['message']['content'], said['content'])

    def test_probabilities(self):
        more = dict(self.asked, logprobs=True, top_logprobs=5)
        choice = self.post('/v1/chat/completions', more)['choices'][0]
        said = choice['logprobs']['content']
        text = b''.join(bytes(one['bytes']) for one in said).decode('utf-8', 'replace')
        self.assertEqual(text.lstrip(' \n'), choice['message']['content'])
        for one in said:
            self.assertEqual(len(one['top_logprobs']), 5)
            self.assertEqual(one['top_logprobs'][0]['logprob'], one['logprob'])
        events = [json.loads(e)['choices'][0]
                  for e in self.events('/v1/chat/completions', more)[:-1]]
        parts = [e['logprobs']['content'] for e in events if e.get('logprobs')]
        self.assertEqual(sum(parts, []), said)
        ollama = self.post('/api/chat', {
            'messages': self.asked['messages'], 'stream': False, 'logprobs': True,
            'top_logprobs': 5, 'options': {'num_predict': 12, 'temperature': 0}})
        self.assertEqual(ollama['logprobs'], said)
        self.post('/v1/chat/completions', dict(self.asked, top_logprobs=5), status=400)

    def test_the_next_turn_goes_on_from_the_last(self):
        first = self.post('/v1/chat/completions', self.asked)
        turns = self.asked['messages'] + [first['choices'][0]['message'],
                                          {'role': 'user', 'content': 'More'}]
        usage = self.post('/v1/chat/completions', dict(self.asked, messages=turns))['usage']
        warm = usage['prompt_tokens_details']['cached_tokens']
        self.assertGreaterEqual(warm, first['usage']['prompt_tokens'] - 1)

    def test_what_is_said_is_text(self):
        prompt = self.post('/apply-template', self.asked)['prompt']
        self.assertTrue(prompt.startswith('<|im_start|>system\nBe brief.<|im_end|>'), prompt)
        tokens = self.post('/tokenize', {'content': prompt})['tokens']
        plain = dict(self.asked, messages=[dict(self.asked['messages'][0]),
                                           {'role': 'user', 'content': 'Hello '}])
        usage = self.post('/v1/chat/completions', self.asked)['usage']
        # Read as a token in the template's text it is one; said by a user it is several.
        self.assertGreater(usage['prompt_tokens'], len(tokens))
        fewer = self.post('/v1/chat/completions', plain)['usage']['prompt_tokens']
        self.assertGreater(usage['prompt_tokens'], fewer + 1)

    def test_prompts_longer_than_the_context_are_told(self):
        messages = [{'role': 'user', 'content': 'a b c d e f g h ' * 8000}]
        error = self.post('/v1/chat/completions', {'messages': messages}, status=400)['error']
        self.assertIn('the model can have', error['message'])


if __name__ == '__main__':
    main()
