/** What of a browser suggests that a connection can be had now, or was lost unnoticed. */

interface Emitter {
  addEventListener(type: string, listener: () => void): void;
  removeEventListener(type: string, listener: () => void): void;
}

/** Calls `run` when the network came or went, or the page is looked at again. Elsewhere than in a browser: never. */
export function watchWaking(run: () => void): () => void {
  const { window, document } = globalThis as { window?: Emitter; document?: Emitter & { hidden: boolean } };
  if (window === undefined || document === undefined) return () => undefined;
  const looked = (): void => {
    if (!document.hidden) run();
  };
  const watched: [Emitter, string, () => void][] = [
    [window, 'online', run],
    [window, 'offline', run],
    [window, 'pageshow', run],
    [document, 'visibilitychange', looked],
  ];
  for (const [emitter, type, listener] of watched) emitter.addEventListener(type, listener);
  return () => {
    for (const [emitter, type, listener] of watched) emitter.removeEventListener(type, listener);
  };
}
