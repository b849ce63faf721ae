/** Starts the service worker: the one place where the page hands the browser an address of code (Trusted Types). */

const ADDRESS = '/sw.js';

interface Policies {
  createPolicy: (
    name: string,
    rules: { createScriptURL: (url: string) => string },
  ) => {
    createScriptURL: (url: string) => string;
  };
}

export async function registerWorker(): Promise<void> {
  if (!('serviceWorker' in navigator) || !isSecureContext) return;
  const { trustedTypes } = globalThis as { trustedTypes?: Policies };
  const policy = trustedTypes?.createPolicy('hubbub', { createScriptURL: () => ADDRESS });
  await navigator.serviceWorker.register(policy?.createScriptURL(ADDRESS) ?? ADDRESS);
}
