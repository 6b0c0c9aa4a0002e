// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { launch, open, overflow, screenshot, type Watched } from './browser';
import { KraitServer } from './krait-server';

const phone: BrowserContextOptions = { viewport: { width: 390, height: 780 }, hasTouch: true };

/** Lets an answer be what a test says: a stream of these texts. */
async function answerWith(page: Page, texts: readonly string[], more: readonly unknown[] = []): Promise<void> {
  const events = [...texts.map((content) => ({ choices: [{ delta: { content } }] })), ...more]
    .map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
  await page.route('**/v1/chat/completions', (route) => route.fulfill(
    { status: 200, contentType: 'text/event-stream', body: `${events}data: [DONE]\n\n` }));
}

const markdown = `Here is *how*:

\`\`\`python
def add(a, b):
    """Adds."""
    return a + b
\`\`\`

| a | b |
|---|---|
| 1 | 2 |

<img src="https://evil.example/x" onerror="document.title='hit'"> ![x](https://evil.example/y)
[run](javascript:document.title='hit')`;

describe('the page', () => {
  const server = new KraitServer();
  let browser: Browser;
  let opened: Watched[] = [];
  let root = '';

  const show = async (hash: string, options?: BrowserContextOptions): Promise<Watched> => {
    const watched = await open(browser, `${server.url}/${hash}`, options);
    opened.push(watched);
    return watched;
  };

  before(async () => {
    root = server.repository({
      'settings.py': 'def read_settings(path):\n    """Reads the settings file."""\n    return open(path).read()\n',
      'README.md': '# A test\n\nNothing about it.\n',
    });
    server.run('index', root);
    await server.start();
    browser = await launch();
  });
  after(async () => {
    await browser.close();
    await server.stop();
  });
  // Whatever a test did, nothing broke the policy, failed, or came from elsewhere.
  afterEach(async () => {
    const watched = opened;
    opened = [];
    for (const { page, problems, elsewhere } of watched) {
      await page.context().close();
      assert.deepEqual(problems, []);
      assert.deepEqual(elsewhere, []);
    }
  });

  test('is served with a policy that allows its own files only', async () => {
    const answer = await fetch(server.url, { headers: { Accept: 'text/html' } });
    const policy = answer.headers.get('content-security-policy') ?? '';
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(policy, /unsafe|\*|https?:/);
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
    assert.match(await answer.text(), /<title>krait<\/title>/);
    assert.equal(await (await fetch(server.url)).text(), 'krait is running\n');
  });

  test('the policy stops what a page of ours would never do', async () => {
    const { page, problems } = await show('');
    const stopped = await page.evaluate(() => {
      try {
        document.body.innerHTML = '<b>x</b>';
      } catch {
        return true;
      }
      return false;
    });
    assert.ok(stopped, 'a text became elements');
    await page.evaluate(async () => {
      const script = document.createElement('img');
      script.src = 'data:image/png;base64,AAAA';
      document.body.append(script);
      await fetch('https://evil.example/').catch(() => undefined);
    });
    await page.waitForTimeout(500); // the console is told later
    for (const directive of ['connect-src', 'img-src']) {
      assert.ok(problems.some((text) => text.includes(directive)), problems.join('\n'));
    }
    await page.context().close();
    opened = []; // here they are meant to be
  });

  test('a model that cannot chat is said to', async () => {
    const { page } = await show('');
    await page.getByText('completes code and does not chat').waitFor();
    await page.getByRole('textbox', { name: 'Message the model' }).fill('Hello');
    await page.keyboard.press('Enter');
    await page.locator('.turn .error').waitFor();
    await screenshot(page, 'chat-none');
    // Chromium writes each answer that is none to its console.
    opened.at(-1)?.problems.splice(0);
  });

  test('an answer is Markdown with coloured code, and nothing in it runs', async () => {
    const { page } = await show('');
    await answerWith(page, markdown.match(/.{1,7}/gsu) ?? [], [{ choices: [], timings: { cache_n: 40, prompt_n: 3, prompt_ms: 5, predicted_n: 9, predicted_ms: 80 } }]);
    await page.getByRole('textbox', { name: 'Message the model' }).fill('How?');
    await page.keyboard.press('Enter');
    await page.getByText('40 of 43 prompt tokens reused').waitFor();
    const answer = page.locator('.turn.assistant');
    assert.equal(await answer.locator('.hljs-keyword').first().innerText(), 'def');
    assert.equal(await answer.locator('img').count(), 0);
    // Of the picture its address is left, for who wants to go there.
    assert.deepEqual(await answer.locator('a').evaluateAll((links) => links.map((it) => it.getAttribute('href'))),
      ['https://evil.example/y']);
    assert.equal(await page.title(), 'krait');
    assert.equal(await answer.locator('td').count(), 2);
    await screenshot(page, 'chat-answer');
    // A screen reader hears the answer once, when it is whole.
    assert.match(await page.locator('#announcer').innerText(), /Here is \*how\*/);
  });

  test('code is copied', async () => {
    const { page } = await show('', { permissions: ['clipboard-read', 'clipboard-write'] });
    await answerWith(page, [markdown]);
    await page.keyboard.type('How?');
    await page.keyboard.press('Enter');
    await page.locator('figure.code').getByRole('button', { name: 'Copy' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()),
      'def add(a, b):\n    """Adds."""\n    return a + b\n');
  });

  test('the keyboard alone is enough', async () => {
    const { page } = await show('');
    await answerWith(page, ['First.']);
    await page.keyboard.type('one'); // the field has the focus from the beginning
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('two');
    await page.keyboard.press('Enter');
    await page.locator('.log').getByText('First.').waitFor();
    assert.equal(await page.locator('.turn.user').innerText(), 'one\ntwo');
    // To the begin of the page, and from there by Tab to another view.
    const skip = page.getByRole('link', { name: 'Skip to content' });
    for (let i = 0; i < 30 && !await skip.evaluate((it) => it === document.activeElement); ++i) {
      await page.keyboard.press('Shift+Tab');
    }
    await screenshot(page, 'skip-link');
    for (const name of ['Chat', 'Ask', 'Complete']) {
      await page.keyboard.press('Tab');
      assert.equal(await page.evaluate(() => document.activeElement?.textContent), name);
    }
    await page.keyboard.press('Enter');
    await page.getByRole('textbox', { name: 'Code' }).waitFor();
    assert.equal(await page.locator('nav [aria-current]').innerText(), 'Complete');
    assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('aria-label')), 'Code');
    await page.keyboard.press('Tab'); // is no trap
    assert.notEqual(await page.evaluate(() => document.activeElement?.getAttribute('aria-label')), 'Code');
  });

  test('conversations stay in this browser, and go when they are deleted', async () => {
    const { page } = await show('');
    await answerWith(page, ['Kept.']);
    await page.keyboard.type('What is kept?');
    await page.keyboard.press('Enter');
    await page.locator('.log').getByText('Kept.').waitFor();
    await page.locator('.copy-all').waitFor();
    await page.reload();
    await page.getByRole('button', { name: 'What is kept?', exact: true }).click();
    await page.locator('.log').getByText('Kept.').waitFor();
    await page.getByRole('button', { name: 'Delete: What is kept?' }).click();
    await page.locator('.thread:visible').getByText('Conversations stay in this browser').waitFor();
    assert.equal(await page.evaluate(() => Object.keys(localStorage).filter(
      (key) => key.startsWith('krait.conversation')).length), 0);
  });

  test('an answer is stopped', async () => {
    const { page } = await show('');
    await page.route('**/v1/chat/completions', () => undefined); // never answered
    await page.keyboard.type('Long?');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Stop' }).waitFor();
    await page.keyboard.press('Escape');
    await page.locator('.turn').getByText('Stopped').waitFor();
    await page.getByRole('button', { name: 'Send' }).waitFor();
  });

  test('a repository is asked, and its places open', async () => {
    const { page } = await show('#ask');
    await page.locator('.choice option').filter({ hasText: root }).waitFor({ state: 'attached' });
    await page.getByRole('textbox', { name: 'Ask about the code' }).fill('Where is the settings file read?');
    await page.keyboard.press('Enter');
    const place = page.locator('.citations summary').filter({ hasText: 'settings.py:' });
    await place.waitFor();
    const code = page.locator('.citations pre').filter({ hasText: 'def read_settings' });
    await code.waitFor(); // the best is open
    await screenshot(page, 'ask');
    await place.focus();
    await page.keyboard.press('Enter');
    await code.waitFor({ state: 'hidden' });
    await page.getByRole('textbox', { name: 'Ask about the code' }).fill('zyxwv qqq?');
    await page.keyboard.press('Enter');
    await page.locator('.log').getByText('Not found in this repository.').waitFor();
  });

  test('a place in an answer leads to its lines', async () => {
    const { page } = await show('#ask');
    await answerWith(page, ['See [a.py:1-2] and [b.py:9].'], [{ choices: [{ delta: {} }], krait: {
      found: true, citations: [{ path: 'a.py', line: 1, end_line: 2, text: 'x = 1\ny = 2\n' }],
      dropped: [{ text: '[b.py:9]', why: 'was not shown to it' }], answer: 'See [a.py:1-2] and.' } }]);
    await page.locator('.choice option').waitFor({ state: 'attached' });
    await page.getByRole('textbox', { name: 'Ask about the code' }).fill('Where?');
    await page.keyboard.press('Enter');
    await page.locator('button.cite').click();
    await page.locator('.citations pre').filter({ hasText: 'y = 2' }).waitFor();
    await page.getByText('taken out: [b.py:9] was not shown to it').waitFor();
    await screenshot(page, 'ask-places');
  });

  test('a completion shows as ghost text, with what it took, and Tab accepts it', async () => {
    const { page } = await show('#complete');
    await page.getByRole('textbox', { name: 'Code' }).waitFor();
    await page.keyboard.type('return js');
    const ghost = page.locator('.ghost');
    await ghost.filter({ hasText: /\S/ }).waitFor();
    await page.locator('.facts').getByText('Tokens reused').waitFor();
    await page.locator('.facts dt').filter({ hasText: 'Plan' }).waitFor();
    await screenshot(page, 'complete');
    const suggested = await ghost.innerText();
    await page.keyboard.press('Tab');
    const text = await page.getByRole('textbox', { name: 'Code' }).inputValue();
    assert.ok(text.includes(`return js${suggested}`), text);
    // Typing on reuses what was read.
    await page.keyboard.type('\n');
    await page.keyboard.press('Control+Space');
    await page.waitForFunction(() => Number(
      document.querySelector('.facts dd')?.firstChild?.textContent) > 20);
    await page.keyboard.press('Control+z');
    await page.keyboard.press('Control+z');
    assert.ok(!(await page.getByRole('textbox', { name: 'Code' }).inputValue()).includes(`return js${suggested}`));
  });

  test('the state is shown as it is', async () => {
    const { page } = await show('#state');
    await page.locator('.chart').nth(2).waitFor();
    await page.getByRole('rowheader', { name: 'Whole answer' }).waitFor();
    const answers = Number((await page.locator('.tiles dd').nth(1).innerText()).split('\n')[0]);
    const { answers: said } = await (await fetch(`${server.url}/krait/state`)).json() as { answers: number };
    assert.equal(answers, said);
    await page.waitForTimeout(3000);
    await screenshot(page, 'state');
  });

  for (const [name, options] of [['dark', { colorScheme: 'dark' }], ['phone', phone],
    ['phone-dark', { ...phone, colorScheme: 'dark' }]] as [string, BrowserContextOptions][]) {
    test(`all views fit: ${name}`, async () => {
      const { page } = await show('', options);
      await answerWith(page, [markdown]);
      await page.getByRole('textbox', { name: 'Message the model' }).fill('How?');
      await page.keyboard.press('Enter');
      await page.locator('.copy-all').waitFor();
      for (const view of ['chat', 'ask', 'complete', 'state']) {
        await page.evaluate((hash) => { location.hash = hash; }, view);
        await page.locator(`nav a[href="#${view}"][aria-current]`).waitFor();
        await page.waitForTimeout(300);
        await screenshot(page, `${name}-${view}`);
        assert.ok(await overflow(page) <= 0, `${view} is wider than the window`);
      }
      const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      assert.equal(ground, name.includes('dark') ? 'rgb(15, 20, 31)' : 'rgb(255, 255, 255)');
    });
  }

  test('letters stand out from their ground', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page } = await show('', { colorScheme });
      const colors = await page.evaluate(() => {
        const style = getComputedStyle(document.documentElement);
        return Object.fromEntries(['ground', 'surface', 'text', 'muted', 'link', 'bad', 'bad-ground']
          .map((name) => [name, style.getPropertyValue(`--${name}`)]));
      });
      const pairs = [['text', 'ground'], ['muted', 'ground'], ['muted', 'surface'], ['link', 'surface'],
        ['bad', 'bad-ground']] as const;
      for (const [letters, ground] of pairs) {
        const ratio = contrast(colors[letters] ?? '', colors[ground] ?? '');
        assert.ok(ratio >= 4.5, `${colorScheme}: ${letters} on ${ground}: ${ratio}`); // WCAG 2.2 AA
      }
    }
  });

  test('everything that can be used has a name', async () => {
    const { page } = await show('');
    for (const view of ['chat', 'ask', 'complete', 'state']) {
      await page.evaluate((hash) => { location.hash = hash; }, view);
      const nameless = await page.locator('button:visible, a:visible, input:visible, select:visible, textarea:visible')
        .evaluateAll((elements) => elements.filter((it) => {
          const label = it instanceof HTMLInputElement || it instanceof HTMLSelectElement
            ? it.labels?.[0]?.textContent : it.textContent;
          return [it.getAttribute('aria-label'), label].every((text) => (text ?? '').trim() === '');
        }).map((it) => it.outerHTML));
      assert.deepEqual(nameless, [], view);
    }
  });
});

function contrast(a: string, b: string): number {
  const luminance = (hex: string): number => {
    const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
      const part = parseInt(hex.trim().slice(at, at + 2), 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

test('a server that wants a token gets it', async () => {
  const server = new KraitServer();
  server.configure('[http]\ntoken = "always"\n');
  await server.start();
  const browser = await launch();
  try {
    const { page } = await open(browser, server.url);
    const field = page.getByLabel('Token', { exact: true });
    await field.fill('wrong');
    await page.keyboard.press('Enter');
    await field.fill(server.run('status', '--token').trim());
    await page.keyboard.press('Enter');
    await page.locator('#model .dot').waitFor();
    await screenshot(page, 'token');
  } finally {
    await browser.close();
    await server.stop();
  }
});

const chatModel = process.env['KRAIT_TEST_CHAT_MODEL'] ?? '';
test('a real model chats', { skip: chatModel === '' && 'there is no model that chats' }, async () => {
  const server = new KraitServer();
  await server.start('--model', chatModel);
  const browser = await launch();
  try {
    const { page, problems } = await open(browser, server.url);
    // So that the answer ends soon, whatever the machine is.
    await page.route('**/v1/chat/completions', (route) => route.continue({
      postData: JSON.stringify({ ...route.request().postDataJSON() as object, max_tokens: 40, temperature: 0 }) }));
    await page.keyboard.type('Write a Python function that adds two numbers, in a code block.');
    await page.keyboard.press('Enter');
    await page.locator('.turn.assistant .words').filter({ hasText: /\w{3}/ }).waitFor();
    await screenshot(page, 'chat-streaming');
    await page.locator('.copy-all').waitFor({ timeout: 180_000 });
    await page.getByRole('button', { name: 'New' }).click();
    await page.keyboard.type('Write a Python function that adds two numbers, in a code block.');
    await page.keyboard.press('Enter');
    // What was read once is warm.
    const cost = page.locator('.turn').last().locator('.under .hint');
    await cost.waitFor({ timeout: 180_000 });
    assert.ok(Number(/^(\d+) of/.exec(await cost.innerText())?.[1]) > 20, await cost.innerText());
    await screenshot(page, 'chat-real');
    assert.deepEqual(problems, []);
  } finally {
    await browser.close();
    await server.stop();
  }
});
