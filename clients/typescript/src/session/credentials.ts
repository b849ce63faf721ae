/** Tokens: who may speak for the user now, and how to stay that one (protocol.md §6). */

import { HubbubError } from '../errors.js';
import type { Change, Key, Store } from '../store/store.js';
import type { Tokens } from '../wire.js';
import type { Accounts } from './accounts.js';
import type { ServerTime } from './server_time.js';

/** A token that ends within a minute is renewed before it is used. */
export const FRESH_MS = 60_000;

const TOKENS: Key = ['meta', 'tokens'];

/** Where tokens of an external identity provider come from. Rejecting with `stopped` says: somebody has to log in. */
export type TokenSource = () => Promise<string>;

/** Does `work` while nobody else does, in no tab of this browser. */
export type Exclusively = <T>(work: () => Promise<T>) => Promise<T>;

/** The tokens of one session. Renewals never run in parallel, in any tab: a refresh token can be used once. */
export class Credentials {
  readonly #accounts: Accounts;
  readonly #store: Store;
  readonly #time: ServerTime;
  readonly #exclusively: Exclusively;
  readonly #source: TokenSource | undefined;
  #tokens: Tokens | undefined;
  #renewing: Promise<string> | undefined;

  constructor(
    accounts: Accounts,
    store: Store,
    time: ServerTime,
    exclusively: Exclusively,
    source: TokenSource | undefined,
  ) {
    this.#accounts = accounts;
    this.#store = store;
    this.#time = time;
    this.#exclusively = exclusively;
    this.#source = source;
  }

  /** Takes what the store holds; returns whether there is something to connect with. */
  async load(): Promise<boolean> {
    this.#tokens = ((await this.#store.get(TOKENS)) as Tokens | undefined) ?? this.#tokens;
    return this.present;
  }

  /** Another tab ended the session, and took it out of the store. */
  drop(): void {
    this.#tokens = undefined;
  }

  /** There is something to connect with. */
  get present(): boolean {
    return this.#tokens !== undefined || this.#source !== undefined;
  }

  /** The user the tokens are for. */
  get user(): string | undefined {
    return this.#tokens?.user;
  }

  /** A new session began. */
  async adopt(tokens: Tokens): Promise<void> {
    this.#tokens = tokens;
    await this.#keep({ put: TOKENS, value: tokens });
  }

  /** The session is over. */
  async forget(): Promise<void> {
    this.#tokens = undefined;
    await this.#keep({ drop: TOKENS });
  }

  /** A token good for at least a minute. Rejects as `renew`. */
  async fresh(): Promise<string> {
    const tokens = this.#tokens;
    const stale = tokens === undefined || tokens.expires_at < this.#time.now() + FRESH_MS;
    return stale ? this.renew() : tokens.token;
  }

  /**
   * A new token. Rejects with `stopped` when somebody has to log in, with `unreachable` or a refusal when it may work
   * later.
   */
  renew(): Promise<string> {
    this.#renewing ??= this.#renew().finally(() => (this.#renewing = undefined));
    return this.#renewing;
  }

  /** Milliseconds until the token should be renewed; none where there is none to renew. */
  msUntilStale(): number | undefined {
    return this.#tokens && this.#tokens.expires_at - FRESH_MS - this.#time.now();
  }

  #renew(): Promise<string> {
    if (this.#source !== undefined) return fromSource(this.#source);
    const used = this.#tokens;
    return this.#exclusively(async () => {
      const stored = ((await this.#store.get(TOKENS)) as Tokens | undefined) ?? used;
      if (stored === undefined) throw new HubbubError('stopped', 'log in first');
      const theirs = stored.refresh_token !== used?.refresh_token; // another tab renewed while we waited
      const tokens = theirs ? stored : await this.#refresh(stored);
      if (!theirs) await this.adopt(tokens);
      this.#tokens = tokens;
      return tokens.token;
    });
  }

  /** A machine that has no room for them: then they live as long as the page. */
  #keep(change: Change): Promise<void> {
    return this.#store.apply([change]).catch(() => undefined);
  }

  async #refresh(stored: Tokens): Promise<Tokens> {
    try {
      return await this.#accounts.refresh(stored.refresh_token);
    } catch (error) {
      if (!(error instanceof HubbubError) || !OVER.has(error.code)) throw error;
      await this.forget();
      throw new HubbubError('stopped', 'the session is over: log in again');
    }
  }
}

const OVER = new Set<string>(['unauthenticated', 'forbidden', 'bad_request', 'not_found']);

/** Whatever goes wrong at an identity provider may go right later, unless it says that it will not. */
async function fromSource(source: TokenSource): Promise<string> {
  try {
    return await source();
  } catch (error) {
    if (error instanceof HubbubError) throw error;
    throw new HubbubError('unreachable', `no token from the identity provider: ${String(error)}`);
  }
}
