/** Signing in and out, and this user's sessions. All calls reject with HubbubError. */

import { HubbubError } from '../errors.js';
import { Cell, type Readable } from '../observable.js';
import type { ProfileChange, SessionListing, Tokens } from '../wire.js';
import type { Profile } from '../people/people.js';
import type { Accounts } from './accounts.js';
import type { Credentials } from './credentials.js';

/** What a session tells its client. */
export interface SessionWorld {
  /** How this session is shown in the list of sessions. */
  readonly deviceName: string;
  /** Somebody is about to sign in: stop, and forget what is kept of anybody else. */
  claimed(user: string): Promise<void>;
  /** Somebody signed in: connect. */
  signedIn(user: string): void;
  /** Nobody is signed in any longer: disconnect, and forget everything. */
  signedOut(): Promise<void>;
  /** This user's own profile is this now. */
  profile(profile: { user: string; display_name: string; avatar?: string }): void;
}

/** See `Client.session`. */
export class Session {
  readonly #accounts: Accounts;
  readonly #credentials: Credentials;
  readonly #world: SessionWorld;
  readonly #user = new Cell<string | null>(null);

  constructor(accounts: Accounts, credentials: Credentials, world: SessionWorld) {
    this.#accounts = accounts;
    this.#credentials = credentials;
    this.#world = world;
  }

  /** Who is signed in on this machine; null: nobody. It is known without a connection. */
  get user(): Readable<string | null> {
    return this.#user;
  }

  /** Make an account and connect. A taken name is `conflict`. */
  async signUp(user: string, password: string, displayName?: string): Promise<void> {
    const name = displayName === undefined ? {} : { display_name: displayName };
    await this.adopt(
      await this.#accounts.signUp({ user, password, device: this.#world.deviceName, ...name }),
    );
  }

  /** Start a session and connect. An unknown user or a wrong password is `unauthenticated`. */
  async logIn(user: string, password: string): Promise<void> {
    await this.adopt(await this.#accounts.logIn({ user, password, device: this.#world.deviceName }));
  }

  /** Connect with a session that was begun elsewhere: by an identity provider, say. */
  async adopt(tokens: Tokens): Promise<void> {
    await this.#world.claimed(tokens.user);
    await this.#credentials.adopt(tokens);
    this.began(tokens.user);
    this.#world.signedIn(tokens.user);
  }

  /**
   * End this session: the server is told if it can be reached, and this machine forgets everything in any case:
   * tokens, history, unsent messages.
   */
  async logOut(): Promise<void> {
    try {
      await this.#accounts.endSession(await this.#credentials.fresh(), 'current');
    } catch (error) {
      if (!(error instanceof HubbubError)) throw error; // the session ends by itself, some day
    }
    await this.#world.signedOut();
  }

  /** End all of this user's sessions, this one too. Rejects, and changes nothing here, if the server was not told. */
  async logOutEverywhere(): Promise<void> {
    await this.#accounts.endSession(await this.#credentials.fresh(), '');
    await this.#world.signedOut();
  }

  /** This user's sessions, the last used first; `current` is this one. */
  async list(): Promise<readonly SessionListing[]> {
    return this.#accounts.sessions(await this.#credentials.fresh());
  }

  /** End another session: its connections are closed within a second. */
  async revoke(session: string): Promise<void> {
    await this.#accounts.endSession(await this.#credentials.fresh(), session);
  }

  /** Change how this user is shown; what is left out stays, an avatar of null is taken away. */
  async changeProfile(change: Partial<Pick<Profile, 'displayName' | 'avatar'>>): Promise<void> {
    const body: ProfileChange = {
      ...(change.displayName === undefined ? {} : { display_name: change.displayName }),
      ...(change.avatar === undefined ? {} : { avatar: change.avatar }),
    };
    this.#world.profile(await this.#accounts.changeMe(await this.#credentials.fresh(), body));
  }

  /** Show this user with a picture: PNG, JPEG or WebP, at most 65,535 bytes and 1,024 × 1,024 pixels. */
  async changePicture(picture: Blob): Promise<void> {
    this.#world.profile(await this.#accounts.changePicture(await this.#credentials.fresh(), picture));
  }

  // What the client tells

  /** Who this is, as the store or the server says. */
  began(user: string): void {
    this.#user.set(user);
  }

  ended(): void {
    this.#user.set(null);
  }
}
