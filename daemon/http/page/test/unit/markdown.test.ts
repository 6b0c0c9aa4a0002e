// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { highlighted } from '../../src/languages';
import { markdownToHtml } from '../../src/markdown';

test('HTML is text', () => {
  const html = markdownToHtml('<img src=x onerror=alert(1)>\n\n<script>alert(1)</script> <b>x</b>');
  assert.doesNotMatch(html, /<(img|script|b)\b/);
  assert.match(html, /&lt;script&gt;/);
});

test('links lead to the web or are text', () => {
  assert.match(markdownToHtml('[a](https://b.c/)'),
    /<a href="https:\/\/b\.c\/" target="_blank" rel="noopener noreferrer">a<\/a>/);
  for (const url of ['javascript:alert(1)', 'data:text/html,x', 'JaVaScRiPt:x', '/krait/state',
    '//evil.example', 'vbscript:x', '&#106;avascript:x']) {
    assert.doesNotMatch(markdownToHtml(`[a](${url})`), /<a /, url);
  }
});

test('images are not asked for', () => {
  assert.doesNotMatch(markdownToHtml('![a](https://evil.example/?secret)'), /<img/);
});

test('code is coloured in its language, and what is in it stays text', () => {
  const html = markdownToHtml('```python\ndef f(): return "<b>"\n```');
  assert.match(html, /<span class="hljs-keyword">def<\/span>/);
  assert.match(html, /&lt;b&gt;/);
  assert.match(html, /class="quiet copy"/);
  assert.match(markdownToHtml('```<img>\n<i>\n```'), /&lt;img&gt;.*&lt;i&gt;/s);
  assert.equal(highlighted('<a>&', 'no such language'), '&lt;a&gt;&amp;');
});

test('a fence that is not closed yet shows what has come', () => {
  assert.match(markdownToHtml('```cpp\nint main('), /<span class="hljs-type">int<\/span>/);
});

test('places are buttons', () => {
  assert.match(markdownToHtml('It is [daemon/a b.cc:12-34].'),
    /<button type="button" class="cite" data-place="daemon\/a b\.cc:12-34">daemon\/a b\.cc:12-34<\/button>/);
  assert.match(markdownToHtml('[x"><img>:1]'), /data-place="x&quot;&gt;&lt;img&gt;:1"/);
  assert.doesNotMatch(markdownToHtml('`[a.py:1]` and [a.py:1](https://b.c)'), /class="cite"/);
});
