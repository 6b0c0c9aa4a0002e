// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isEmbeddedModel } from '../../src/embedded-model';

test('the model that comes with krait is told from others', () => {
  assert.ok(isEmbeddedModel('krait-default (5.6 M parameters) from /x.gguf, 2 threads'));
  for (const other of [undefined, '', 'krait-default-2 (9 M parameters) from /x.gguf',
    'granite (350 M parameters) from /krait-default (1).gguf']) {
    assert.ok(!isEmbeddedModel(other), other);
  }
});
