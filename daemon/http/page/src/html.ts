// SPDX-License-Identifier: Apache-2.0
//
// The only place in which HTML becomes elements; the page's policy allows no other.
import { highlighted } from './languages';
import { markdownToHtml } from './markdown';

interface Policy {
  createHTML(text: string): string;
}
declare global {
  interface Window {
    readonly trustedTypes?: {
      createPolicy(name: string, rules: Policy): Policy;
    };
  }
}

// What comes here is made by markdown-it and highlight.js, which escape all that they are given.
const rules: Policy = { createHTML: (html) => html };
const policy = window.trustedTypes?.createPolicy('krait-markdown', rules) ?? rules;

export function showMarkdown(element: HTMLElement, text: string): void {
  element.innerHTML = policy.createHTML(markdownToHtml(text));
}

export function showCode(element: HTMLElement, code: string, language: string): void {
  element.innerHTML = policy.createHTML(highlighted(code, language));
}
