// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventCutter } from '../../src/events';

test('an event may come in any pieces', () => {
  const stream = 'data: {"a":1}\n\ndata: {"b":"\\n"}\n\ndata: [DONE]\n\n';
  for (let size = 1; size <= stream.length; ++size) {
    const cutter = new EventCutter();
    const events: string[] = [];
    for (let at = 0; at < stream.length; at += size) {
      events.push(...cutter.push(stream.slice(at, at + size)));
    }
    assert.deepEqual(events, ['{"a":1}', '{"b":"\\n"}', '[DONE]']);
  }
});

test('what is no data is left out, and lines of one event are joined', () => {
  const cutter = new EventCutter();
  assert.deepEqual(cutter.push(': comment\n\nevent: x\ndata: a\ndata: b\n\ndata: c'), ['a\nb']);
  assert.deepEqual(cutter.push('\n\n'), ['c']);
});
