/** What to tell a person when something was refused or failed. */

import { t } from '../i18n/index.svelte';

/** The sentence for an error code of the server (protocol.md §5) or of the SDK. */
export function faultWords(code: string | undefined): string {
  const words: Record<string, unknown> = t().errors;
  const found =
    words[code === 'undecided' || code === 'no_answer' || code === 'stopped' ? 'unreachable' : (code ?? '')];
  return typeof found === 'string' ? found : t().errors.unknown;
}

/** The code of whatever was thrown. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
}
