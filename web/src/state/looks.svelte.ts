/** Theme and contrast in force, written to the document's element, where design/tokens.css reads them. */

import { preferences } from './preferences.svelte';

const GROUND = { light: '#f6f4f0', dark: '#101213' };

/** Call once, in the root of an effect tree: follows the settings and the system. */
export function followLooks(): void {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const more = matchMedia('(prefers-contrast: more)');
  let systemDark = $state(dark.matches);
  let systemMore = $state(more.matches);

  $effect(() => {
    const stop = new AbortController();
    dark.addEventListener('change', (event) => (systemDark = event.matches), stop);
    more.addEventListener('change', (event) => (systemMore = event.matches), stop);
    return () => {
      stop.abort();
    };
  });
  $effect(() => {
    const isDark = preferences.theme === 'system' ? systemDark : preferences.theme === 'dark';
    const isMore = preferences.contrast === 'system' ? systemMore : preferences.contrast === 'more';
    const { dataset } = document.documentElement;
    dataset['theme'] = isDark ? 'dark' : 'light';
    dataset['contrast'] = isMore ? 'more' : 'normal';
    document
      .querySelector('meta[name=theme-color]')
      ?.setAttribute('content', isDark ? GROUND.dark : GROUND.light);
  });
}
