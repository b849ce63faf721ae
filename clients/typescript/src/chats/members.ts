/** Who is in a chat, and how far they have read. */

import type { Clock } from '../clock.js';
import { Cell, type Readable } from '../observable.js';
import type { MemberList, Role } from '../wire.js';
import type { Receipt } from './items.js';

/** Members held per chat: of larger chats the server tells no receipts (protocol.md §2, crowds). */
const HELD_MAX = 200;

const COLLECT_MS = 200; // several members that come or go at once are one question

/** A member as the others see them. */
export interface Member extends Receipt {
  readonly user: string;
  readonly displayName: string;
  readonly role: Role;
  /** Until when they may not speak, ms; null if they may. */
  readonly mutedUntil: number | null;
}

/** The first members of a chat, by handle. */
export interface Roster {
  readonly members: readonly Member[];
  /** These are all. */
  readonly complete: boolean;
}

/** What is asked of the server. */
export interface MembersWorld {
  readonly clock: Clock;
  members(chat: string, limit: number): Promise<MemberList>;
  /** The chat is on a screen. */
  open(chat: string): boolean;
  /** What is known of a chat's members changed. */
  changed(chat: string): void;
}

/** The members of the chats somebody looks at. */
export class Members {
  readonly #world: MembersWorld;
  readonly #rosters = new Map<string, Cell<Roster | undefined>>();
  readonly #asking = new Set<string>();

  constructor(world: MembersWorld) {
    this.#world = world;
  }

  /** A chat's members, kept up to date while somebody subscribes or the chat is open; undefined until they are known. */
  of(chat: string): Readable<Roster | undefined> {
    const held = this.#rosters.get(chat);
    if (held !== undefined) return held;
    const cell = new Cell<Roster | undefined>(undefined);
    this.#rosters.set(chat, cell);
    this.#ask(chat);
    return cell;
  }

  /** The furthest receipts of all members but one. */
  others(chat: string, me: string): Receipt {
    const others = (this.#rosters.get(chat)?.get()?.members ?? []).filter(({ user }) => user !== me);
    return {
      received: Math.max(0, ...others.map(({ received }) => received)),
      read: Math.max(0, ...others.map(({ read }) => read)),
    };
  }

  // What the client tells

  /** A receipt was pushed. */
  receipt(chat: string, user: string, { received, read }: Receipt): void {
    this.#patch(chat, user, (member) => ({
      ...member,
      received: Math.max(member.received, received),
      read: Math.max(member.read, read),
    }));
  }

  /** A message came: whoever wrote it has read up to it. */
  wrote(chat: string, user: string, seq: number): void {
    this.receipt(chat, user, { received: seq, read: seq });
  }

  /** Somebody came, went, or has other rights. */
  changed(chat: string): void {
    const cell = this.#rosters.get(chat);
    if (cell === undefined) return;
    if (cell.watched || this.#world.open(chat)) this.#ask(chat);
    else this.#rosters.delete(chat); // whoever looks again asks again
  }

  /** There is a connection: what was missed is asked again. */
  connected(): void {
    for (const chat of [...this.#rosters.keys()]) this.changed(chat);
  }

  forget(chat: string): void {
    this.#rosters.get(chat)?.set(undefined);
    this.#rosters.delete(chat);
  }

  clear(): void {
    for (const chat of [...this.#rosters.keys()]) this.forget(chat);
  }

  #ask(chat: string): void {
    if (this.#asking.has(chat)) return;
    this.#asking.add(chat);
    this.#world.clock.after(COLLECT_MS, () => {
      this.#asking.delete(chat);
      void this.#fetch(chat);
    });
  }

  async #fetch(chat: string): Promise<void> {
    const listed = await this.#world.members(chat, HELD_MAX).catch(() => undefined);
    if (listed === undefined) return; // the next connection asks again
    const members = listed.members.map((each) => ({
      user: each.user,
      displayName: each.display_name,
      role: each.role,
      mutedUntil: each.muted_until ?? null,
      received: each.received,
      read: each.read,
    }));
    this.#rosters.get(chat)?.set({ members, complete: !listed.more });
    this.#world.changed(chat);
  }

  #patch(chat: string, user: string, patch: (member: Member) => Member): void {
    const cell = this.#rosters.get(chat);
    const roster = cell?.get();
    if (!roster?.members.some((member) => member.user === user)) return;
    const members = roster.members.map((member) => (member.user === user ? patch(member) : member));
    cell?.set({ ...roster, members });
    this.#world.changed(chat);
  }
}
