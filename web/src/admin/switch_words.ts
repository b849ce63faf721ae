/** What a feature that may be let go is doing now, and why. */

import type { wire } from '@hubbub/client';
import type { Words } from '../i18n/en';

export function switchWords({ on, mode, set_by }: wire.SwitchView, { admin }: Words): string {
  if (on) return mode === 'auto' ? admin.onItself : admin.onAlways;
  if (mode === 'auto') return admin.offItself;
  return set_by === 'administrator' ? admin.offOperator : admin.offSettings;
}
