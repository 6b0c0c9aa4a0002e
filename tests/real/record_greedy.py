#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Records what llama.cpp continues prompts with, greedily, for real_model_test.py.

    llama-server -m SmolLM2-135M-Instruct.Q4_1.gguf --port 8089 &
    record_greedy.py http://127.0.0.1:8089 VERSION > greedy.json

Each step has the token, and by how much its log-probability is above the next
best one's: where that is little, engines that round differently may differ.
"""

import json
import sys
import urllib.request

TOKENS = 32
CHATML = '<|im_start|>user\n%s<|im_end|>\n<|im_start|>assistant\n'
PROMPTS = [
    'The capital of France is',
    'Once upon a time, in a small village by the sea,',
    'Water boils at a temperature of',
    'The three primary colors are',
    'To make a cup of tea, first',
    'In 1969, the first person to walk on the Moon',
    'Photosynthesis is the process by which',
    '1, 2, 3, 4, 5,',
    'def add(a, b):\n    """Returns the sum."""\n    return',
    'def factorial(n):\n    if n == 0:\n        return 1\n',
    'import os\n\ndef list_files(path):\n    for name in',
    '#include <stdio.h>\n\nint main(void) {\n  printf("Hello',
    'for (int i = 0; i < n; ++i) {\n  sum +=',
    'class Stack:\n    def __init__(self):\n        self.items = []\n\n    def push(self, item):\n',
    'SELECT name, age FROM users WHERE',
    '<!DOCTYPE html>\n<html>\n<head>\n  <title>',
    CHATML % 'Name the capital city of France.',
    CHATML % 'Write a Python function that adds two numbers.',
    CHATML % 'What is the color of the sky on a clear day?',
    CHATML % 'List three fruits.',
]


def post(server, path, body):
    request = urllib.request.Request(server + path, json.dumps(body).encode(),
                                     {'Content-Type': 'application/json'})
    with urllib.request.urlopen(request, timeout=300) as response:
        return json.load(response)


def record(server, prompt):
    ids = post(server, '/tokenize', {'content': prompt, 'parse_special': True,
                                     'add_special': True})['tokens']
    done = post(server, '/completion', {
        'prompt': ids, 'n_predict': TOKENS, 'temperature': 0, 'n_probs': 2,
        'cache_prompt': False, 'ignore_eos': True, 'return_tokens': True})
    margins = []
    for step in done['completion_probabilities']:
        best = sorted((top['logprob'] for top in step['top_logprobs']), reverse=True)
        margins.append(round(best[0] - best[1], 4))
    assert len(done['tokens']) == len(margins) == TOKENS
    return {'prompt': prompt, 'ids': ids, 'tokens': done['tokens'], 'margins': margins}


def main():
    server, version = sys.argv[1:]
    json.dump({'by': version, 'cases': [record(server, prompt) for prompt in PROMPTS]},
              sys.stdout, separators=(',', ':'))
    print()


if __name__ == '__main__':
    main()
