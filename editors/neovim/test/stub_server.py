#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A language server for tests, on standard input and output, that does just
what FOLDER/stub.json says, which it reads anew with each message; what it
receives is in FOLDER/log.jsonl.

Usage: stub_server.py FOLDER [OPTIONS that are only logged]

stub.json (all optional):
  goals       texts; what is left of each after what stands before the cursor
              is answered, if its first character at least has been typed
  replace     UTF-16 units behind the cursor that the items replace
  hold        requests get no answer until they are cancelled
  late        a cancelled request gets its answer all the same
  demand      requests of trigger kind 2 get nothing
  one_unasked requests of trigger kind 2 get one item at most
  encoding    position encoding
  requests    `experimental.krait.requests`
  answers     method -> result
  parts       method -> texts that are sent as partial results before it
  held        methods whose answers come never, unless they are cancelled
  errors      method -> error
  status      params of a didChangeStatus that is sent after `initialized`
  messages    params of each window/showMessage that is sent after it
  configure   asks for the section `krait` after `initialized`
  die         ends at the next completion request, with this status
  fail        ends at once, with this status
  no_inline   says that it has no inline completion
"""

import json
import os
import sys

folder = sys.argv[1]
documents = {}
held = {}


def script():
    try:
        with open(os.path.join(folder, 'stub.json'), encoding='utf-8') as file:
            return json.load(file)
    except FileNotFoundError:
        return {}


def log(entry):
    with open(os.path.join(folder, 'log.jsonl'), 'a', encoding='utf-8') as file:
        file.write(json.dumps({'pid': os.getpid(), **entry}) + '\n')


def read():
    length = None
    while True:
        line = sys.stdin.buffer.readline()
        if not line:
            sys.exit(0)
        if line == b'\r\n':
            break
        name, _, value = line.partition(b':')
        if name.lower() == b'content-length':
            length = int(value)
    return json.loads(sys.stdin.buffer.read(length))


def send(message):
    body = json.dumps({'jsonrpc': '2.0', **message}).encode()
    sys.stdout.buffer.write(b'Content-Length: %d\r\n\r\n' % len(body) + body)
    sys.stdout.buffer.flush()


def units(text, encoding):
    if encoding == 'utf-8':
        return len(text.encode())
    return len(text.encode('utf-16-le')) // 2 if encoding == 'utf-16' else len(text)


def before(line, character, encoding):
    """The part of the line that is `character` units long."""
    for end in range(len(line) + 1):
        if units(line[:end], encoding) >= character:
            return line[:end]
    return line


def rest_of(goal, text):
    """What is left of the goal after the text, None if it has not begun."""
    for typed in range(len(goal), 0, -1):
        if text.endswith(goal[:typed]):
            return goal[typed:]
    return None


def items(params):
    stub = script()
    encoding = stub.get('encoding', 'utf-16')
    if stub.get('demand') and params['context']['triggerKind'] == 2:
        return []
    place = params['position']
    lines = documents[params['textDocument']['uri']].split('\n')
    line = before(lines[place['line']], place['character'], encoding)
    text = '\n'.join(lines[:place['line']] + [line])
    end = dict(place, character=place['character'] + stub.get('replace', 0))
    found = []
    for number, goal in enumerate(stub.get('goals', [])):
        rest = rest_of(goal, text)
        if rest:
            found.append({
                'insertText': rest, 'range': {'start': place, 'end': end},
                'command': {'title': 'krait: accepted',
                            'command': 'krait.didAcceptCompletionItem',
                            'arguments': ['goal-%d' % number]}})
    if stub.get('one_unasked') and params['context']['triggerKind'] == 2:
        return found[:1]
    return found


def capabilities():
    stub = script()
    return {
        'positionEncoding': stub.get('encoding', 'utf-16'),
        'textDocumentSync': {'openClose': True, 'change': 1},
        'inlineCompletionProvider': None if stub.get('no_inline') else {},
        'executeCommandProvider': {'commands': ['krait.didAcceptCompletionItem']},
        'workspace': {'workspaceFolders': {'supported': True, 'changeNotifications': True}},
        'experimental': {'krait': {'version': '0.1.0', 'requests': stub.get(
            'requests', ['krait/explain', 'krait/status'])}},
    }


def answer(message):
    stub = script()
    method, number, params = message['method'], message['id'], message.get('params')
    if method in stub.get('errors', {}):
        send({'id': number, 'error': stub['errors'][method]})
    elif method == 'initialize':
        send({'id': number, 'result': {
            'capabilities': capabilities(),
            'serverInfo': {'name': 'krait', 'version': '0.1.0'}}})
    elif method == 'textDocument/inlineCompletion':
        if 'die' in stub:
            os._exit(stub['die'])
        if stub.get('hold'):
            held[number] = params
        else:
            send({'id': number, 'result': {'items': items(params)}})
    elif method in ('shutdown', 'workspace/executeCommand'):
        send({'id': number, 'result': None})
    elif method in stub.get('answers', {}):
        for text in stub.get('parts', {}).get(method, []):
            send({'method': '$/progress',
                  'params': {'token': params['partialResultToken'], 'value': {'text': text}}})
        if method in stub.get('held', []):
            held[number] = None
            return
        send({'id': number, 'result': stub['answers'][method]})
    else:
        send({'id': number, 'error': {'code': -32601, 'message': method + ' is unknown'}})


def notice(message):
    stub = script()
    method, params = message['method'], message.get('params')
    if method == 'textDocument/didOpen':
        documents[params['textDocument']['uri']] = params['textDocument']['text']
    elif method == 'textDocument/didChange':
        documents[params['textDocument']['uri']] = params['contentChanges'][-1]['text']
    elif method == '$/cancelRequest' and params['id'] in held:
        asked = held.pop(params['id'])
        if asked is not None and stub.get('late'):
            send({'id': params['id'], 'result': {'items': items(asked)}})
        else:
            send({'id': params['id'], 'error': {'code': -32800, 'message': 'cancelled'}})
    elif method == 'initialized':
        if 'status' in stub:
            send({'method': 'didChangeStatus', 'params': stub['status']})
        for params in stub.get('messages', []):
            send({'method': 'window/showMessage', 'params': params})
        if stub.get('configure'):
            send({'id': 'settings', 'method': 'workspace/configuration',
                  'params': {'items': [{'section': 'krait'}]}})
    elif method == 'exit':
        sys.exit(0)


log({'method': 'started', 'params': sys.argv[1:]})
if 'fail' in script():
    sys.exit(script()['fail'])
while True:
    received = read()
    log(received)
    if 'method' in received:
        (answer if 'id' in received else notice)(received)
