/** The HTTP API for what happens before there is a socket: accounts, sessions, own profile (protocol.md §6). */

import type { Clock } from '../clock.js';
import { HubbubError } from '../errors.js';
import type {
  ErrorCode,
  LogIn,
  NewAccount,
  OwnProfile,
  ProfileChange,
  ProfileListing,
  SessionList,
  SessionListing,
  Summary,
  Tokens,
} from '../wire.js';

/** An HTTP request may take this long; hashing a password on a busy server takes some. */
const ANSWER_MS = 30_000;

/** What an answer without `code` means: it comes from something in between. */
const CODES: Readonly<Record<number, ErrorCode>> = {
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  409: 'conflict',
  429: 'rate_limited',
};

/** How HTTP requests are made: the platform's `fetch`, or a test's. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** One server's HTTP API. Everything rejects with HubbubError: the server's refusal, or `unreachable`. */
export class Accounts {
  readonly #server: URL;
  readonly #fetch: Fetch;
  readonly #clock: Clock;
  readonly #heard: (serverTime: number) => void;

  /** `heard` gets the server's time (ms, by its `Date` header, where that can be read) with every answer. */
  constructor(server: URL, fetch: Fetch, clock: Clock, heard: (serverTime: number) => void) {
    this.#server = server;
    this.#fetch = fetch;
    this.#clock = clock;
    this.#heard = heard;
  }

  /** Make an account and a session; a taken name is `conflict`. */
  signUp(account: NewAccount): Promise<Tokens> {
    return this.#ask('POST', 'accounts', { body: account });
  }

  /** Start a session; an unknown user or a wrong password is `unauthenticated`. */
  logIn(login: LogIn): Promise<Tokens> {
    return this.#ask('POST', 'sessions', { body: login });
  }

  /** Trade a refresh token for new tokens; it is used up thereby. */
  refresh(refreshToken: string): Promise<Tokens> {
    return this.#ask('POST', 'sessions/refresh', { body: { refresh_token: refreshToken } });
  }

  /** This user's sessions, the last used first. */
  async sessions(token: string): Promise<readonly SessionListing[]> {
    return (await this.#ask<SessionList>('GET', 'sessions', { token })).sessions;
  }

  /** End a session: an id, `current`, or the empty string for all of them. */
  async endSession(token: string, session: string): Promise<void> {
    const path = session === '' ? 'sessions' : `sessions/${encodeURIComponent(session)}`;
    await this.#ask('DELETE', path, { token });
  }

  /** How this user is shown. */
  me(token: string): Promise<OwnProfile> {
    return this.#ask('GET', 'me', { token });
  }

  /** Change how this user is shown; what is left out stays. */
  changeMe(token: string, change: ProfileChange): Promise<ProfileListing> {
    return this.#ask('PATCH', 'me', { token, body: change });
  }

  /** Show this user with a picture. */
  changePicture(token: string, picture: Blob): Promise<ProfileListing> {
    return this.#ask('PUT', 'me/avatar', { token, body: picture });
  }

  /** One chat as this user sees it in a list. */
  chat(token: string, chat: string): Promise<Summary> {
    return this.#ask('GET', `chats/${encodeURIComponent(chat)}`, { token });
  }

  /** What is asked under `/admin`, which needs a right of its own. */
  administer<T>(token: string, method: string, path: string, body?: object): Promise<T> {
    return this.#ask(method, `admin/${path}`, body === undefined ? { token } : { token, body });
  }

  async #ask<T>(
    method: string,
    path: string,
    { token, body }: { token?: string; body?: object },
  ): Promise<T> {
    const response = await this.#request(
      method,
      path,
      {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined || body instanceof Blob ? {} : { 'content-type': 'application/json' }),
      },
      body,
    );
    const date = Date.parse(response.headers.get('date') ?? '');
    if (!Number.isNaN(date)) this.#heard(date);
    const answer: unknown = await response.json().catch(() => undefined);
    if (!response.ok) throw refusal(response, answer);
    if (response.status !== 204 && typeof answer !== 'object') {
      throw new HubbubError('unreachable', 'this does not look like a Hubbub server');
    }
    return answer as T;
  }

  async #request(
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: object,
  ): Promise<Response> {
    const giveUp = new AbortController();
    const cancel = this.#clock.after(ANSWER_MS, () => {
      giveUp.abort(new Error(`no answer within ${ANSWER_MS} ms`));
    });
    const init: RequestInit = { method, headers, signal: giveUp.signal, cache: 'no-store' };
    if (body !== undefined) init.body = body instanceof Blob ? body : JSON.stringify(body);
    try {
      return await this.#fetch(new URL(`api/v1/${path}`, this.#server).href, init);
    } catch (error) {
      throw new HubbubError('unreachable', `the server does not answer: ${String(error)}`);
    } finally {
      cancel();
    }
  }
}

/** What a failed answer means; one without a problem+json body comes from something in between. */
function refusal({ status }: Response, answer: unknown): HubbubError {
  const problem = (answer ?? {}) as { code?: ErrorCode; detail?: string; retry_after_ms?: number };
  if (status >= 500 && !problem.code)
    return new HubbubError('unreachable', `the server answered HTTP ${status}`);
  const code = problem.code ?? CODES[status] ?? 'bad_request';
  return new HubbubError(code, problem.detail, problem.retry_after_ms);
}
