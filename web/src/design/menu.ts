import type { IconName } from './icons';

/** One line of a menu, and what it does. */
export interface MenuChoice {
  label: string;
  icon?: IconName;
  danger?: boolean;
  run: () => void;
}
