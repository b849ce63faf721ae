/** Which language to speak: the one chosen, else the first the browser asks for that there is, else English. */

export type Language = 'en' | 'zh-Hans';

export const LANGUAGES: readonly Language[] = ['en', 'zh-Hans'];

/** The language with the region the browser asks for, if it does: times and dates differ between en-GB and en-US. */
export function chooseLocale(language: Language, wanted: readonly string[]): string {
  const stem = language.split('-')[0] ?? language;
  return wanted.find((tag) => tag.toLowerCase().split('-')[0] === stem) ?? language;
}

export function chooseLanguage(wanted: readonly string[], chosen?: string | null): Language {
  const known = LANGUAGES.find((language) => language === chosen);
  if (known !== undefined) return known;
  for (const tag of wanted) {
    const language = tag.toLowerCase().split('-')[0];
    if (language === 'zh') return 'zh-Hans';
    if (language === 'en') return 'en';
  }
  return 'en';
}
