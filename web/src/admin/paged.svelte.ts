/** A list that is searched on the server and read page by page; an answer to an older question is dropped. */

import { codeOf, faultWords } from '../state/faults';

export interface Page<Row> {
  rows: readonly Row[];
  more: boolean;
}

export class Paged<Row> {
  rows: readonly Row[] = $state.raw([]);
  more = $state(false);
  phase: 'loading' | 'here' | 'failed' = $state('loading');
  fault = $state('');
  readonly #read: (after: string) => Promise<Page<Row>>;
  readonly #keyOf: (row: Row) => string;
  #asked = 0;

  /** `read` gives the rows behind the one with the key `after`; the empty string is the beginning. */
  constructor(read: (after: string) => Promise<Page<Row>>, keyOf: (row: Row) => string) {
    this.#read = read;
    this.#keyOf = keyOf;
  }

  /** From the beginning. */
  load(): Promise<void> {
    return this.#page('', []);
  }

  /** What comes after what is there. */
  loadMore(): Promise<void> {
    const last = this.rows.at(-1);
    return this.#page(last === undefined ? '' : this.#keyOf(last), this.rows);
  }

  /** A row was changed by what one did to it. */
  replace(changed: Row): void {
    const key = this.#keyOf(changed);
    this.rows = this.rows.map((row) => (this.#keyOf(row) === key ? changed : row));
  }

  async #page(after: string, before: readonly Row[]): Promise<void> {
    const turn = ++this.#asked;
    this.phase = 'loading';
    try {
      const { rows, more } = await this.#read(after);
      if (turn !== this.#asked) return;
      this.rows = [...before, ...rows];
      this.more = more;
      this.phase = 'here';
    } catch (error) {
      if (turn !== this.#asked) return;
      this.fault = faultWords(codeOf(error));
      this.phase = 'failed';
    }
  }
}
