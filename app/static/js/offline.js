// 断网可用: asks the service worker to keep this page. On plain http there is none, and the page says so.

/** True where a browser can keep pages: https, or this very machine. */
export const canKeep = () => isSecureContext && "serviceWorker" in navigator && "indexedDB" in window;

const ownPath = (address) => new URL(address, location.href).pathname;
const madeOf = () => performance.getEntriesByType("resource").map((each) => ownPath(each.name)).filter((path) => path.startsWith("/static/"));

function told(worker, message) {
  return new Promise((done) => {
    const line = new MessageChannel();
    line.port1.onmessage = (event) => done(event.data === true);
    worker.postMessage(message, [line.port2]);
  });
}

/** Keeps this page and what it is made of; true once it will open without a network. */
export async function keepPage(more = [], page = location.pathname) {
  if (!canKeep()) return false;
  try {
    await navigator.serviceWorker.register("/sw.js", { scope: "/" });
    const { active } = await navigator.serviceWorker.ready;
    if (await told(active, { keep: [...new Set([page, ...madeOf(), ...more])] })) return true;
  } catch { /* no network now: what was kept before still counts */ }
  return (await caches.match(page)) !== undefined;
}
