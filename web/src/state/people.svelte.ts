/** How people are shown: name, colour or picture, and whether they are there. */

import { HUES, hueOf } from '../design/colours';
import { hub } from './hub';
import { LiveMap } from './live';

const HUE = /^hue-([0-7])$/u;
const PICTURE = /^\/api\/v1\/avatars\/[0-9a-f]{40}$/u; // the server's own: the page's policy allows no other

class People {
  readonly #profiles = new LiveMap((user) => hub.profile(user));
  readonly #presences = new LiveMap((user) => hub.presence(user));

  nameOf(user: string): string {
    return this.#profiles.of(user).displayName;
  }

  /** The colour this user chose, else the one that follows from the name. */
  hueFor(user: string): number {
    return hueIn(this.#profiles.of(user).avatar) ?? hueOf(user);
  }

  pictureOf(user: string): string | undefined {
    const { avatar } = this.#profiles.of(user);
    return avatar !== null && PICTURE.test(avatar) ? avatar : undefined;
  }

  /** Undefined where nobody may know. */
  presenceOf(user: string) {
    return this.#presences.of(user);
  }

  forget(): void {
    this.#profiles.clear();
    this.#presences.clear();
  }
}

export function hueIn(avatar: string | null): number | undefined {
  const found = HUE.exec(avatar ?? '')?.[1];
  return found === undefined ? undefined : Number(found) % HUES;
}

export const people = new People();
