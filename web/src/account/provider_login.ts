/** Logging in through an identity provider: there by a link, back with a session to fetch once (docs/web.md). */

import type { wire } from '@hubbub/client';
import type { Words } from '../i18n/en';
import { deviceName } from '../state/device_name';

export type Failure = keyof Words['entrance']['failure'];

type SignedIn = wire.Tokens & { return_to: string };

/** Where the provider's button leads; afterwards one is where one wanted to go. */
export function startAddress(start: string, returnTo: string): string {
  return `${start}?return_to=${encodeURIComponent(returnTo)}`;
}

/** The session of who has just come back; undefined: there is none, or not any more. */
export async function redeem(): Promise<SignedIn | undefined> {
  const response = await fetch('/api/v1/oidc/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ device: deviceName(navigator.userAgent) }),
  }).catch(() => undefined);
  return response?.ok ? ((await response.json()) as SignedIn) : undefined;
}

/** The word for what went wrong, one of docs/web.md's; whatever else it says is taken for `invalid`. */
export function failureOf(error: string, words: Words): string {
  const found = Object.entries(words.entrance.failure).find(([name]) => name === error);
  return found?.[1] ?? words.entrance.failure.invalid;
}
