/** What can be done with rooms. All reject with HubbubError. */

import type { Ask } from '../ask.js';
import type { MemberList, Role, RoomList, RoomMade } from '../wire.js';
import type { Members, Roster } from './members.js';
import type { Readable } from '../observable.js';

/** See `Client.rooms`. */
export class Rooms {
  readonly #ask: Ask;
  readonly #members: Members;

  constructor(ask: Ask, members: Members) {
    this.#ask = ask;
    this.#members = members;
  }

  /** A new room, owned by this user. */
  create(name: string, options: { public?: boolean } = {}): Promise<RoomMade> {
    return this.#ask.write({ type: 'create_room', name, public: options.public ?? false });
  }

  /** Public rooms whose name holds `query`, a page at a time: `after` is the last chat of the page before. */
  directory(query?: string, after?: string): Promise<RoomList> {
    return this.#ask.read({
      type: 'rooms',
      ...(query === undefined ? {} : { query }),
      ...(after === undefined ? {} : { after }),
    });
  }

  /** Become a member of a public room. */
  async join(chat: string): Promise<void> {
    await this.#ask.write({ type: 'join', chat });
  }

  /** Be a member no longer. */
  async leave(chat: string): Promise<void> {
    await this.#ask.write({ type: 'leave', chat });
  }

  async rename(chat: string, name: string): Promise<void> {
    await this.#ask.write({ type: 'rename', chat, name });
  }

  /** The first 200 members of a chat and how far they have read, kept up to date. */
  members(chat: string): Readable<Roster | undefined> {
    return this.#members.of(chat);
  }

  /** Members, a page at a time: `after` is the last handle of the page before. */
  listMembers(chat: string, after?: string, limit = 100): Promise<MemberList> {
    return this.#ask.read({ type: 'members', chat, limit, ...(after === undefined ? {} : { after }) });
  }

  /** Bring a friend into a room. */
  async invite(chat: string, user: string): Promise<void> {
    await this.#ask.write({ type: 'invite', chat, user });
  }

  /** Remove a member, who may come back. */
  async kick(chat: string, user: string): Promise<void> {
    await this.#ask.write({ type: 'kick', chat, user });
  }

  /** Remove a user for good. */
  async ban(chat: string, user: string): Promise<void> {
    await this.#ask.write({ type: 'ban', chat, user });
  }

  /** Let a banned user come back. */
  async unban(chat: string, user: string): Promise<void> {
    await this.#ask.write({ type: 'unban', chat, user });
  }

  /** Silence a member until a time, ms since the epoch by the server's clock (`Client.serverNow`); 0 ends it. */
  async mute(chat: string, user: string, until: number): Promise<void> {
    await this.#ask.write({ type: 'mute', chat, user, until });
  }

  async setRole(chat: string, user: string, role: Role): Promise<void> {
    await this.#ask.write({ type: 'set_role', chat, user, role });
  }
}
