/** What administrators of the server do, over HTTP (docs/operations.md). All calls reject with HubbubError. */

import type {
  AuditPage,
  ErasureStep,
  Health,
  MemberList,
  NewMode,
  OutboxView,
  RoomCard,
  RoomPage,
  SessionList,
  SessionListing,
  SwitchList,
  SwitchView,
  UserCard,
  UserPage,
} from '../wire.js';
import type { Accounts } from './accounts.js';
import type { Credentials } from './credentials.js';

/** Which users are asked for. */
export type UserState = 'any' | 'banned' | 'admin';

/** See `Client.administration`. Without the right every call but `allowed` is `forbidden`. */
export class Administration {
  readonly #accounts: Accounts;
  readonly #credentials: Credentials;

  constructor(accounts: Accounts, credentials: Credentials) {
    this.#accounts = accounts;
    this.#credentials = credentials;
  }

  /** Whether this user has the right. */
  async allowed(): Promise<boolean> {
    return (await this.#accounts.me(await this.#credentials.fresh())).admin === true;
  }

  /** A page of users whose handle or name contains `query`, behind the user `after`. */
  users(query = '', only: UserState = 'any', after = ''): Promise<UserPage> {
    return this.#ask('GET', `users?${new URLSearchParams({ query, only, after }).toString()}`);
  }

  /** Close an account, or open it again. */
  setBanned(user: string, banned: boolean): Promise<UserCard> {
    return this.#ask(banned ? 'PUT' : 'DELETE', `users/${encodeURIComponent(user)}/ban`);
  }

  /** Give a user the right to administer, or take it. */
  setAdmin(user: string, admin: boolean): Promise<UserCard> {
    return this.#ask(admin ? 'PUT' : 'DELETE', `users/${encodeURIComponent(user)}/right`);
  }

  /** Another password; every session of the user ends. */
  setPassword(user: string, password: string): Promise<UserCard> {
    return this.#ask('PUT', `users/${encodeURIComponent(user)}/password`, { password });
  }

  /** A user's sessions, the last used first. */
  async sessions(user: string): Promise<readonly SessionListing[]> {
    return (await this.#ask<SessionList>('GET', `users/${encodeURIComponent(user)}/sessions`)).sessions;
  }

  /** Log a user out: of one session, or (without it) of all. */
  async endSessions(user: string, session?: string): Promise<void> {
    const one = session === undefined ? '' : `/${encodeURIComponent(session)}`;
    await this.#ask('DELETE', `users/${encodeURIComponent(user)}/sessions${one}`);
  }

  /** Everything of a user, as a JSON document. */
  async export(user: string): Promise<Blob> {
    const everything = await this.#ask<object>('GET', `users/${encodeURIComponent(user)}/export`);
    return new Blob([JSON.stringify(everything, undefined, 1)], { type: 'application/json' });
  }

  /** Erase the next part of a user; to be asked again until it is `done`. */
  erase(user: string): Promise<ErasureStep> {
    return this.#ask('POST', `users/${encodeURIComponent(user)}/erase`, { user });
  }

  /** A page of rooms whose name contains `query`, behind the room `after`. */
  rooms(query = '', after = ''): Promise<RoomPage> {
    return this.#ask('GET', `rooms?${new URLSearchParams({ query, after }).toString()}`);
  }

  /** A page of a room's members. */
  members(chat: string, after = ''): Promise<MemberList> {
    const page = new URLSearchParams({ after }).toString();
    return this.#ask('GET', `rooms/${encodeURIComponent(chat)}/members?${page}`);
  }

  /** Make a member the owner of a room. */
  setOwner(chat: string, user: string): Promise<RoomCard> {
    return this.#ask('PUT', `rooms/${encodeURIComponent(chat)}/owner`, { user });
  }

  /** Remove everybody from a room, and take it out of the directory. */
  closeRoom(chat: string): Promise<RoomCard> {
    return this.#ask('DELETE', `rooms/${encodeURIComponent(chat)}`);
  }

  /** The node that answers, and the others. */
  health(): Promise<Health> {
    return this.#ask('GET', 'health');
  }

  /** What is stored and not yet on the bus. */
  outbox(): Promise<OutboxView> {
    return this.#ask('GET', 'outbox');
  }

  /** Put it there now. */
  retryOutbox(): Promise<OutboxView> {
    return this.#ask('POST', 'outbox/retry');
  }

  /** What the server lets go under load, as the node that answers offers it now. */
  async switches(): Promise<readonly SwitchView[]> {
    return (await this.#ask<SwitchList>('GET', 'switches')).switches;
  }

  /** Switch a feature on every node, within a second; `default`: as the settings say. */
  async setSwitch(feature: SwitchView['feature'], mode: NewMode['mode']): Promise<readonly SwitchView[]> {
    return (await this.#ask<SwitchList>('PUT', `switches/${feature}`, { mode })).switches;
  }

  /** What administrators did, the latest first. */
  audit(): Promise<AuditPage> {
    return this.#ask('GET', 'audit');
  }

  async #ask<T>(method: string, path: string, body?: object): Promise<T> {
    return this.#accounts.administer(await this.#credentials.fresh(), method, path, body);
  }
}
