// SPDX-License-Identifier: Apache-2.0
import type { Api } from './api';
import { el } from './dom';

const key = 'krait.repository';

/** Which repository is asked: one of those that have an index. */
export class RepositoryChoice {
  private readonly select = el('select');
  private readonly none = el('p', { class: 'hint', hidden: true }, 'No repository has an index yet: ',
    el('code', {}, 'krait index DIRECTORY'), ' makes one.');
  readonly element = el('div', { class: 'choice' }, el('label', {}, 'Repository ', this.select), this.none);

  constructor(private readonly api: Api) {
    this.select.addEventListener('change', () => { localStorage.setItem(key, this.select.value); });
  }

  /** Empty: none. */
  get directory(): string {
    return this.select.value;
  }

  async load(): Promise<void> {
    const { repositories } =
      await this.api.getJson<{ repositories: readonly string[] }>('/krait/repositories');
    const chosen = this.select.value || localStorage.getItem(key);
    this.select.replaceChildren(...repositories.map((path) =>
      el('option', { value: path, selected: path === chosen }, path)));
    this.none.hidden = repositories.length > 0;
    this.select.disabled = repositories.length === 0;
  }
}
