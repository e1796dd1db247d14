// What a phone keeps for the village without a signal: the pages named below and what they are made of.
//
// How a page joins: 1. name it in PAGES; 2. let its script call `keepPage()` of js/offline.js.
// Its data are its own business (IndexedDB): a kept page must not need them from its HTML.
// Network first, always: the copy is shown only when the platform does not answer within PATIENCE_MS.
// A page may stand for a whole family: `{ at: /^\/x\/.+$/, instead: "/x/" }` shows the kept `/x/` for
// every `/x/…` that cannot be reached; its script reads the address. It is kept when `/x/` is opened.
// Signing in or out empties the pages and the database `kept` (js/outbox.js: `keepPacket`, `packetOf`),
// so that nobody sees another's; `outbox` outlives it. Writing is never done here.
const PAGES = [
  { at: /^\/inspections\/$/, name: "下乡检查", href: "/inspections/" },
  { at: /^\/v\/[^/]*$/, instead: "/v/", name: "扫一扫", href: "/v/" },
];
const KEPT = "pages-1";
const SHELL = "shell-1";
const PATIENCE_MS = 4000;
const HURRY_MS = 30000;
const DOORS = ["/login", "/logout", "/login/code"];
const BASE = [
  "css/core.css", "css/app.css", "icons/mark.svg", "icons/sprite.svg", "vendor/htmx-2.0.11/htmx.min.js",
  "js/boot.js", "js/app.js", "js/notes.js", "js/forms.js", "js/tags.js", "js/offline.js", "js/outbox.js", "js/inspections.js",
].map((path) => `/static/${path}`);

let hurryUntil = 0;

const pageOf = (path) => PAGES.find((page) => page.at.test(path));
const isStatic = (path) => path.startsWith("/static/") && !path.startsWith("/static/sounds/");
const keepable = (answer) => answer.ok && !answer.redirected && answer.type === "basic";

async function keep(cache, address, answer) {
  const page = pageOf(address);
  if (keepable(answer) && (!page?.instead || page.instead === address)) await (await caches.open(cache)).put(address, answer.clone());
  return answer;
}

/** The network's answer, or what is kept once it fails or takes too long. */
async function networkFirst(event, cache, address, otherwise) {
  const found = await caches.match(otherwise, { ignoreVary: true });
  const asked = fetch(event.request).then((answer) => {
    hurryUntil = 0; // it answers again
    return keep(cache, address, answer);
  });
  event.waitUntil(asked.catch(() => null));
  if (!found) return asked;
  const patience = Date.now() < hurryUntil ? 0 : PATIENCE_MS;
  const late = new Promise((done) => setTimeout(done, patience, null));
  const answer = await Promise.race([asked.catch(() => null), late]);
  if (answer && answer.status < 500) return answer;
  hurryUntil = Date.now() + HURRY_MS;
  return found;
}

const html = (words, links) => new Response(
  `<!doctype html><html lang="zh-Hans-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>没有网络</title><link rel="stylesheet" href="/static/css/core.css"><link rel="stylesheet" href="/static/css/app.css">
<main class="wrap" id="main"><h1>没有网络</h1><p>${words}</p>${links}</main></html>`,
  { status: 503, headers: { "Content-Type": "text/html; charset=utf-8" } },
);

async function noNetwork(words) {
  const cache = await caches.open(KEPT);
  const kept = await Promise.all(PAGES.map(async (page) => page.href && (await cache.match(page.href)) && page));
  const links = kept.filter(Boolean).map((page) => `<p><a class="button" href="${page.href}">${page.name}（断网可用）</a></p>`);
  return html(words, links.join(""));
}

async function open(event, url) {
  const page = pageOf(url.pathname);
  try {
    if (!page) return await fetch(event.request);
    return await networkFirst(event, KEPT, url.pathname, page.instead || url.pathname);
  } catch {
    return noNetwork("这一页断网不能用，连上网络后再打开。");
  }
}

/** Signing in or out: what the last person's pages showed goes. */
async function passDoor(event) {
  try {
    const answer = await fetch(event.request);
    await caches.delete(KEPT);
    indexedDB.deleteDatabase("kept"); // what pages showed of others; `outbox` is never touched
    return answer;
  } catch {
    return noNetwork("没有连上平台，登录或退出都还没有办成。");
  }
}

addEventListener("install", (event) => {
  skipWaiting();
  event.waitUntil(caches.open(SHELL).then((cache) => cache.addAll(BASE)));
});

addEventListener("activate", (event) => {
  const old = caches.keys().then((names) => Promise.all(names.filter((name) => ![KEPT, SHELL].includes(name)).map((name) => caches.delete(name))));
  event.waitUntil(old.then(() => clients.claim()));
});

addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (url.origin !== location.origin) return;
  if (event.request.method === "POST" && DOORS.includes(url.pathname)) event.respondWith(passDoor(event));
  if (event.request.method !== "GET") return;
  if (event.request.mode === "navigate") event.respondWith(open(event, url));
  else if (isStatic(url.pathname)) event.respondWith(networkFirst(event, SHELL, url.pathname, url.pathname));
});

/** The first visit was loaded before this worker stood in between: it says what to keep. */
addEventListener("message", (event) => {
  if (!Array.isArray(event.data?.keep)) return;
  const wanted = event.data.keep.map((path) => pageOf(path)?.instead || path).filter((path) => pageOf(path) || isStatic(path));
  const kept = wanted.map(async (path) => keep(pageOf(path) ? KEPT : SHELL, path, await fetch(path)));
  const done = Promise.all(kept).then(() => true, () => false).then((ok) => event.ports[0]?.postMessage(ok));
  event.waitUntil(done);
});
