/** Small things this browser remembers. A browser that forbids storage forgets them, and nothing else breaks. */

export function readStored<T>(key: string, otherwise: T): T {
  try {
    const text = localStorage.getItem(`hubbub.${key}`);
    return text === null ? otherwise : (JSON.parse(text) as T);
  } catch {
    return otherwise;
  }
}

export function writeStored(key: string, value: unknown): void {
  try {
    localStorage.setItem(`hubbub.${key}`, JSON.stringify(value));
  } catch {
    // full or forbidden: remembered until the page is closed
  }
}
