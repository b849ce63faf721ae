/** The language in force. `t()` gives its words; what calls it in a component is updated when the language changes. */

import { chooseLanguage, chooseLocale, type Language } from './choose';
import { en, type Words } from './en';
import { Formats } from './formats';
import { zhHans } from './zh-Hans';

const WORDS: Record<Language, Words> = { en, 'zh-Hans': zhHans };

class Speech {
  language: Language = $state('en');
  locale = $state('en');
  readonly formats = $derived(new Formats(this.locale));

  /** `chosen`: the setting, null for what the browser asks for. */
  use(chosen: string | null, wanted: readonly string[]): void {
    this.language = chooseLanguage(wanted, chosen);
    this.locale = chooseLocale(this.language, wanted);
    document.documentElement.lang = this.language;
  }
}

export const speech = new Speech();

export const t = (): Words => WORDS[speech.language];
export const formats = (): Formats => speech.formats;
