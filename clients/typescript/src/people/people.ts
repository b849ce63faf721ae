/** Who people are, whether they are there, and who is a friend. */

import type { Clock } from '../clock.js';
import { Cell, type Readable } from '../observable.js';
import type { FriendLists, PresenceListing, ProfileListing } from '../wire.js';

/** How a user wants to be shown. Until the server has said, the handle stands for the name. */
export interface Profile {
  readonly user: string;
  readonly displayName: string;
  /** An https URL or a short text; see the server's documentation of `PATCH /me`. */
  readonly avatar: string | null;
}

/** Whether a user is connected. `lastSeen` (ms) is null where one may not know. */
export interface Presence {
  readonly online: boolean;
  readonly lastSeen: number | null;
}

/** This user's relations, each list sorted. */
export type Friends = Pick<FriendLists, 'friends' | 'incoming' | 'outgoing' | 'blocked'>;

export const NOBODY: Friends = { friends: [], incoming: [], outgoing: [], blocked: [] };

const ASKED_MAX = 200; // users in one question (protocol.md §2)
const COLLECT_MS = 20; // what one drawing of a screen asks for is one question
const HELD_MAX = 2_000; // users; beyond it the one that was asked for first is asked again
const FRESH_MS = 600_000; // a profile asked for again after ten minutes is fetched again: changes are not pushed

/** What is asked of the server. Rejections mean: not now. */
export interface PeopleWorld {
  readonly clock: Clock;
  profiles(users: string[]): Promise<readonly ProfileListing[]>;
  presences(users: string[]): Promise<readonly PresenceListing[]>;
  /** A profile was learned: keep it. */
  learned(profile: Profile): void;
}

/** Collects what is asked for in a short while into one question. */
class Questions {
  readonly #ask: (users: string[]) => Promise<void>;
  readonly #clock: Clock;
  #users = new Set<string>();

  constructor(clock: Clock, ask: (users: string[]) => Promise<void>) {
    this.#clock = clock;
    this.#ask = ask;
  }

  about(user: string): void {
    if (this.#users.size === 0) {
      this.#clock.after(COLLECT_MS, () => {
        this.#flush();
      });
    }
    this.#users.add(user);
  }

  #flush(): void {
    const users = [...this.#users];
    this.#users = new Set();
    for (let at = 0; at < users.length; at += ASKED_MAX) {
      this.#ask(users.slice(at, at + ASKED_MAX)).catch(() => undefined);
    }
  }
}

/** Profiles and presences of those somebody asked for. */
export class People {
  readonly #world: PeopleWorld;
  readonly #profiles = new Map<string, { cell: Cell<Profile>; at: number }>();
  readonly #presences = new Map<string, Cell<Presence | undefined>>();
  readonly #askProfiles: Questions;
  readonly #askPresences: Questions;

  constructor(world: PeopleWorld) {
    this.#world = world;
    this.#askProfiles = new Questions(world.clock, async (users) => {
      for (const listing of await world.profiles(users)) this.learned(listing);
    });
    this.#askPresences = new Questions(world.clock, async (users) => {
      for (const listing of await world.presences(users)) this.seen(listing);
    });
  }

  /** A user's profile, fetched when first asked for. */
  profile(user: string): Readable<Profile> {
    const held = this.#profiles.get(user);
    const now = this.#world.clock.monotonic();
    if (held === undefined || now - held.at > FRESH_MS) {
      this.#hold(user, held?.cell.get() ?? { user, displayName: user, avatar: null }, now);
      this.#askProfiles.about(user);
    }
    return this.#cell(user);
  }

  /** Whether a user is there; undefined until the server has said. */
  presence(user: string): Readable<Presence | undefined> {
    const held = this.#presences.get(user);
    if (held !== undefined) return held;
    const cell = new Cell<Presence | undefined>(undefined);
    this.#presences.set(user, cell);
    bound(this.#presences);
    this.#askPresences.about(user);
    return cell;
  }

  // What the client tells

  restore(profiles: readonly Profile[]): void {
    for (const profile of profiles) this.#hold(profile.user, profile, -Infinity);
  }

  learned({ user, display_name, avatar }: ProfileListing): void {
    const profile = { user, displayName: display_name, avatar: avatar ?? null };
    this.#hold(user, profile, this.#world.clock.monotonic());
    this.#world.learned(profile);
  }

  seen({ user, online, last_seen }: PresenceListing): void {
    this.#presences.get(user)?.set({ online, lastSeen: last_seen });
  }

  /** A connection: whoever is looked at may have come or gone, and what was asked without one was not answered. */
  connected(): void {
    for (const user of this.#presences.keys()) this.#askPresences.about(user);
    for (const [user, { at, cell }] of this.#profiles) {
      if (at === -Infinity || cell.get().displayName === user) this.#askProfiles.about(user);
    }
  }

  /** No connection: nobody knows who is there. */
  disconnected(): void {
    for (const cell of this.#presences.values()) cell.set(undefined);
  }

  clear(): void {
    this.#profiles.clear();
    this.#presences.clear();
  }

  #hold(user: string, profile: Profile, at: number): void {
    const cell = this.#profiles.get(user)?.cell ?? new Cell(profile);
    if (!same(cell.get(), profile)) cell.set(profile);
    this.#profiles.set(user, { cell, at });
    bound(this.#profiles);
  }

  #cell(user: string): Readable<Profile> {
    return this.#profiles.get(user)?.cell ?? new Cell({ user, displayName: user, avatar: null });
  }
}

function bound(held: Map<string, unknown>): void {
  for (const oldest of held.keys()) if (held.size > HELD_MAX) held.delete(oldest);
}

function same(one: Profile, other: Profile): boolean {
  return one.displayName === other.displayName && one.avatar === other.avatar;
}
