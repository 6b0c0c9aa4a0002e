// SPDX-License-Identifier: Apache-2.0
import { announce } from './dom';

/** Lets buttons within an element copy: what they carry, or the code that they stand above. */
export function copyOnClick(element: HTMLElement): void {
  element.addEventListener('click', (event) => {
    const button = event.target instanceof Element
      ? event.target.closest<HTMLElement>('.copy, [data-copy]') : null;
    if (button === null) return;
    const text = button.dataset['copy']
      ?? button.closest('figure')?.querySelector('code')?.textContent ?? '';
    void copy(text, button);
  });
}

async function copy(text: string, button: HTMLElement): Promise<void> {
  let said = 'Copied';
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    said = 'Not allowed'; // by the browser, or as the page came over plain HTTP from afar
  }
  const label = button.textContent;
  button.textContent = said;
  announce(said);
  setTimeout(() => { button.textContent = label; }, 1500);
}
