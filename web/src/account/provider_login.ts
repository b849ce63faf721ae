/** Logging in through an identity provider: there by a link, back with a session to fetch once (docs/web.md). */

import type { wire } from '@hubbub/client';
import type { Words } from '../i18n/en';
import { deviceName } from '../state/device_name';

type SignedIn = wire.Tokens & { return_to: string };

/** How one came back from a provider: with a session to fetch, or with the reason why there is none. */
export type Return = { kind: 'session' } | { kind: 'failed'; error: string };

/** What the query of the page's address says: `?provider=<alias>`, and `&error=<word>` if it did not work. */
export function returnIn(query: string): Return | undefined {
  const said = new URLSearchParams(query);
  if (!said.has('provider')) return undefined;
  const error = said.get('error');
  return error === null ? { kind: 'session' } : { kind: 'failed', error };
}

/** Where a provider's button leads; afterwards one is at `place`, a fragment. */
export function startAddress(start: string, place: string): string {
  return `${start}?return_to=${encodeURIComponent(`/${place}`)}`;
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

/** The sentence for what went wrong, one of docs/web.md's words; any other is taken for `invalid`. */
export function failureWords(error: string, words: Words): string {
  const found = Object.entries(words.entrance.failure).find(([name]) => name === error);
  return found?.[1] ?? words.entrance.failure.invalid;
}
