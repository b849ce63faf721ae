/** Values that can be watched. The shape is that of a Svelte store, and needs no framework. */

/** A value now and from now on. */
export interface Readable<T> {
  /** The value now. */
  get(): T;
  /** Calls `run` at once with the value, then after every change, until the returned function is called. */
  subscribe(run: (value: T) => void): () => void;
}

/** A value that is set from one place. Setting what is there already tells nobody. */
export class Cell<T> implements Readable<T> {
  readonly #runs = new Set<{ run: (value: T) => void }>();
  #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  get(): T {
    return this.#value;
  }

  /** Somebody subscribes. */
  get watched(): boolean {
    return this.#runs.size > 0;
  }

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const each of [...this.#runs]) if (this.#runs.has(each)) each.run(this.#value);
  }

  subscribe(run: (value: T) => void): () => void {
    const each = { run };
    this.#runs.add(each);
    run(this.#value);
    return () => this.#runs.delete(each);
  }
}

/**
 * A value made from others when it is asked for. Many changes in one turn of the loop are one call of `run`: a replay
 * of 500 entries draws the screen once.
 */
export class Derived<T> implements Readable<T> {
  readonly #runs = new Set<{ run: (value: T) => void }>();
  readonly #make: (before: T | undefined) => T;
  #value: T | undefined;
  #told: T | undefined;
  #stale = true;
  #telling = false;

  /** `make` gets the value it made last, so that it can keep what did not change. */
  constructor(make: (before: T | undefined) => T) {
    this.#make = make;
  }

  get(): T {
    if (this.#stale) {
      this.#stale = false;
      this.#value = this.#make(this.#value);
    }
    return this.#value as T;
  }

  /** Something it is made from has changed. */
  invalidate(): void {
    this.#stale = true;
    if (!this.#telling && this.#runs.size > 0) {
      this.#telling = true;
      queueMicrotask(() => {
        this.#tell();
      });
    }
  }

  subscribe(run: (value: T) => void): () => void {
    const each = { run };
    if (this.#runs.size === 0) this.#told = this.get();
    this.#runs.add(each);
    run(this.get());
    return () => this.#runs.delete(each);
  }

  #tell(): void {
    this.#telling = false;
    const now = this.get();
    if (Object.is(this.#told, now)) return;
    this.#told = now;
    for (const each of [...this.#runs]) if (this.#runs.has(each)) each.run(now);
  }
}
