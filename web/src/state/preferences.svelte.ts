/** What a person sets for this browser: looks, language, notifications. Written when changed, read at start. */

import type { Language } from '../i18n/choose';
import { readStored, writeStored } from './stored';

export type Theme = 'system' | 'light' | 'dark';
export type Contrast = 'system' | 'normal' | 'more';
export type Notify = 'all' | 'mentions' | 'nothing';

interface Stored {
  theme: Theme;
  contrast: Contrast;
  language: Language | null;
  desktop: boolean;
  sound: boolean;
  details: boolean;
  recentEmoji: string[];
  notify: Record<string, Notify>;
}

const INITIAL: Stored = {
  theme: 'system',
  contrast: 'system',
  language: null,
  desktop: false,
  sound: false,
  details: true,
  recentEmoji: ['👍', '❤️', '😂', '🎉', '👀', '🙏'],
  notify: {},
};

class Preferences {
  #all: Stored = $state({ ...INITIAL, ...readStored<Partial<Stored>>('preferences', {}) });

  #set(change: Partial<Stored>): void {
    Object.assign(this.#all, change);
    writeStored('preferences', this.#all);
  }

  get theme() {
    return this.#all.theme;
  }
  set theme(theme: Theme) {
    this.#set({ theme });
  }
  get contrast() {
    return this.#all.contrast;
  }
  set contrast(contrast: Contrast) {
    this.#set({ contrast });
  }
  get language() {
    return this.#all.language;
  }
  set language(language: Language | null) {
    this.#set({ language });
  }
  get desktop() {
    return this.#all.desktop;
  }
  set desktop(desktop: boolean) {
    this.#set({ desktop });
  }
  get sound() {
    return this.#all.sound;
  }
  set sound(sound: boolean) {
    this.#set({ sound });
  }
  /** Whether the details stand open where there is room for them. */
  get details() {
    return this.#all.details;
  }
  set details(details: boolean) {
    this.#set({ details });
  }
  get recentEmoji() {
    return this.#all.recentEmoji;
  }
  set recentEmoji(recentEmoji: string[]) {
    this.#set({ recentEmoji });
  }

  /** What of this chat is told while one looks elsewhere. */
  notifyOf(chat: string): Notify {
    return this.#all.notify[chat] ?? 'all';
  }
  setNotify(chat: string, notify: Notify): void {
    this.#set({ notify: { ...this.#all.notify, [chat]: notify } });
  }
}

export const preferences = new Preferences();
