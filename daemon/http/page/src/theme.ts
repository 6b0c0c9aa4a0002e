// SPDX-License-Identifier: Apache-2.0
import { icon } from './dom';

const key = 'krait.theme';
const themes = ['auto', 'light', 'dark'] as const;
type Theme = typeof themes[number];

const icons: Readonly<Record<Theme, string>> = {
  auto: 'M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18',
  light: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.500 1.500M17.500 17.500L19 19M5 19l1.500-1.500M17.500 6.500L19 5',
  dark: 'M20 14.500A8 8 0 0 1 9.500 4a8 8 0 1 0 10.500 10.500z',
};

function stored(): Theme {
  const value = localStorage.getItem(key);
  return themes.find((theme) => theme === value) ?? 'auto';
}

/** A button that goes from the system's colours to light ones, to dark ones, and back. */
export function themeButton(button: HTMLElement): void {
  const show = (theme: Theme): void => {
    document.documentElement.dataset['theme'] = theme;
    button.replaceChildren(icon(icons[theme]));
    button.setAttribute('aria-label', `Colours: ${theme}`);
    button.title = `Colours: ${theme}`;
  };
  button.addEventListener('click', () => {
    const next = themes[(themes.indexOf(stored()) + 1) % themes.length] ?? 'auto';
    localStorage.setItem(key, next);
    show(next);
  });
  show(stored());
}
