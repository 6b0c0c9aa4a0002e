// SPDX-License-Identifier: Apache-2.0
//
// What models say is strangers' text: HTML in it is text, links lead to the web or nowhere, and
// images, which would tell somebody that they were looked at, are not shown.
import MarkdownIt from 'markdown-it';
import { highlighted } from './languages';

const markdown = new MarkdownIt({ html: false, linkify: false }).disable('image');
const { escapeHtml } = markdown.utils;

markdown.renderer.rules['fence'] = (tokens, index) => {
  const token = tokens[index];
  const language = (token?.info.trim().split(/\s+/)[0] ?? '').toLowerCase();
  const code = token?.content ?? '';
  return `<figure class="code"><figcaption><span>${escapeHtml(language || 'text')}</span>`
    + '<button type="button" class="quiet copy">Copy</button></figcaption>'
    + `<pre tabindex="0"><code>${highlighted(code, language)}</code></pre></figure>\n`;
};

markdown.renderer.rules['link_open'] = (tokens, index, options, _environment, self) => {
  tokens[index]?.attrSet('target', '_blank');
  tokens[index]?.attrSet('rel', 'noopener noreferrer');
  return self.renderToken(tokens, index, options);
};

const validLink = markdown.validateLink.bind(markdown);
markdown.validateLink = (url) => /^(https?:|mailto:)/i.test(url) && validLink(url);

/** "[daemon/main.cc:12-34]" becomes a button with the place in it. */
const place = /\[([^\][\n:]+:\d+(?:-\d+)?)\](?!\()/y;
markdown.inline.ruler.before('link', 'place', (state, silent) => {
  place.lastIndex = state.pos;
  const match = place.exec(state.src);
  const text = match?.[1];
  if (match === null || text === undefined) return false;
  if (!silent) state.push('place', '', 0).content = text;
  state.pos += match[0].length;
  return true;
});
markdown.renderer.rules['place'] = (tokens, index) => {
  const text = escapeHtml(tokens[index]?.content ?? '');
  return `<button type="button" class="cite" data-place="${text}">${text}</button>`;
};

/** HTML of a text in Markdown, safe to show. */
export function markdownToHtml(text: string): string {
  return markdown.render(text);
}
