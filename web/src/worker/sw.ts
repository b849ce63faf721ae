/// <reference lib="webworker" />
/**
 * Keeps the app's own files, so that it opens without a network; what it then shows comes from the SDK's store.
 *
 * The page is always asked for first and only taken from here if nobody answers, so an update is there with the next
 * opening. Files under /assets/ have a hash of their content in their names: what is here is what the server has.
 * Nothing else is touched: no API, no picture, no other site.
 */

const worker = self as unknown as ServiceWorkerGlobalScope;
const KEPT = 'hubbub';
const PAGE = '/';
declare const __SHELL_FILES__: readonly string[]; // filled in when the app is built
const FILES_MAX = 80; // two versions of the app; beyond it the files kept first go

worker.addEventListener('install', (event) => {
  event.waitUntil(fetchAhead().then(() => worker.skipWaiting()));
});
worker.addEventListener('activate', (event) => {
  event.waitUntil(worker.clients.claim());
});
worker.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin) return;
  if (request.mode === 'navigate' && url.pathname === PAGE) event.respondWith(page(request));
  else if (url.pathname.startsWith('/assets/')) event.respondWith(file(request));
});

/** The page and all files of this version but those that are here. */
async function fetchAhead(): Promise<void> {
  const kept = await caches.open(KEPT);
  const have = new Set((await kept.keys()).map(({ url }) => new URL(url).pathname));
  await kept.addAll([PAGE, ...__SHELL_FILES__.filter((name) => !have.has(name))]);
}

async function page(request: Request): Promise<Response> {
  const kept = await caches.open(KEPT);
  try {
    const answer = await fetch(request);
    if (answer.ok) await kept.put(PAGE, answer.clone());
    return answer;
  } catch (error) {
    const found = await kept.match(PAGE);
    if (found === undefined) throw error;
    return found;
  }
}

async function file(request: Request): Promise<Response> {
  const kept = await caches.open(KEPT);
  const found = await kept.match(request);
  if (found !== undefined) return found;
  const answer = await fetch(request);
  if (answer.ok) {
    await kept.put(request, answer.clone());
    await bound(kept);
  }
  return answer;
}

async function bound(kept: Cache): Promise<void> {
  const files = (await kept.keys()).filter(({ url }) => new URL(url).pathname !== PAGE);
  for (const oldest of files.slice(0, Math.max(files.length - FILES_MAX, 0))) await kept.delete(oldest);
}
